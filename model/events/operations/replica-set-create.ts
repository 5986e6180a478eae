/** A ReplicaSet is made. */
import { Schema } from "effect"
import { held, named, PodSpec } from "#model/events/operations/fields.ts"

export const replicaSetCreations = [
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.create"), replicas: Schema.Number, template: PodSpec,
    minReadySeconds: Schema.optionalKey(Schema.Number), held })
] as const
