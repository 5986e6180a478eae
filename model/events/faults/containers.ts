/** All containers of a machine are killed, as by a kernel that is out of memory. */
import { Schema } from "effect"
import { base } from "#model/events/faults/fields.ts"

export const containerFaults = [
  Schema.Struct({ ...base, type: Schema.tag("containers.kill"), machine: Schema.String })
] as const
