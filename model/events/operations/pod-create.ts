/** A pod is made, or made anew. */
import { Schema } from "effect"
import { held, named, PodSpec } from "#model/events/operations/fields.ts"

export const podCreations = [
  Schema.Struct({ ...named, type: Schema.tag("pod.create"), spec: PodSpec, held }),
  /** Delete, wait until it is gone, create under the same name. */
  Schema.Struct({ ...named, type: Schema.tag("pod.recreate"), spec: PodSpec })
] as const
