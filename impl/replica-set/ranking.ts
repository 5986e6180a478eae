/**
 * Which pods go first when there are too many. Source: pkg/controller/controller_utils.go ActivePodsWithRanks, v1.36.
 */
import type { Pod } from "#model/objects.ts"

const deletionCost = "controller.kubernetes.io/pod-deletion-cost"
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Running: 2 }

/** When the pod became ready, or undefined while it is not. */
export const readySince = (pod: Pod): number | undefined => {
  const ready = pod.status.conditions?.find(({ type }) => type === "Ready")
  return ready?.status === "True" ? ready.lastTransitionTime ?? 0 : undefined
}

const costOf = (pod: Pod): number => {
  const cost = Number(pod.metadata.annotations?.[deletionCost] ?? 0)
  return Number.isInteger(cost) ? cost : 0
}
const restartsOf = (pod: Pod): number =>
  (pod.status.containerStatuses ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount), 0)
/** Ages count by their logarithm, so that pods of about the same age are told apart by their uid alone. */
const ageRank = (since_ms: number, now_ms: number): number =>
  now_ms > since_ms ? Math.floor(Math.log2((now_ms - since_ms) * 1e6)) : -1

interface Ranked {
  readonly pod: Pod
  readonly isAssigned: number
  readonly phase: number
  readonly ready_ms: number | undefined
  readonly cost: number
  /** Active pods of the same set on the same node. */
  readonly neighbours: number
  readonly restarts: number
}

const byUid = (a: Ranked, b: Ranked): number => a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1

const compare = (a: Ranked, b: Ranked, now_ms: number): number => {
  if (a.isAssigned !== b.isAssigned) return a.isAssigned - b.isAssigned
  if (a.phase !== b.phase) return a.phase - b.phase
  const isReadyA = a.ready_ms !== undefined
  if (isReadyA !== (b.ready_ms !== undefined)) return isReadyA ? 1 : -1
  if (a.cost !== b.cost) return a.cost - b.cost
  if (a.neighbours !== b.neighbours) return b.neighbours - a.neighbours
  if (a.ready_ms !== undefined && b.ready_ms !== undefined && a.ready_ms !== b.ready_ms) {
    return ageRank(a.ready_ms, now_ms) - ageRank(b.ready_ms, now_ms) || byUid(a, b)
  }
  if (a.restarts !== b.restarts) return b.restarts - a.restarts
  const createdA = a.pod.metadata.creationTimestamp
  const createdB = b.pod.metadata.creationTimestamp
  return (createdA === createdB ? 0 : ageRank(createdA, now_ms) - ageRank(createdB, now_ms)) || byUid(a, b)
}

/** The `count` pods to delete, of the active pods of one set. */
export const victims = (pods: ReadonlyArray<Pod>, count: number, now_ms: number): ReadonlyArray<Pod> => {
  if (count >= pods.length) return pods
  const onNode = new Map<string, number>()
  for (const { spec } of pods) onNode.set(spec.nodeName ?? "", (onNode.get(spec.nodeName ?? "") ?? 0) + 1)
  return pods
    .map((pod): Ranked => ({
      pod,
      isAssigned: (pod.spec.nodeName ?? "") === "" ? 0 : 1,
      phase: phaseOrder[pod.status.phase] ?? 1,
      ready_ms: readySince(pod),
      cost: costOf(pod),
      neighbours: onNode.get(pod.spec.nodeName ?? "")!,
      restarts: restartsOf(pod)
    }))
    .sort((a, b) => compare(a, b, now_ms))
    .slice(0, count)
    .map(({ pod }) => pod)
}
