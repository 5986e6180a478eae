/** The machine's network card: up is normal. */
import { Schema } from "effect"
import { lasting } from "#model/events/faults/fields.ts"

export const nicFaults = [
  Schema.Struct({ ...lasting, type: Schema.tag("nic.fail"), machine: Schema.String,
    state: Schema.Literals(["down", "rxOnly", "txOnly"]) })
] as const
