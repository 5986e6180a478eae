/** A finalizer of the user's own is added or removed. */
import { Schema } from "effect"
import { named } from "#model/events/operations/fields.ts"

export const finalizations = [
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.finalize"), present: Schema.Boolean }),
  Schema.Struct({ ...named, type: Schema.tag("pod.finalize"), present: Schema.Boolean })
] as const
