/** A pod's scheduling gates are taken away. */
import { Schema } from "effect"
import { named } from "#model/events/operations/fields.ts"

export const podUngatings = [
  Schema.Struct({ ...named, type: Schema.tag("pod.ungate") })
] as const
