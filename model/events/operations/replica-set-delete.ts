/** A ReplicaSet is deleted. */
import { Schema } from "effect"
import { named } from "#model/events/operations/fields.ts"

export const replicaSetDeletions = [
  Schema.Struct({ ...named, type: Schema.tag("replicaSet.delete") })
] as const
