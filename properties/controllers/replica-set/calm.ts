/**
 * 79 while nothing is wrong: who watches acts on what happens within seconds, not with the next thing that happens.
 *
 * In faults and after them a ReplicaSet only has to come right in the end; here a lost wake-up, an orphan that nobody
 * is asked about, or a status that waits for another change, is seen although the next event would make up for it.
 */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { caughtUp_ms } from "#properties/history/bounds.ts"
import type { History } from "#properties/history.ts"
import type { Calm } from "#properties/history/calm.ts"
import { controllerOf, isActive, isReady } from "#properties/controllers/replica-set/census.ts"
import { isSelectedBy } from "#properties/controllers/replica-set/history.ts"

/** A sync needs a few requests; those of a burst stand behind each other. */
const acts_ms = 10_000 // ASSUMED
const perPod_ms = 20 // ASSUMED: slow start, and the API server's share.

/** A set and the tallies of its active pods, kept as they change. */
interface Known {
  set: ReplicaSet
  active: number
  ready: number
  readonly strangers: Set<string>
}
interface Counted {
  readonly owner: string
  readonly isReady: boolean
}

/** What there is, from committed objects, and what is not yet as it should be, by when it came to be so. */
class Sets {
  readonly sets = new Map<string, Known>()
  readonly #counted = new Map<string, Counted>()
  /** By uid, since when: sets that are not as they should be, and orphans that may have a suitor. Oldest first. */
  readonly wrong = new Map<string, number>()
  readonly waiting = new Map<string, number>()
  /** Active pods without a controller. */
  readonly orphans = new Map<string, Pod>()

  line({ at_ms, entity, event }: Line): void {
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return
    const isGone = event.type === "object.deleted"
    if (event.resource === "replicasets") this.#set(entity, isGone ? undefined : event.object as ReplicaSet, at_ms)
    else if (event.resource === "pods") this.#pod(entity, isGone ? undefined : event.object as Pod, at_ms)
  }

  #set(uid: string, set: ReplicaSet | undefined, at_ms: number): void {
    const known = this.sets.get(uid)
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) {
      this.sets.delete(uid)
      this.wrong.delete(uid)
      return
    }
    if (known === undefined) {
      this.sets.set(uid, { set, active: 0, ready: 0, strangers: new Set() })
      for (const [orphan, pod] of this.orphans) if (isSelectedBy(pod, set)) this.#wait(orphan, at_ms)
    } else known.set = set
    this.#judge(uid, at_ms)
  }

  #pod(uid: string, pod: Pod | undefined, at_ms: number): void {
    const before = this.#counted.get(uid)
    const isCounted = pod !== undefined && isActive(pod)
    const owner = isCounted ? controllerOf(pod)?.uid : undefined
    if (before !== undefined) this.#count(before, uid, -1)
    if (owner === undefined) this.#counted.delete(uid)
    else {
      const after = { owner, isReady: isReady(pod!) }
      this.#counted.set(uid, after)
      this.#count(after, uid, 1)
      const known = this.sets.get(owner)
      if (known !== undefined && !isSelectedBy(pod!, known.set)) known.strangers.add(uid)
    }
    if (before !== undefined) this.#judge(before.owner, at_ms)
    if (owner !== undefined && owner !== before?.owner) this.#judge(owner, at_ms)
    if (!isCounted || owner !== undefined) {
      if (this.orphans.delete(uid)) this.waiting.delete(uid)
    } else {
      if (this.orphans.get(uid)?.metadata.labels !== pod.metadata.labels) this.#wait(uid, at_ms)
      this.orphans.set(uid, pod)
    }
  }

  #wait(orphan: string, at_ms: number): void {
    this.waiting.delete(orphan)
    this.waiting.set(orphan, at_ms)
  }

  #count({ owner, isReady }: Counted, uid: string, sign: 1 | -1): void {
    const known = this.sets.get(owner)
    if (known === undefined) return
    known.active += sign
    if (isReady) known.ready += sign
    known.strangers.delete(uid)
  }

  /** Wrong in one way or another counts as one wait: it ends when all is right. */
  #judge(uid: string, at_ms: number): void {
    const known = this.sets.get(uid)
    if (known === undefined) return
    if (this.whatIsWrong(known) === undefined) this.wrong.delete(uid)
    else if (!this.wrong.has(uid)) this.wrong.set(uid, at_ms)
  }

  whatIsWrong({ active, ready, set: { metadata, spec, status }, strangers }: Known): string | undefined {
    if (active !== spec.replicas) return `wants ${spec.replicas} pods and has ${active}`
    if (strangers.size > 0) return `keeps ${strangers.size} pods that it does not select`
    if (status.observedGeneration !== metadata.generation) return `has not looked at generation ${metadata.generation}`
    if (status.replicas !== active) return `reports ${status.replicas} pods of ${active}`
    if ((status.readyReplicas ?? 0) !== ready) return `reports ${status.readyReplicas} ready pods of ${ready}`
    return (spec.minReadySeconds ?? 0) > 0 || (status.availableReplicas ?? 0) === ready ? undefined
      : `reports ${status.availableReplicas} available pods of ${ready}`
  }
}

/** Who waits too long while nothing is wrong with the cluster. */
const overdue = (sets: Sets, calm: Calm, at_ms: number): string | undefined => {
  for (const [uid, since_ms] of sets.wrong) {
    const known = sets.sets.get(uid)!
    const within_ms = acts_ms + perPod_ms * Math.abs(known.active - known.set.spec.replicas)
    if (at_ms - since_ms <= acts_ms) break
    if (at_ms - since_ms <= within_ms || !calm.wasWellFor(caughtUp_ms, since_ms)) continue
    const { name } = known.set.metadata
    return `${name} ${sets.whatIsWrong(known)} since ${Math.round(since_ms)} ms`
  }
  for (const [uid, since_ms] of sets.waiting) {
    if (at_ms - since_ms <= acts_ms) break
    sets.waiting.delete(uid)
    if (!calm.wasWellFor(caughtUp_ms, since_ms)) continue
    const pod = sets.orphans.get(uid)!
    for (const { set } of sets.sets.values()) {
      if (!isSelectedBy(pod, set)) continue
      return `nobody adopts ${pod.metadata.name}, which ${set.metadata.name} selects since ${Math.round(since_ms)} ms`
    }
  }
  return undefined
}

export const actsSoon = ({ calm }: History): (line: Line) => string | undefined => {
  const sets = new Sets()
  return (line) => {
    const late = overdue(sets, calm, line.at_ms)
    sets.line(line)
    return late
  }
}
