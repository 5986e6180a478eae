/**
 * controller/lowered: what a controller waits for is lowered by each write that failed, and by what its informer shows
 * of the others; else one failure stops it until its expectations are given up, five minutes later.
 * Legal exception: what a terminating namespace does not take counts as made, and nothing shows it: the set goes with
 * it.
 * Source: pkg/controller/replicaset/replica_set.go manageReplicas, addPod, updatePod, deletePod, v1.36.
 */
import { controllerOf } from "#model/controller.ts"
import type { Line } from "#model/events.ts"
import type { ApiObject, Objects, Resource } from "#model/kinds.ts"
import { ByActor } from "#properties/by-actor.ts"
import { isGoing, keyIn, type Ruled } from "#properties/controller/ruled.ts"
import type { History } from "#properties/history.ts"
import type { View } from "#properties/history/kept.ts"
import type { Served } from "#properties/history/store.ts"

interface Expected {
  uid: string
  isSyncing: boolean
  /** Made, and the revision at which; those that have been shown are taken out. */
  readonly made: Map<string, number>
  readonly deleted: Set<string>
  /** All has been shown, or failed, at that time: it must say so within the instant. */
  due_ms: number
}

class Lowered<R extends Resource, W extends Resource> {
  readonly #ruled: Ruled<R, W>
  readonly #history: History
  readonly #open = new ByActor<Expected>()
  readonly #uids = new ByActor<string>()

  constructor(ruled: Ruled<R, W>, history: History) {
    this.#ruled = ruled
    this.#history = history
  }

  line(line: Line): string | undefined {
    const { actor, at_ms, entity, event } = line
    const late = this.#late(at_ms)
    if (event.type === "process.crashed" || event.type === "process.stopped") {
      this.#open.forget(event.process)
      this.#uids.forget(event.process)
    } else if (event.type === "process.paused") {
      // Its instant stands still.
      for (const [, expected] of this.#open.of(event.process)) expected.due_ms = Infinity
    } else if (event.type === "reflector.listed" || event.type === "reflector.reported") {
      if (entity === this.#ruled.owns) this.#shown(actor, event.resourceVersion, at_ms)
    } else if (keyIn(this.#ruled.queue, entity) !== undefined) this.#told(line)
    return late
  }

  #told({ actor, at_ms, entity, event }: Line): void {
    switch (event.type) {
      case "sync.began":
        this.#uids.set(actor, entity, event.uid)
        return
      case "expectations.set":
        if (event.creates + event.deletes === 0) return
        this.#open.set(actor, entity, { uid: this.#uids.get(actor, entity) ?? "", isSyncing: true, made: new Map(),
          deleted: new Set(), due_ms: Infinity })
        return
      case "expectations.met":
      case "expectations.expired":
      case "expectations.forgotten":
        this.#open.take(actor, entity)
        return
    }
    const expected = this.#open.get(actor, entity)
    if (expected === undefined) return
    if (event.type === "sync.failed") {
      if (event.reason === "NamespaceTerminating") this.#open.take(actor, entity)
    } else if (event.type === "sync.ended") {
      expected.isSyncing = false
      if (expected.made.size + expected.deleted.size === 0) expected.due_ms = at_ms
    } else if (event.type === "sync.wrote" && event.resource === this.#ruled.owns) {
      if (event.verb === "create") expected.made.set(event.uid, event.revision ?? Infinity)
      else if (event.verb === "delete") expected.deleted.add(event.uid)
    }
  }

  #shown(actor: string, revision: number, at_ms: number): void {
    const { of, owns } = this.#ruled
    const then: Served = this.#history.at(revision)
    const owned = then[owns] as View<Objects[W], "owner" | "node">
    for (const [entity, expected] of [...this.#open.of(actor)]) {
      if (expected.isSyncing) continue
      // Of an object that is gone nothing is shown to anybody.
      if (then[of].get(expected.uid) === undefined || this.#history.now[of].get(expected.uid) === undefined) {
        this.#open.take(actor, entity)
        continue
      }
      let isKnown = true
      for (const [uid, made] of expected.made) {
        if (made > revision) continue
        const object = owned.get(uid) as ApiObject | undefined
        // Gone, or another's, before it was told: maybe it has never been shown.
        if (object === undefined || controllerOf(object)?.uid !== expected.uid) isKnown = false
        else expected.made.delete(uid)
      }
      for (const uid of expected.deleted) {
        const object = owned.get(uid) as ApiObject | undefined
        if (object === undefined || isGoing(object)) expected.deleted.delete(uid)
      }
      if (!isKnown) this.#open.take(actor, entity)
      else if (expected.made.size + expected.deleted.size === 0) expected.due_ms = Math.min(expected.due_ms, at_ms)
    }
  }

  #late(at_ms: number): string | undefined {
    for (const [actor, entity, { due_ms }] of this.#open) {
      if (due_ms < at_ms) return `${actor} still waits for ${entity}; all was shown or had failed at ${due_ms} ms`
    }
    return undefined
  }
}

export const heardByLowered = ["sync.began", "sync.wrote", "sync.failed", "sync.ended", "expectations.",
  "reflector.listed", "reflector.reported", "process.crashed", "process.stopped", "process.paused"]

/** "what … expects is lowered by what failed and by what its informer shows". */
export const lowersWhatFailed = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>) =>
  (history: History): ((line: Line) => string | undefined) => {
    const lowered = new Lowered(ruled, history)
    return (line) => lowered.line(line)
  }
