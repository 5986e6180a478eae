/** A Node object is made or deleted by hand. */
import { Schema } from "effect"
import { base } from "#model/events/operations/fields.ts"

export const nodeCreations = [
  /** With its zone and no word of what it can do: its kubelet finds it there when it registers. */
  Schema.Struct({ ...base, type: Schema.tag("node.create"), node: Schema.String, zone: Schema.String }),
  /** Of the API's object alone: the machine goes on, and its kubelet registers again when it starts anew. */
  Schema.Struct({ ...base, type: Schema.tag("node.delete"), node: Schema.String }),
  /** Deleted, and after a while created by hand. */
  Schema.Struct({ ...base, type: Schema.tag("node.recreate"), node: Schema.String, zone: Schema.String,
    wait_ms: Schema.Number })
] as const
