/**
 * What kubelets promise about the pods of their nodes. Safety is judged on committed objects and on what the container
 * runtimes really ran, never on a kubelet's word alone.
 */
import { identity } from "#properties/kubelet/identity.ts"
import { graces } from "#properties/kubelet/graces.ts"
import { liveness } from "#properties/kubelet/liveness.ts"
import { order } from "#properties/kubelet/order.ts"
import { refusals } from "#properties/kubelet/refusals.ts"
import { room } from "#properties/kubelet/room.ts"
import { status } from "#properties/kubelet/status.ts"
import type { Property } from "#properties/property.ts"

export const properties: ReadonlyArray<Property> = [
  ...identity, ...status, ...room, ...refusals, ...graces, ...liveness, ...order
]
