/**
 * controller/syncs: what becomes of a sync: what failed is tried again, what did not is not; nobody looks at an object
 * without a reason; and whoever expects something of an object that goes notices its end.
 *
 * Source: replica_set.go processNextWorkItem, addPod, updatePod, deletePod, getPodReplicaSets, and the look when the
 * next pod becomes available, v1.36; the other controllers have the same.
 */
import type { Line } from "#model/events.ts"
import { type ApiObject, keyOf, type Objects, type Resource } from "#model/kinds.ts"
import { expectationsTimeout_ms } from "#model/limits/controller.ts"
import { queueBackoff_ms } from "#model/limits/client.ts"
import { ByActor } from "#properties/by-actor.ts"
import { Census } from "#properties/controller/census.ts"
import { changeOf, keyIn, ownerOf, type Ruled } from "#properties/controller/ruled.ts"
import type { LeadsTo, Obligation } from "#properties/property.ts"

/** What happened between a worker's taking of a key and its being done. */
type Course = "silent" | "begun" | "failed" | "done"

/** "a sync that failed is tried again, and no other", of whoever has said anything of a sync of that queue. */
export const triesAgain = (): (line: Line) => string | undefined => {
  const courses = new ByActor<Course>()
  const queues = new Set<string>()
  const queueOf = (entity: string): string => entity.slice(0, entity.indexOf(":"))
  return ({ actor, entity, event }) => {
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        courses.forget(event.process)
        return undefined
      case "key.taken":
        courses.set(actor, entity, "silent")
        return undefined
      case "sync.began":
        queues.add(queueOf(entity))
        courses.set(actor, entity, "begun")
        return undefined
      case "sync.stale":
        courses.set(actor, entity, "failed")
        return undefined
      case "sync.ended":
        courses.set(actor, entity, event.outcome)
        return undefined
      case "retry.postponed": {
        const course = courses.take(actor, entity)
        return course === "failed" || !queues.has(queueOf(entity)) ? undefined
          : `${actor} puts ${entity} off, whose sync was ${course}`
      }
      case "key.done": {
        const course = courses.take(actor, entity)
        if (course === "failed") return `${actor} is done with ${entity}, whose sync has failed`
        return course === "begun" ? `${actor} is done with ${entity} in the midst of its sync` : undefined
      }
      default:
        return undefined
    }
  }
}

/** "while no fault has struck a sync fails only if a write failed", or the object may have changed meanwhile. */
export const failsForAReason = (): (line: Line) => string | undefined => {
  const failures = new ByActor<number>()
  const changedAt_ms = new Map<string, number>()
  const beganAt_ms = new ByActor<number>()
  let isCalm = true
  return ({ actor, at_ms, entity, event }) => {
    if (!isCalm) return undefined
    switch (event.type) {
      case "fault.injected":
        isCalm = false
        return undefined
      case "object.updated":
      case "object.deleted":
        if (event.object.metadata.deletionTimestamp !== undefined || event.type === "object.deleted") {
          changedAt_ms.set(keyOf(event.object as ApiObject), at_ms)
        }
        return undefined
      case "sync.began":
        failures.set(actor, entity, 0)
        beganAt_ms.set(actor, entity, at_ms)
        return undefined
      case "sync.planned":
        // What it reads may be reason enough.
        if (event.acts) failures.set(actor, entity, 1)
        return undefined
      case "sync.failed":
        failures.set(actor, entity, (failures.get(actor, entity) ?? 0) + 1)
        return undefined
      case "sync.ended": {
        if (event.outcome === "done" || (failures.get(actor, entity) ?? 0) > 0) return undefined
        const changed_ms = changedAt_ms.get(entity.slice(entity.indexOf(":") + 1)) ?? -Infinity
        return changed_ms >= (beganAt_ms.get(actor, entity) ?? 0) - learns_ms ? undefined
          : `${actor} fails a sync of ${entity} of which nothing failed`
      }
      default:
        return undefined
    }
  }
}

/** A watch's way, and timers that go off after what stands before them. */
const learns_ms = 2_000 // ASSUMED

/** What may make a controller look at an object, by key. */
class Reasons<R extends Resource, W extends Resource> {
  readonly #ruled: Ruled<R, W>
  readonly #census: Census<R, W>
  /** By uid, also of those that are gone: what they owned goes on. */
  readonly #keys = new Map<string, string>()
  readonly #changedAt_ms = new Map<string, number>()
  readonly #timers = new Map<string, Array<number>>()
  readonly #expectedAt_ms = new Map<string, number>()
  #listedAt_ms = -Infinity

  constructor(ruled: Ruled<R, W>) {
    this.#ruled = ruled
    this.#census = new Census(ruled)
  }

  line(line: Line): void {
    const { at_ms, entity, event } = line
    if (event.type === "controllerManager.controllerStarted") this.#listedAt_ms = at_ms
    const key = keyIn(this.#ruled.queue, entity)
    if (key !== undefined) this.#ofKey(key, line)
    const change = changeOf(line)
    if (change === undefined) return
    const { object, previous, resource } = change
    const uids = this.#census.line(line)
    if (resource === this.#ruled.of) {
      for (const identity of uids) {
        this.#keys.set(identity, keyOf((object ?? previous)!))
        this.#changed(identity, at_ms)
      }
    } else if (resource === this.#ruled.owns) {
      for (const uid of uids) this.#changed(uid, at_ms)
      for (const owned of [object, previous]) if (owned !== undefined) this.#own(owned as Objects[W], uids, at_ms)
    }
  }

  isThereOne(key: string, at_ms: number): boolean {
    const learns = learns_ms + (this.#ruled.delay_ms ?? 0)
    const changed_ms = Math.max(this.#changedAt_ms.get(key) ?? -Infinity, this.#listedAt_ms)
    return at_ms - changed_ms <= learns
      || this.#timers.get(key)?.some((due_ms) => Math.abs(at_ms - due_ms) <= learns) === true
  }

  #ofKey(key: string, { at_ms, event }: Line): void {
    switch (event.type) {
      case "retry.postponed":
        this.#changedAt_ms.set(key, at_ms + queueBackoff_ms * 2 ** (event.failures - 1))
        return
      case "expectations.set":
        this.#expectedAt_ms.set(key, at_ms)
        return
      case "sync.ended": {
        // Who waits for what it wrote looks again when it gives it up: counted from the beginning of its writes.
        const since_ms = this.#expectedAt_ms.get(key)
        if (since_ms !== undefined) this.#arm(key, since_ms + expectationsTimeout_ms)
        return
      }
      case "expectations.met":
      case "expectations.expired":
      case "expectations.forgotten":
        this.#expectedAt_ms.delete(key)
        return
      default:
    }
  }

  #changed(uid: string, at_ms: number): void {
    const key = this.#keys.get(uid)
    if (key !== undefined) this.#changedAt_ms.set(key, at_ms)
  }

  #own(owned: Objects[W], uids: ReadonlyArray<string>, at_ms: number): void {
    const { due_ms, selects } = this.#ruled
    for (const uid of uids) {
      const object = this.#census.known.get(uid)?.object
      const due = object === undefined ? undefined : due_ms?.(object, owned)
      if (due !== undefined) this.#arm(keyOf(object!), due)
    }
    if (selects === undefined || ownerOf(this.#ruled, owned) !== undefined) return
    for (const { object } of this.#census.known.values()) {
      if (object !== undefined && selects(object, owned)) this.#changedAt_ms.set(keyOf(object), at_ms)
    }
  }

  #arm(key: string, due_ms: number): void {
    const timers = this.#timers.get(key) ?? []
    if (timers.at(-1) !== due_ms) this.#timers.set(key, timers.concat(due_ms))
  }
}

/** "while no fault has struck … is looked at only if something of it has changed", or its time has come. */
export const looksForAReason = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>) =>
  (): ((line: Line) => string | undefined) => {
    const reasons = new Reasons(ruled)
    let isCalm = true
    return (line) => {
      const { actor, at_ms, entity, event } = line
      if (!isCalm) return undefined
      if (event.type === "fault.injected") isCalm = false
      const key = event.type === "key.added" ? keyIn(ruled.queue, entity) : undefined
      if (key !== undefined) {
        return reasons.isThereOne(key, at_ms) ? undefined : `${actor} looks at ${key}, of which nothing has changed`
      }
      reasons.line(line)
      return undefined
    }
  }

/** A dead watch is known after 45 s and listed again within 30 s. */
const notice_ms = 150_000 // ASSUMED

/** "who expects something of … that is gone forgets it". */
export const forgetsTheGone = <R extends Resource, W extends Resource>(
  { of, queue }: Ruled<R, W>
): LeadsTo["make"] => () => {
  const expecting = new ByActor<true>()
  const owing = new ByActor<Obligation>()
  return {
    line: ({ actor, at_ms, entity, event, seq }) => {
      if (event.type === "process.crashed" || event.type === "process.stopped") {
        expecting.forget(event.process)
        owing.forget(event.process)
      } else if (event.type === "object.deleted") {
        if (event.resource !== of) return
        const name = `${queue}:${keyOf(event.object as ApiObject)}`
        for (const [process, key] of expecting) {
          if (key !== name) continue
          owing.set(process, key,
            { entity: `${process} on ${key}`, since_ms: at_ms, within_ms: notice_ms, seq, by: process })
        }
      } else if (keyIn(queue, entity) !== undefined) {
        if (event.type === "expectations.set") expecting.set(actor, entity, true)
        else {
          expecting.take(actor, entity)
          owing.take(actor, entity)
        }
      }
    },
    open: () => Array.from(owing, ([, , obligation]) => obligation)
  }
}

