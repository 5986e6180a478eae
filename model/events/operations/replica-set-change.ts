/** A ReplicaSet is scaled, or gets another template. */
import { Schema } from "effect"
import { named, PodSpec } from "#model/events/operations/fields.ts"

export const replicaSetChanges = [
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.scale"), replicas: Schema.Number }),
  /** A new template: existing pods keep the old one, as in Kubernetes. */
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.update"), template: PodSpec })
] as const
