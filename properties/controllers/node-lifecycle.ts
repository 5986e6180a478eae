/** What the node controller promises: patience with nodes, and an end to it. Invariants 71-76. */
import { liveness } from "#properties/controllers/node-lifecycle/liveness.ts"
import { rest } from "#properties/controllers/node-lifecycle/rest.ts"
import { order } from "#properties/controllers/node-lifecycle/order.ts"
import { safety } from "#properties/controllers/node-lifecycle/safety.ts"
import { steady } from "#properties/controllers/node-lifecycle/steady.ts"
import { type Property, sometimes } from "#properties/property.ts"

export const properties: ReadonlyArray<Property> = [
  ...safety,
  ...liveness,
  ...steady,
  ...order,
  ...rest,
  sometimes("a node is given up", () => ({ event }) => event.type === "nodeHealth.markedUnknown",
    ["nodeHealth.markedUnknown"]),
  sometimes("the pods of a node that was given up are marked not ready", () => ({ event }) =>
    event.type === "nodeHealth.podsMarked", ["nodeHealth.podsMarked"]),
  sometimes("a node gets a NoExecute taint", () => ({ event }) => event.type === "nodeTaint.added",
    ["nodeTaint.added"]),
  sometimes("a toleration runs out and its pod is evicted", () => ({ event }) =>
    event.type === "taintEviction.started" && event.why === "time over", ["taintEviction.started"]),
  sometimes("a node comes back before its pods are evicted", () => ({ event }) =>
    event.type === "taintEviction.cancelled", ["taintEviction.cancelled"])
]
