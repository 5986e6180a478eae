/** Two groups of machines that cannot talk. A machine's name stands for every process on it. */
import { Schema } from "effect"
import { lasting } from "#model/events/faults/fields.ts"

export const partitionFaults = [
  /** Nothing passes from any machine of `from` to any of `to`; and back too unless `oneWay`. */
  Schema.Struct({ ...lasting, type: Schema.tag("network.partition"), from: Schema.Array(Schema.String),
    to: Schema.Array(Schema.String), oneWay: Schema.Boolean })
] as const
