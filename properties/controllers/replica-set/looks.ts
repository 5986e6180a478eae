/**
 * When the ReplicaSet controller looks at a set, as long as no fault has struck: when something of it has changed, or
 * its time has come; never for nothing, and not late.
 *
 * Source: replica_set.go addPod, updatePod, deletePod, getPodReplicaSets, and the look when the next pod becomes
 * available, v1.36.
 */
import type { Line } from "#model/events.ts"
import { epoch_ms } from "#model/limits.ts"
import { expectationsTimeout_ms } from "#model/limits/controllers/replica-set.ts"
import { keyOf } from "#model/kinds.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { Census, controllerOf, isReady } from "#properties/controllers/replica-set/census.ts"
import { isSelectedBy } from "#properties/controllers/replica-set/history.ts"
import { readySince } from "#properties/controllers/replica-set/ranking.ts"

const queue = "replicaset:"
/** A watch's way, and timers that go off after what stands before them. */
const learns_ms = 2_000 // ASSUMED
/** A sync, its status, and what stands before it. */
const tells_ms = 10_000 // ASSUMED
/** Of the failures of one key. Source: DefaultControllerRateLimiter's ItemExponentialFailureRateLimiter. */
const firstRetry_ms = 5

const dueOf = (pod: Pod, { spec }: ReplicaSet): number =>
  readySince(pod) - epoch_ms + (spec.minReadySeconds ?? 0) * 1_000

/** What may make the controller look at a set, by key. */
class Reasons {
  readonly #sets = new Map<string, ReplicaSet>()
  /** Also of those that are gone: their pods go on. */
  readonly #keys = new Map<string, string>()
  readonly #changedAt_ms = new Map<string, number>()
  readonly #timers = new Map<string, Array<number>>()
  readonly #expectedAt_ms = new Map<string, number>()
  #listedAt_ms = -Infinity

  line({ at_ms, entity, event }: Line): void {
    switch (event.type) {
      case "object.created":
      case "object.updated":
      case "object.deleted":
        if (event.resource === "replicasets") this.#set(entity, event.object as ReplicaSet, event.type, at_ms)
        else if (event.resource === "pods") {
          this.#pod(event.object as Pod, at_ms)
          if (event.type === "object.updated") this.#pod(event.previous as Pod, at_ms)
        }
        return
      case "controllerManager.controllerStarted":
        this.#listedAt_ms = at_ms
        return
      case "replicaSet.createsExpected":
      case "replicaSet.deletesExpected":
        this.#expectedAt_ms.set(entity, at_ms)
        return
      case "replicaSet.createsEnded":
      case "replicaSet.deletesEnded":
        if (event.outstanding === 0) return
        // It gives up what it expects after that time, which runs from the beginning of its writes.
        for (const since_ms of [this.#expectedAt_ms.get(entity) ?? at_ms, at_ms]) {
          this.#arm(this.#keys.get(entity), since_ms + expectationsTimeout_ms)
        }
        return
      case "retry.postponed":
        this.#changedAt_ms.set(entity.slice(queue.length), at_ms + firstRetry_ms * 2 ** (event.failures - 1))
        return
      default:
    }
  }

  isThereOne(key: string, at_ms: number): boolean {
    const changed_ms = Math.max(this.#changedAt_ms.get(key) ?? -Infinity, this.#listedAt_ms)
    return at_ms - changed_ms <= learns_ms ||
      this.#timers.get(key)?.some((due_ms) => Math.abs(at_ms - due_ms) <= learns_ms) === true
  }

  #set(uid: string, set: ReplicaSet, type: string, at_ms: number): void {
    const key = keyOf(set)
    this.#keys.set(uid, key)
    this.#changedAt_ms.set(key, at_ms)
    if (type === "object.deleted") this.#sets.delete(uid)
    else this.#sets.set(uid, set)
  }

  #pod(pod: Pod, at_ms: number): void {
    const owner = controllerOf(pod)
    if (owner !== undefined) {
      const key = this.#keys.get(owner.uid)
      if (key !== undefined) this.#changedAt_ms.set(key, at_ms)
      const set = this.#sets.get(owner.uid)
      if ((set?.spec.minReadySeconds ?? 0) > 0 && isReady(pod)) this.#arm(key, dueOf(pod, set!))
      return
    }
    for (const set of this.#sets.values()) if (isSelectedBy(pod, set)) this.#changedAt_ms.set(keyOf(set), at_ms)
  }

  #arm(key: string | undefined, due_ms: number): void {
    if (key === undefined) return
    const timers = this.#timers.get(key) ?? []
    if (timers.at(-1) !== due_ms) this.#timers.set(key, timers.concat(due_ms))
  }
}

/** "a ReplicaSet is looked at only when something of it has changed, or its time has come". */
export const looksForAReason = (): (line: Line) => string | undefined => {
  const reasons = new Reasons()
  let isCalm = true
  return (line) => {
    const { actor, at_ms, entity, event } = line
    if (!isCalm) return undefined
    if (event.type === "fault.injected") isCalm = false
    if (event.type === "key.added" && entity.startsWith(queue)) {
      const key = entity.slice(queue.length)
      return reasons.isThereOne(key, at_ms) ? undefined : `${actor} looks at ${key}, of which nothing has changed`
    }
    reasons.line(line)
    return undefined
  }
}

/** "a pod that has been ready for minReadySeconds is soon counted as available". */
export const availableInTime = (): (line: Line) => string | undefined => {
  const census = new Census()
  /** Sets that ask for some time. */
  const slow = new Set<string>()
  /** By pod: its present controller, and since when: one that is adopted may have been ready before. */
  const since = new Map<string, { readonly owner: string; readonly at_ms: number }>()
  let isCalm = true
  const isDue = (pod: Pod, set: ReplicaSet, at_ms: number): boolean => isReady(pod) &&
    at_ms - Math.max(dueOf(pod, set), since.get(pod.metadata.uid)?.at_ms ?? at_ms) > tells_ms
  return (line) => {
    const { at_ms, entity, event } = line
    if (!isCalm) return undefined
    if (event.type === "fault.injected") isCalm = false
    for (const uid of census.line(line)) {
      const set = census.sets.get(uid)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) slow.delete(uid)
      else if ((set.spec.minReadySeconds ?? 0) > 0) slow.add(uid)
      if (census.active.get(uid)?.has(entity) === true && since.get(entity)?.owner !== uid) {
        since.set(entity, { owner: uid, at_ms })
      }
    }
    for (const uid of slow) {
      const set = census.sets.get(uid)!
      let due = 0
      for (const pod of census.active.get(uid)?.values() ?? []) if (isDue(pod, set, at_ms)) due++
      const said = set.status.availableReplicas ?? 0
      if (said < due) return `${keyOf(set)} has ${said} available pods; ${due} have been ready for long enough`
    }
    return undefined
  }
}
