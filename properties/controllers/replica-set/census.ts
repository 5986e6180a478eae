/** ReplicaSets and the pods that they control, from committed objects. */
import type { Line } from "#model/events.ts"
import type { OwnerReference } from "#model/objects/metadata.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

export const controllerOf = (pod: Pod): OwnerReference | undefined =>
  pod.metadata.ownerReferences?.find(({ controller }) => controller === true)

export const isActive = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined &&
  pod.status.phase !== "Succeeded" && pod.status.phase !== "Failed"

export const isReady = (pod: Pod): boolean =>
  pod.status.conditions?.find(({ type }) => type === "Ready")?.status === "True"

export class Census {
  /** Live sets by uid. */
  readonly sets = new Map<string, ReplicaSet>()
  /** Active pods by uid of their controller. */
  readonly active = new Map<string, Map<string, Pod>>()
  readonly #owners = new Map<string, string>()

  /** The uids of the sets that the line concerns. */
  line({ entity, event }: Line): ReadonlyArray<string> {
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return []
    const isGone = event.type === "object.deleted"
    if (event.resource === "replicasets") {
      if (isGone) this.sets.delete(entity)
      else this.sets.set(entity, event.object as ReplicaSet)
      return [entity]
    }
    return event.resource === "pods" ? this.#pod(entity, event.object as Pod, isGone) : []
  }

  activeOf(set: string): number {
    return this.active.get(set)?.size ?? 0
  }

  #pod(uid: string, pod: Pod, isGone: boolean): ReadonlyArray<string> {
    const before = this.#owners.get(uid)
    const owner = isGone || !isActive(pod) ? undefined : controllerOf(pod)?.uid
    if (before !== undefined && before !== owner) {
      const pods = this.active.get(before)!
      pods.delete(uid)
      if (pods.size === 0) this.active.delete(before)
      this.#owners.delete(uid)
    }
    if (owner !== undefined) {
      let pods = this.active.get(owner)
      if (pods === undefined) this.active.set(owner, pods = new Map())
      pods.set(uid, pod)
      this.#owners.set(uid, owner)
    }
    return before === undefined ? owner === undefined ? [] : [owner]
      : owner === undefined || owner === before ? [before] : [before, owner]
  }
}
