/** What every fault has. */
import { Schema } from "effect"
import { Moment } from "#model/events/moment.ts"

/** `upon`: a moment of the run instead of the time `at_ms`, and counted from then on: see ../faults.ts. */
export const base = { id: Schema.Number, at_ms: Schema.Number, upon: Schema.optionalKey(Moment) }
/** How long until the world undoes it; absent: until the liveness phase heals it. */
export const lasting = { ...base, duration_ms: Schema.optionalKey(Schema.Number) }
