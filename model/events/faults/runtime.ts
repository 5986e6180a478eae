/** The container runtime answers slowly. */
import { Schema } from "effect"
import { lasting } from "#model/events/faults/fields.ts"

export const runtimeFaults = [
  Schema.Struct({ ...lasting, type: Schema.tag("runtime.slow"), machine: Schema.String, latency_ms: Schema.Number })
] as const
