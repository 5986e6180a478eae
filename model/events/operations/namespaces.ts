/** A namespace is made with something in it, or deleted. */
import { Schema } from "effect"
import { held, named, PodSpec } from "#model/events/operations/fields.ts"

export const namespaceOperations = [
  /** With so many pods of that spec, and a ReplicaSet of as many. */
  Schema.Struct({ ...named, type: Schema.tag("namespace.fill"), pods: Schema.Number, spec: PodSpec, held }),
  /** `release_ms`: after that time the user's finalizers are taken away from what is still in it. */
  Schema.Struct({ ...named, type: Schema.tag("namespace.delete"), release_ms: Schema.optionalKey(Schema.Number) })
] as const
