/** Memory or disk pressure that the kubelet reports. */
import { Schema } from "effect"
import { lasting } from "#model/events/faults/fields.ts"

export const pressureFaults = [
  Schema.Struct({ ...lasting, type: Schema.tag("machine.pressure"), machine: Schema.String,
    resource: Schema.Literals(["memory", "disk", "pid"]) })
] as const
