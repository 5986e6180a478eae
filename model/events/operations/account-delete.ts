/** The account `default` of a namespace is deleted: `name`. */
import { Schema } from "effect"
import { named } from "#model/events/operations/fields.ts"

export const accountDeletions = [
  Schema.Struct({ ...named, type: Schema.tag("account.delete") })
] as const
