/** The nodes of a whole zone. */
import { Schema } from "effect"
import { base } from "#model/events/operations/fields.ts"

export const zoneOperations = [
  /** Announced before there are machines for them. */
  Schema.Struct({ ...base, type: Schema.tag("nodes.create"), zone: Schema.String, count: Schema.Number }),
  /** Every node that the API has of a zone. */
  Schema.Struct({ ...base, type: Schema.tag("nodes.delete"), zone: Schema.String })
] as const
