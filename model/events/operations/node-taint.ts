/** kubectl taint. */
import { Schema } from "effect"
import { base } from "#model/events/operations/fields.ts"

export const taintings = [
  /** Asks pods to prefer other nodes, or no longer. */
  Schema.Struct({ ...base, type: Schema.tag("node.avoid"), node: Schema.String, present: Schema.Boolean }),
  /** With NoExecute: whatever does not tolerate the key must go. */
  Schema.Struct({ ...base, type: Schema.tag("node.taint"), node: Schema.String, key: Schema.String,
    present: Schema.Boolean })
] as const
