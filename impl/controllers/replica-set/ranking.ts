/**
 * Which pods go first when there are too many. Source: pkg/controller/controller_utils.go ActivePodsWithRanks, and
 * replicaset/replica_set.go getPodsToDelete, v1.36.
 */
import type { Pod } from "#model/objects/pod.ts"
import { millisOf } from "#model/objects/time.ts"

const deletionCost = "controller.kubernetes.io/pod-deletion-cost"

/** When the pod became ready, or undefined while it is not. */
export const readySince = (pod: Pod): number | undefined => {
  const ready = pod.status.conditions?.find(({ type }) => type === "Ready")
  if (ready?.status !== "True") return undefined
  const since = ready.lastTransitionTime ?? undefined
  return since === undefined ? 0 : millisOf(since)
}

const costOf = (pod: Pod): number => {
  const cost = Number(pod.metadata.annotations?.[deletionCost])
  return Number.isInteger(cost) ? cost : 0
}
const restartsOf = (pod: Pod): number =>
  (pod.status.containerStatuses ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount), 0)
/** Ages count by their logarithm, so that pods of about the same age are told apart by chance alone. */
const ageRank = (since_ms: number, now_ms: number): number =>
  now_ms > since_ms ? Math.floor(Math.log2((now_ms - since_ms) * 1e6)) : -1

interface Ranked {
  readonly pod: Pod
  /** In this order; of each the lesser goes first. */
  readonly ranks: ReadonlyArray<number>
  readonly ready_ms: number
  readonly restarts: number
}

const compareAges = (a: Ranked, b: Ranked, a_ms: number, b_ms: number, now_ms: number): number =>
  ageRank(a_ms, now_ms) - ageRank(b_ms, now_ms) || (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1)

/** Deviates: what is alike in all stays in the informer's order, where Go's sort leaves it anywhere. */
const compare = (a: Ranked, b: Ranked, now_ms: number): number => {
  const i = a.ranks.findIndex((rank, place) => rank !== b.ranks[place])
  if (i >= 0) return a.ranks[i]! - b.ranks[i]!
  if (a.ready_ms !== b.ready_ms) return compareAges(a, b, a.ready_ms, b.ready_ms, now_ms)
  if (a.restarts !== b.restarts) return b.restarts - a.restarts
  const [aMade_ms, bMade_ms] = [a.pod, b.pod].map(({ metadata }) => millisOf(metadata.creationTimestamp))
  return aMade_ms === bMade_ms ? 0 : compareAges(a, b, aMade_ms!, bMade_ms!, now_ms)
}

/** The `count` pods to delete, of the active pods of one set. `related`: those that count as neighbours on a node. */
export const victims = (
  pods: ReadonlyArray<Pod>, related: ReadonlyArray<Pod>, count: number, now_ms: number
): ReadonlyArray<Pod> => {
  const nodeOf = ({ spec }: Pod): string => spec.nodeName ?? ""
  const onNode = new Map<string, number>()
  for (const pod of related) onNode.set(nodeOf(pod), (onNode.get(nodeOf(pod)) ?? 0) + 1)
  return pods
    .map((pod): Ranked => {
      const ready_ms = readySince(pod)
      const ranks = [nodeOf(pod) === "" ? 0 : 1, pod.status.phase === "Running" ? 1 : 0, ready_ms === undefined ? 0 : 1,
        costOf(pod), -(onNode.get(nodeOf(pod)) ?? 0)]
      return { pod, ranks, ready_ms: ready_ms ?? 0, restarts: restartsOf(pod) }
    })
    .sort((a, b) => compare(a, b, now_ms))
    .slice(0, count)
    .map(({ pod }) => pod)
}
