/** Somebody looks. */
import { Schema } from "effect"
import { base, named } from "#model/events/operations/fields.ts"

export const readings = [
  Schema.Struct({ ...named, type: Schema.tag("pod.read"), consistent: Schema.Boolean }),
  /** `again_ms`: and after so long once more, as things were at the first time; who comes too late is told so. */
  Schema.Struct({ ...base, type: Schema.tag("pods.list"), consistent: Schema.Boolean,
    again_ms: Schema.optionalKey(Schema.Number) })
] as const
