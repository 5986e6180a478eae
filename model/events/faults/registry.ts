/** The registry of images is down. */
import { Schema } from "effect"
import { lasting } from "#model/events/faults/fields.ts"

export const registryFaults = [Schema.Struct({ ...lasting, type: Schema.tag("registry.fail") })] as const
