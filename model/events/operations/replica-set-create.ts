/** A ReplicaSet is made. */
import { Schema } from "effect"
import { held, named } from "#model/events/operations/fields.ts"
import { PodSpec } from "#model/objects.ts"

export const replicaSetCreations = [
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.create"), replicas: Schema.Number, template: PodSpec,
    minReadySeconds: Schema.optionalKey(Schema.Number), held })
] as const
