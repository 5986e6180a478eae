/** What can be replaced in a scheduler, and what its cycles work on. */
import { type CacheParts, defaultCacheParts, type SchedulerCache } from "#impl/scheduler/cache.ts"
import { defaultFilters, type Filter } from "#impl/scheduler/filters.ts"
import type { NodeInfo, PodInfo } from "#impl/scheduler/node-info.ts"
import { defaultQueueParts, type QueuedPod, type QueueParts, type SchedulingQueue } from "#impl/scheduler/queue.ts"
import { best } from "#impl/scheduler/scores.ts"
import type { Draws } from "#impl/ports.ts"
import type { Pod } from "#model/objects/pod.ts"

export interface SchedulerState {
  readonly queue: SchedulingQueue
  readonly cache: SchedulerCache
  /** The informer's present object of that key. */
  readonly current: (key: string) => Pod | undefined
}

export interface Parts {
  /** In the order in which they are asked. */
  readonly filters: ReadonlyArray<Filter>
  /** The best of the feasible nodes. */
  readonly best: (pod: PodInfo, nodes: ReadonlyArray<NodeInfo>) => ReadonlyArray<NodeInfo>
  readonly tieBreak: (draws: typeof Draws.Service, pod: PodInfo, nodes: ReadonlyArray<NodeInfo>) => NodeInfo
  /** Events that wake pods, and their replay for the pod in flight. */
  readonly queue: QueueParts
  readonly cache: CacheParts
  /** Undoes what the cycle assumed, and gives the pod another chance. */
  readonly bindingFailed: (state: SchedulerState, pod: QueuedPod) => void
}

/**
 * Unreserve, forget, requeue. The outcome may be unknown: if the binding took effect after all, the informer shows
 * it, now or later, or the next attempt is answered with a conflict.
 */
const bindingFailed: Parts["bindingFailed"] = ({ queue, cache, current }, pod) => {
  const { uid, key } = pod.info
  // Others may use the room that was held for it.
  cache.forget(uid)
  queue.moved({ kind: "assignedPodDeleted", pod: pod.info })
  const now = current(key)
  if (now === undefined || now.metadata.uid !== uid) queue.remove(uid, "deleted")
  else if (isAssigned(now)) queue.remove(uid, "bound")
  else queue.returnError(pod)
}

export const isAssigned = (pod: Pod): boolean => pod.spec.nodeName !== undefined && pod.spec.nodeName !== ""

export const defaultParts: Parts = {
  filters: defaultFilters,
  best,
  tieBreak: (draws, pod, nodes) => nodes[draws.below("scheduler/tie", pod.uid, nodes.length)]!,
  queue: defaultQueueParts,
  cache: defaultCacheParts,
  bindingFailed
}
