/** From the informers to the queue and the expectations. Source: replica_set.go addPod, updatePod, deletePod, v1.36. */
import type { Handlers } from "#impl/informer.ts"
import type { Informers } from "#impl/ports/controllers.ts"
import { controllerOf, matches } from "#impl/controllers/replica-set/claim.ts"
import type { Expectations } from "#impl/controllers/replica-set/expectations.ts"
import type { Story } from "#impl/controllers/replica-set/story.ts"
import type { WorkQueue } from "#impl/work-queue.ts"
import { keyOf } from "#model/kinds.ts"
import type { OwnerReference } from "#model/objects/metadata.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

interface Context {
  readonly informers: Informers
  readonly queue: WorkQueue
  readonly expectations: Expectations
  readonly story: Story
}

export const podHandlers = ({ expectations, informers, queue, story }: Context): Handlers<Pod> => {
  /** The set that a reference names, if the informer shows it under that uid. */
  const resolve = (pod: Pod, owner: OwnerReference): ReplicaSet | undefined => {
    const found = informers.replicaSets.get(`${pod.metadata.namespace}/${owner.name}`)
    return found?.metadata.uid === owner.uid ? found : undefined
  }
  const enqueueOwner = (pod: Pod, owner: OwnerReference): void => {
    const replicaSet = resolve(pod, owner)
    if (replicaSet !== undefined) queue.add(keyOf(replicaSet))
  }
  /** Nobody's pod: whoever selects it may adopt it. */
  const enqueueSuitors = (pod: Pod): void => {
    for (const replicaSet of informers.replicaSets.values()) {
      if (replicaSet.metadata.namespace === pod.metadata.namespace && matches(replicaSet, pod)) {
        queue.add(keyOf(replicaSet))
      }
    }
  }
  const deleted = (pod: Pod): void => {
    const owner = controllerOf(pod)
    if (owner === undefined) return
    expectations.deletionObserved(owner.uid, pod.metadata.uid)
    story.observed(owner.uid)
    enqueueOwner(pod, owner)
  }
  const added = (pod: Pod): void => {
    const owner = controllerOf(pod)
    // After a restart, or late: it was created and marked for deletion before this informer saw it.
    if (pod.metadata.deletionTimestamp !== undefined) deleted(pod)
    else if (owner === undefined) enqueueSuitors(pod)
    else {
      expectations.creationObserved(owner.uid)
      story.observed(owner.uid)
      enqueueOwner(pod, owner)
    }
  }
  const changed = (before: Pod, pod: Pod): void => {
    const owner = controllerOf(pod)
    const ownerBefore = controllerOf(before)
    if (ownerBefore !== undefined && ownerBefore.uid !== owner?.uid) enqueueOwner(before, ownerBefore)
    // Deviates: the real one asks the suitors only when labels or owner changed. Asking them once more does no harm.
    if (owner === undefined) enqueueSuitors(pod)
    else enqueueOwner(pod, owner)
  }
  return {
    added,
    updated: (before, pod) => {
      if (before.metadata.uid !== pod.metadata.uid) {
        deleted(before)
        added(pod)
      } else if (pod.metadata.deletionTimestamp !== undefined) deleted(pod)
      else changed(before, pod)
    },
    deleted
  }
}

export const replicaSetHandlers = ({ expectations, queue, story }: Context): Handlers<ReplicaSet> => {
  const gone = (replicaSet: ReplicaSet): void => {
    const { uid } = replicaSet.metadata
    expectations.forget(uid)
    story.gone(uid)
    queue.add(keyOf(replicaSet))
  }
  return {
    added: (replicaSet) => queue.add(keyOf(replicaSet)),
    updated: (before, replicaSet) => {
      if (before.metadata.uid !== replicaSet.metadata.uid) gone(before)
      queue.add(keyOf(replicaSet))
    },
    deleted: gone
  }
}
