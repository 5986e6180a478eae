/** The load balancer sends new connections to this backend only, healthy or not. */
import { Schema } from "effect"
import { lasting } from "#model/events/faults/fields.ts"

export const balancerFaults = [
  Schema.Struct({ ...lasting, type: Schema.tag("balancer.pin"), backend: Schema.String })
] as const
