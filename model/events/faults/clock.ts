/** Clocks jump, or run at another rate. */
import { Schema } from "effect"
import { base, lasting } from "#model/events/faults/fields.ts"

export const clockFaults = [
  Schema.Struct({ ...base, type: Schema.tag("clock.jump"), machine: Schema.String, by_ms: Schema.Number }),
  /** 1 is right; 1.02 gains two percent. Legal leader election needs less than 1.5 between any two. */
  Schema.Struct({ ...lasting, type: Schema.tag("clock.rate"), machine: Schema.String, rate: Schema.Number })
] as const
