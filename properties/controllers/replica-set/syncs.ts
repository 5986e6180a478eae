/**
 * What becomes of a sync of the ReplicaSet controller: what failed is tried again, what did not is not, and nobody
 * looks at a set without a reason.
 *
 * Source: replica_set.go processNextWorkItem, syncReplicaSet, updateReplicaSetStatus; controller_ref_manager.go, where
 * a pod that is gone is no failure, v1.36.
 */
import type { Line } from "#model/events.ts"
import { type ApiObject, keyOf } from "#model/kinds.ts"
import { ByActor } from "#properties/by-actor.ts"

const queue = "replicaset:"
/** Requests of the slice's controllers have this agent's processes as their actors. */
const isController = (actor: string): boolean => actor.startsWith("controller-manager/")

/** What happened between a worker's taking of a key and its being done. */
interface Sync {
  /** A pod that could not be created, deleted, adopted or released. */
  hasFailed: boolean
  /** How each write of the status ended, in order. */
  readonly statuses: Array<End>
  isPostponed: boolean
}
type End = "written" | "conflict" | "gone" | "failed"

/** Every key that a worker has, with what its sync has met so far. */
class Syncs {
  readonly running = new ByActor<Sync>()
  /** Requests under way: the key of the set whose status is written, or that claims a pod. */
  readonly #requests = new ByActor<{ readonly key: string; readonly isStatus: boolean }>()
  /** By uid, from the decisions. */
  readonly #keys = new Map<string, string>()

  /** Before the judge looks at the line. */
  line({ actor, entity, event }: Line): void {
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        this.running.forget(event.process)
        this.#requests.forget(event.process)
        return
      case "key.taken":
        if (entity.startsWith(queue)) {
          this.running.set(actor, entity.slice(queue.length), { hasFailed: false, statuses: [], isPostponed: false })
        }
        return
      case "retry.postponed":
        if (!entity.startsWith(queue)) return
        this.#change(actor, entity.slice(queue.length), (sync) => { sync.isPostponed = true })
        return
      case "replicaSet.createsExpected":
      case "replicaSet.deletesExpected":
        this.#keys.set(entity, event.key)
        return
      case "replicaSet.podCreateFailed":
        this.#change(actor, this.#keys.get(entity), (sync) => { sync.hasFailed = true })
        return
      case "replicaSet.podDeleteFailed":
        if (event.reason !== "NotFound") {
          this.#change(actor, this.#keys.get(entity), (sync) => { sync.hasFailed = true })
        }
        return
      case "request.sent":
        if (!isController(actor)) return
        if (event.resource === "replicasets" && event.subresource === "status") {
          this.#requests.set(actor, entity, { key: event.key, isStatus: true })
        } else if (event.resource === "pods" && event.verb === "patch" && event.subresource === undefined) {
          this.#claims(actor, entity)
        }
        return
      case "request.answered":
        this.#ended(actor, entity, event.code < 400 ? "written" : event.code === 409 ? "conflict"
          : event.code === 404 ? "gone" : "failed")
        return
      case "request.outcomeUnknown":
      case "request.unreached":
        this.#ended(actor, entity, "failed")
        return
      default:
    }
  }

  /** Pods are adopted and released by this controller alone; for which set is known while one sync runs. */
  #claims(actor: string, request: string): void {
    const [only, another] = this.running.of(actor)
    if (only === undefined || another !== undefined) return
    this.#requests.set(actor, request, { key: only[0], isStatus: false })
  }

  #ended(actor: string, request: string, end: End): void {
    const { isStatus, key } = this.#requests.take(actor, request) ?? {}
    this.#change(actor, key, (sync) => {
      if (isStatus === true) sync.statuses.push(end)
      else if (end === "conflict" || end === "failed") sync.hasFailed = true
    })
  }

  #change(actor: string, key: string | undefined, how: (sync: Sync) => void): void {
    const sync = key === undefined ? undefined : this.running.get(actor, key)
    if (sync !== undefined) how(sync)
  }
}

/** When the sets of a name last came or went, but for the first that came. */
class Names {
  readonly #changedAt_ms = new Map<string, number>()

  line({ at_ms, event }: Line): void {
    if (event.type !== "object.created" && event.type !== "object.deleted" || event.resource !== "replicasets") return
    const key = keyOf(event.object as ApiObject)
    const isFirst = event.type === "object.created" && !this.#changedAt_ms.has(key)
    this.#changedAt_ms.set(key, isFirst ? -Infinity : at_ms)
  }

  /** Is there one, the one that a sync must have been about whose informer may be behind by so much? */
  isSettled(key: string, at_ms: number, behind_ms: number): boolean {
    const changed_ms = this.#changedAt_ms.get(key)
    return changed_ms !== undefined && at_ms - changed_ms > behind_ms
  }
}
/** A watch's way while nothing is wrong; and a dead one, which is known after 45 s and listed again within 30 s. */
const learns_ms = 5_000 // ASSUMED
const learnsLate_ms = 150_000 // ASSUMED

/** "a ReplicaSet's sync that failed is tried again". A conflict of the status is tried once more within the sync. */
export const triesAgain = (): (line: Line) => string | undefined => {
  const syncs = new Syncs()
  const names = new Names()
  return (line) => {
    const { actor, at_ms, entity, event } = line
    syncs.line(line)
    names.line(line)
    if (event.type !== "key.done" || !entity.startsWith(queue)) return undefined
    const key = entity.slice(queue.length)
    const sync = syncs.running.take(actor, key)
    if (sync === undefined || sync.isPostponed) return undefined
    if (sync.hasFailed) return `${actor} is done with ${key}, of which a pod could not be had or got rid of`
    const last = sync.statuses.at(-1)
    if (last === "failed" || last === "gone") return `${actor} is done with ${key}, whose status could not be written`
    return last === "conflict" && names.isSettled(key, at_ms, learnsLate_ms)
      ? `${actor} is done with ${key} after a conflict of its status` : undefined
  }
}

/**
 * The other way round, as long as no fault has struck: reads, which nobody tells of, fail only if the set is gone. The
 * writes of the controller's other workers are not told apart; they excuse as well.
 */
export const failsForAReason = (): (line: Line) => string | undefined => {
  const syncs = new Syncs()
  const names = new Names()
  const requests = new ByActor<"pods" | "status" | "other">()
  /** When a write of the actor last failed for good. */
  const failedAt_ms = new Map<string, number>()
  let isCalm = true
  const tookAt_ms = new ByActor<number>()
  return (line) => {
    const { actor, at_ms, entity, event } = line
    if (!isCalm) return undefined
    syncs.line(line)
    names.line(line)
    switch (event.type) {
      case "fault.injected":
        isCalm = false
        return undefined
      case "key.taken":
        tookAt_ms.set(actor, entity, at_ms)
        return undefined
      case "request.sent":
        if (!isController(actor)) return undefined
        requests.set(actor, entity, event.subresource === "status" && event.resource === "replicasets" ? "status"
          : event.resource === "pods" ? "pods" : "other")
        return undefined
      case "request.answered": {
        const kind = requests.take(actor, entity)
        if (kind === undefined || event.code < 400 || kind === "status") return undefined
        if (kind === "other" || event.code !== 404) failedAt_ms.set(actor, at_ms)
        return undefined
      }
      case "retry.postponed":
        break
      default:
        return undefined
    }
    if (!entity.startsWith(queue)) return undefined
    const key = entity.slice(queue.length)
    const sync = syncs.running.get(actor, key)
    const hasFailed = (failedAt_ms.get(actor) ?? -Infinity) >= (tookAt_ms.get(actor, entity) ?? 0)
    if (sync === undefined || sync.hasFailed || hasFailed || !names.isSettled(key, at_ms, learns_ms)) return undefined
    if (sync.statuses.some((end) => end === "failed" || end === "gone")) return undefined
    const conflicts = sync.statuses.filter((end) => end === "conflict").length
    return conflicts > 1 ? undefined
      : `${actor} puts ${key} off although ${conflicts === 0 ? "nothing" : "only one write of its status"} failed`
  }
}
