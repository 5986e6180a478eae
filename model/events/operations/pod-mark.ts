/** A pod gets another label or annotation. */
import { Schema } from "effect"
import { named } from "#model/events/operations/fields.ts"

export const podMarks = [
  Schema.Struct({ ...named, type: Schema.tag("pod.update"), label: Schema.String }),
  /** Says how dear the pod is: of two, a ReplicaSet deletes the cheaper one first. */
  Schema.Struct({ ...named, type: Schema.tag("pod.price"), cost: Schema.Number })
] as const
