/** A node is closed for new pods, emptied, or opened again. */
import { Schema } from "effect"
import { base } from "#model/events/operations/fields.ts"

export const cordonings = [
  Schema.Struct({ ...base, type: Schema.tag("node.cordon"), node: Schema.String }),
  Schema.Struct({ ...base, type: Schema.tag("node.uncordon"), node: Schema.String }),
  /** Cordon, then delete the node's pods one by one, gracefully. */
  Schema.Struct({ ...base, type: Schema.tag("node.drain"), node: Schema.String })
] as const
