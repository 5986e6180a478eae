/**
 * node-lifecycle/node-writer: what this controller writes to nodes and their pods. Spec:
 * model/controllers/node-lifecycle.ts.
 *
 * Every write is conditional on what was read; a conflict in a taint is resolved by reading live and deciding again.
 */
import { Effect } from "effect"
import type { Client } from "#impl/client.ts"
import type { ApiError } from "#impl/client/errors.ts"
import { conditionOf, type TaintChange, withTaints } from "#impl/controllers/node-lifecycle/taints.ts"
import type { Process } from "#impl/ports.ts"
import { taintWriteRetry_ms, taintWrites_max } from "#model/limits/controllers/node-lifecycle.ts"
import type { Node, NodeCondition } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { timeOf, type Time } from "#model/objects/time.ts"

export interface NodeWriter {
  /** Returns the node as it stands afterwards. */
  readonly changeTaints: (node: Node, change: TaintChange) => Effect.Effect<Node, ApiError>
  readonly markUnknown: (node: Node) => Effect.Effect<Node, ApiError>
  /** Ready=False on each of the pods that says True. Returns how many were written. */
  readonly markNotReady: (pods: ReadonlyArray<Pod>) => Effect.Effect<number, ApiError>
}

const expiring = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]

export const unknownReason = (node: Node): "NodeStatusUnknown" | "NodeStatusNeverUpdated" =>
  conditionOf(node, "Ready") === undefined ? "NodeStatusNeverUpdated" : "NodeStatusUnknown"

/** The conditions that the kubelet would have to confirm become Unknown; others, NetworkUnavailable too, stay. */
const unknownConditions = (node: Node, now: Time): ReadonlyArray<NodeCondition> => {
  const present = node.status.conditions ?? []
  const never = expiring.filter((type) => !present.some((condition) => condition.type === type))
    .map((type): NodeCondition => ({
      type, status: "Unknown", reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status.",
      lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: now
    }))
  const stopped = present.map((condition): NodeCondition =>
    !expiring.includes(condition.type) || condition.status === "Unknown" ? condition : {
      ...condition, status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status.",
      lastTransitionTime: now
    })
  return [...stopped, ...never]
}

export const isReady = (pod: Pod): boolean =>
  pod.status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false

const notReady = (pod: Pod, now: Time): Pod => ({
  ...pod,
  status: {
    ...pod.status,
    conditions: (pod.status.conditions ?? []).map((condition) =>
      condition.type === "Ready" ? { ...condition, status: "False", lastTransitionTime: now } : condition)
  }
})

export const makeNodeWriter = (client: Client["Service"], process: Process["Service"]): NodeWriter => ({
  changeTaints: Effect.fnUntraced(function*(node: Node, change: TaintChange) {
    let current = node
    for (let writes = 1; ; writes++) {
      const taints = withTaints(current, change, process.wall_ms())
      if (taints === undefined) return current
      const { name, resourceVersion } = current.metadata
      const written = yield* Effect.catchTag(
        client.patch("nodes", "", name, { metadata: { resourceVersion }, spec: { taints } }), "Conflict",
        (conflict) => writes < taintWrites_max ? Effect.succeed(undefined) : Effect.fail(conflict))
      if (written !== undefined) return written
      yield* Effect.sleep(taintWriteRetry_ms)
      current = yield* client.get("nodes", "", name)
    }
  }),

  markUnknown: (node) => client.updateStatus("nodes", {
    ...node, status: { ...node.status, conditions: unknownConditions(node, timeOf(process.wall_ms())) }
  }),

  markNotReady: Effect.fnUntraced(function*(pods: ReadonlyArray<Pod>) {
    let written = 0
    for (const pod of pods) {
      if (!isReady(pod)) continue
      const marked = client.updateStatus("pods", notReady(pod, timeOf(process.wall_ms())))
      written += yield* marked.pipe(Effect.as(1), Effect.catchTag("NotFound", () => Effect.succeed(0)))
    }
    return written
  })
})
