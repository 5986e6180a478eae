/** A bad way between two machines. */
import { Schema } from "effect"
import { lasting } from "#model/events/faults/fields.ts"

export const linkFaults = [
  /** Datagrams between the two machines are lost with this probability; stream frames are delayed by resending. */
  Schema.Struct({ ...lasting, type: Schema.tag("network.loss"), from: Schema.String, to: Schema.String,
    probability: Schema.Number }),
  Schema.Struct({ ...lasting, type: Schema.tag("network.slow"), from: Schema.String, to: Schema.String,
    latency_ms: Schema.Number })
] as const
