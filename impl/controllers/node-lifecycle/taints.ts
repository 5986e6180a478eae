/** node-lifecycle/taints: which taints a node's conditions ask for. Pure. Spec: model/controllers/node-lifecycle.ts. */
import type { Node, NodeCondition, Taint } from "#model/objects/node.ts"
import { notReadyKey, unreachableKey } from "#model/objects/taints.ts"
import { timeOf } from "#model/objects/time.ts"

export type Ready = "none" | "True" | "False" | "Unknown"
export type EvictingKey = typeof notReadyKey | typeof unreachableKey

export const conditionOf = (node: Node, type: string): NodeCondition | undefined =>
  node.status.conditions?.find((condition) => condition.type === type)
export const readyOf = (node: Node): Ready => (conditionOf(node, "Ready")?.status ?? "none") as Ready

/** nodeConditionToTaintKeyStatusMap: condition → status → key of a NoSchedule taint. */
const conditionTaints: ReadonlyArray<readonly [type: string, status: string, key: string]> = [
  ["Ready", "False", notReadyKey],
  ["Ready", "Unknown", unreachableKey],
  ["MemoryPressure", "True", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "True", "node.kubernetes.io/disk-pressure"],
  ["PIDPressure", "True", "node.kubernetes.io/pid-pressure"],
  ["NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"]
]
const unschedulableKey = "node.kubernetes.io/unschedulable"
const managedKeys = new Set([...conditionTaints.map(([, , key]) => key), unschedulableKey])

export interface TaintChange {
  readonly add: ReadonlyArray<Taint>
  readonly remove: ReadonlyArray<Taint>
}

const has = (node: Node, key: string, effect: Taint["effect"]): boolean =>
  node.spec.taints?.some((taint) => taint.key === key && taint.effect === effect) ?? false

/** What to write so that the NoSchedule taints mirror the conditions; undefined when they do. */
export const noScheduleChange = (node: Node): TaintChange | undefined => {
  const wanted = new Set<string>()
  for (const [type, status, key] of conditionTaints) {
    if (conditionOf(node, type)?.status === status) wanted.add(key)
  }
  if (node.spec.unschedulable === true) wanted.add(unschedulableKey)
  const add = [...wanted].filter((key) => !has(node, key, "NoSchedule"))
    .map((key): Taint => ({ key, effect: "NoSchedule" }))
  // Deviates: on a node that never posted, the taint of admission stays until the kubelet speaks; Kubernetes drops it.
  const remove = readyOf(node) === "none" ? [] : (node.spec.taints ?? []).filter((taint) =>
    taint.effect === "NoSchedule" && managedKeys.has(taint.key) && !wanted.has(taint.key))
  return add.length === 0 && remove.length === 0 ? undefined : { add, remove }
}

export const evictingTaint = (key: EvictingKey): Taint => ({ key, effect: "NoExecute" })
export const hasEvicting = (node: Node, key: EvictingKey): boolean => has(node, key, "NoExecute")
export const evictingKeys = (node: Node): ReadonlyArray<EvictingKey> =>
  [notReadyKey, unreachableKey].filter((key): key is EvictingKey => hasEvicting(node, key as EvictingKey))

/** The NoExecute taint that the Ready condition asks for. */
export const evictingKeyOf = (ready: Ready): EvictingKey | undefined =>
  ready === "False" ? notReadyKey : ready === "Unknown" ? unreachableKey : undefined

/** The taints afterwards; undefined when nothing would change. `now_ms` is stamped on NoExecute taints. */
export const withTaints = (node: Node, change: TaintChange, now_ms: number): ReadonlyArray<Taint> | undefined => {
  const taints = node.spec.taints ?? []
  const kept = taints.filter((taint) =>
    !change.remove.some((gone) => gone.key === taint.key && gone.effect === taint.effect))
  const added = change.add.filter((taint) => !has(node, taint.key, taint.effect))
  if (kept.length === taints.length && added.length === 0) return undefined
  return [...kept, ...added.map((taint) =>
    taint.effect === "NoExecute" ? { ...taint, timeAdded: timeOf(now_ms) } : taint)]
}
