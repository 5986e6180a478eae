/** The connections between two machines end. */
import { Schema } from "effect"
import { base } from "#model/events/faults/fields.ts"

export const connectionFaults = [
  /** Every connection between the two machines is reset, both ends told. */
  Schema.Struct({ ...base, type: Schema.tag("network.reset"), from: Schema.String, to: Schema.String }),
  /** Every connection between the two goes dead without either end being told. */
  Schema.Struct({ ...base, type: Schema.tag("network.halfOpen"), from: Schema.String, to: Schema.String })
] as const
