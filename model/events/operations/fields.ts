/** What every operation has. */
import { Schema } from "effect"
import { json } from "#model/events/json.ts"
import { Moment } from "#model/events/moment.ts"
import type { GivenPodSpec } from "#model/objects/pod.ts"

/** `upon`: a moment of the run at which it begins, instead of the time `at_ms`, and counted from then on. */
export const base = { id: Schema.Number, at_ms: Schema.Number, upon: Schema.optionalKey(Moment) }
export const named = { ...base, name: Schema.String }
export const PodSpec = json<GivenPodSpec>()
/** With the user's own finalizer from the beginning. */
export const held = Schema.optionalKey(Schema.Boolean)
