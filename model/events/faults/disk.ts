/** Disks fail, or are lost. */
import { Schema } from "effect"
import { base, lasting } from "#model/events/faults/fields.ts"

export const diskFaults = [
  Schema.Struct({ ...lasting, type: Schema.tag("disk.fail"), machine: Schema.String,
    state: Schema.Literals(["slow", "full", "readonly", "io"]) }),
  /** The disk is replaced by an empty one; the machine is rebooted with it. */
  Schema.Struct({ ...base, type: Schema.tag("disk.lose"), machine: Schema.String })
] as const
