/** A pod is deleted. */
import { Schema } from "effect"
import { named } from "#model/events/operations/fields.ts"

export const podDeletions = [
  Schema.Struct({ ...named, type: Schema.tag("pod.delete"), gracePeriodSeconds: Schema.optionalKey(Schema.Number) })
] as const
