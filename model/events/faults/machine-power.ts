/** A machine goes down with all that is on it, and boots again. */
import { Schema } from "effect"
import { base, lasting } from "#model/events/faults/fields.ts"

export const powerFaults = [
  Schema.Struct({ ...lasting, type: Schema.tag("machine.powerLoss"), machine: Schema.String }),
  Schema.Struct({ ...base, type: Schema.tag("machine.kernelPanic"), machine: Schema.String }),
  Schema.Struct({ ...base, type: Schema.tag("machine.reboot"), machine: Schema.String })
] as const
