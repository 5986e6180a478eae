/** From the informers into the queue and the cache. Source: pkg/scheduler/eventhandlers.go, v1.36. */
import type { Handlers } from "#impl/informer.ts"
import { podInfo } from "#impl/scheduler/node-info.ts"
import { isAssigned, type SchedulerState } from "#impl/scheduler/parts.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"

export const podHandlers = (
  { queue, cache }: Pick<SchedulerState, "queue" | "cache">, isBinding: (uid: string) => boolean
): Handlers<Pod> => {
  const added = (pod: Pod): void => {
    const { uid } = pod.metadata
    if (isAssigned(pod)) {
      cache.confirm(podInfo(pod), pod.spec.nodeName!)
      queue.remove(uid, "bound")
    } else if (cache.pod(uid) === undefined) queue.add(pod)
  }
  const deleted = (pod: Pod): void => {
    const { uid } = pod.metadata
    const removed = cache.remove(uid)
    if (removed !== undefined) queue.moved({ kind: "assignedPodDeleted", pod: removed.info })
    // Bound and deleted while the informer was blind: nothing will confirm what was assumed. While the binding
    // is out, its end takes care of it.
    else if (!isBinding(uid) && cache.forget(uid)) queue.moved({ kind: "assignedPodDeleted", pod: podInfo(pod) })
    if (!isBinding(uid)) queue.remove(uid, "deleted")
  }
  return {
    added,
    updated: (before, pod) => {
      if (before.metadata.uid !== pod.metadata.uid) {
        deleted(before)
        added(pod)
      } else if (!isAssigned(before) && isAssigned(pod)) added(pod)
      else if (!isAssigned(pod)) queue.update(pod)
    },
    deleted
  }
}

export const nodeHandlers = ({ queue, cache }: Pick<SchedulerState, "queue" | "cache">): Handlers<Node> => {
  const set = (node: Node): void => {
    const event = cache.setNode(node)
    if (event !== undefined) queue.moved(event)
  }
  return {
    added: set,
    updated: (_before, node) => set(node),
    deleted: (node) => cache.removeNode(node.metadata.name)
  }
}
