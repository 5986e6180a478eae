/** New pods are met as soon as they are seen. */
import { Schema } from "effect"
import { base } from "#model/events/operations/fields.ts"

export const podMeetings = [
  /** A second scheduler for a moment: binds the next so many new pods to one node. */
  Schema.Struct({ ...base, type: Schema.tag("pods.bind"), node: Schema.String, count: Schema.Number }),
  /** Deletes the next so many new pods as soon as they are seen, as a policy that does not want them. */
  Schema.Struct({ ...base, type: Schema.tag("pods.reap"), count: Schema.Number })
] as const
