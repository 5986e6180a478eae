/**
 * Spec: model/controller.ts. controller: what all controllers share; a controller is its rule.
 *
 * Level-triggered: handlers only put keys on the queue and settle expectations; a sync reads what the informers show,
 * and the rule's plan, a pure function, says what is to be done. Deviates: who waits for its own writes to be shown
 * looks again when it has waited long enough; the real ones wait for their next event or resync.
 */
import { Effect, Result } from "effect"
import { Client } from "#impl/client.ts"
import type { ApiError } from "#impl/client/errors.ts"
import { type Behind, Consistency } from "#impl/controller/consistency.ts"
import { Expectations } from "#impl/controller/expectations.ts"
import { objectHandlers, ownedHandlers } from "#impl/controller/handlers.ts"
import { controllerOf, isSelected } from "#impl/controller/references.ts"
import { type MayNotAdopt, type Shared, type StillThere, Sync, type Write } from "#impl/controller/sync.ts"
import { type Index, type Informer, Informers } from "#impl/informer.ts"
import { Journal } from "#impl/journal.ts"
import { Process } from "#impl/ports.ts"
import type { Controller } from "#impl/ports/controllers.ts"
import { type Limiter, make as makeQueue, run as runQueue, type WorkQueue } from "#impl/work-queue.ts"
import { type ApiObject, keyOf, type Objects, type Resource } from "#model/kinds.ts"
import type { LabelSelector } from "#model/objects/metadata.ts"

export { controllerOf, ownerReference } from "#impl/controller/references.ts"
export type { Write } from "#impl/controller/sync.ts"

/** Where a planted bug, or another version, differs in what is shared. */
export interface Parts {
  /** May a sync count and act? Not before the informers have shown what the last one created and deleted. */
  readonly mayAct: (expectations: Expectations, key: string) => boolean
  /** Is a sync put off whose informers show less than what an earlier one wrote? */
  readonly putsOff: (behind: Behind) => boolean
}
export const defaultParts: Parts = {
  mayAct: (expectations, key) => expectations.outstanding(key) === 0 || expectations.isExpired(key),
  putsOff: () => true
}

export interface Seen<R extends Resource, W extends Resource, P> {
  readonly object: Objects[R]
  /** What it controls and selects, and the orphans that came to it in this sync. */
  readonly owned: ReadonlyArray<Objects[W]>
  readonly view: Informers["Service"]
  readonly wall_ms: number
  readonly mayAct: boolean
  readonly parts: P
}
export interface Plan<R extends Resource> {
  readonly writes: ReadonlyArray<Write>
  /** After the writes, of which the first failure is told. Undefined: it is as it should be. */
  readonly status?: (failure?: ApiError) =>
    (object & (Objects[R] extends { readonly status: infer S } ? S : never)) | undefined
  /** When to look again, if all went well. */
  readonly again_ms?: number
}

export type ObjectChange = "added" | "updated" | "deleted"

export interface Rule<R extends Resource, W extends Resource, P> {
  readonly queue: string
  readonly of: R
  /** One kind that refers to its owner. */
  readonly owns?: W
  /** Of the owned that count, which may come and which must leave. Without it none does. */
  readonly selector?: (object: Objects[R]) => LabelSelector | undefined
  readonly counts?: (owned: Objects[W]) => boolean
  /** Of its objects only those. */
  readonly wakes?: (object: Objects[R]) => boolean
  /** Other objects that wake keys. */
  readonly also?: {
    readonly [K in Resource]?: (
      object: Objects[K], view: Informers["Service"], change: ObjectChange
    ) => ReadonlyArray<string>
  }
  readonly workers: number
  readonly limiter?: Limiter
  /** Between an event of the object and the look at it. */
  readonly delay_ms?: number
  /** Counts what it creates and deletes until it is shown. */
  readonly expects?: boolean
  /** Is put off while its informers show less than it wrote. */
  readonly isConsistent?: boolean
  readonly parts: P
  readonly plan: (seen: Seen<R, W, P>) => Plan<R>
  /** Instead of writes and status. */
  readonly act?: (
    sync: Sync<R>, seen: Seen<R, W, P>, services: Services
  ) => Effect.Effect<Plan<R>["again_ms"], ApiError | StillThere>
}

export interface Services {
  readonly client: Client["Service"]
  readonly process: Process["Service"]
  readonly journal: Journal["Service"]
  readonly informers: Informers["Service"]
}
const services = Effect.gen(function*() {
  return { client: yield* Client, process: yield* Process, journal: yield* Journal, informers: yield* Informers }
})

const byController = (object: ApiObject): ReadonlyArray<string> => {
  const owner = controllerOf(object)
  return owner === undefined ? [] : [owner.uid]
}
const byOrphanage = (object: ApiObject): ReadonlyArray<string> =>
  controllerOf(object) === undefined ? [object.metadata.namespace ?? ""] : []

class Reconciler<R extends Resource, W extends Resource, P> {
  readonly #rule: Rule<R, W, P>
  readonly #parts: P & Parts
  readonly #on: Services
  readonly #queue: WorkQueue
  readonly #objects: Informer<Objects[R]>
  readonly #owned: Informer<Objects[W]> | undefined
  readonly #controlled: Index<Objects[W]>
  readonly #orphans: Index<Objects[W]>
  readonly #expectations: Expectations | undefined
  readonly #consistency: Consistency | undefined
  readonly #shared: Shared
  readonly #looksAt: Array<Informer<ApiObject>>

  constructor(rule: Rule<R, W, P>, parts: P & Parts, on: Services, queue: WorkQueue) {
    const { informers, journal, process } = on
    this.#rule = rule
    this.#parts = parts
    this.#on = on
    this.#queue = queue
    this.#objects = informers.of(rule.of)
    this.#owned = rule.owns === undefined ? undefined : informers.of(rule.owns)
    this.#controlled = this.#owned?.index("controller", byController) ?? (() => [])
    this.#orphans = this.#owned?.index("orphan", byOrphanage) ?? (() => [])
    this.#looksAt = [this.#objects, ...this.#owned === undefined ? [] : [this.#owned]]
    if (rule.expects === true) this.#expectations = new Expectations(journal, rule.queue, process.monotonic_ms)
    if (rule.isConsistent === true) {
      this.#consistency = new Consistency((resource) => Number(informers.of(resource as Resource).resourceVersion()))
    }
    this.#shared = {
      client: on.client, journal, expectations: this.#expectations,
      tell: () => {
        for (const informer of this.#looksAt) informer.tell()
      },
      noteWrite: (key, uid, resource, revision) => this.#consistency?.wrote(key, uid, resource, revision)
    }
  }

  #selects(object: Objects[R], owned: ApiObject): boolean {
    return isSelected(this.#rule.selector?.(object), owned)
  }

  register(): void {
    const { also = {}, delay_ms = 0, of, wakes = () => true } = this.#rule
    const heard = {
      of, objects: this.#objects,
      selects: (object: Objects[R], orphan: ApiObject) => this.#selects(object, orphan),
      enqueue: (object: Objects[R]) => {
        if (wakes(object)) this.#queue.addAfter(keyOf(object), delay_ms)
      },
      created: (object: Objects[R]) => this.#expectations?.creationObserved(keyOf(object)),
      deleted: (object: Objects[R], { metadata }: ApiObject) =>
        this.#expectations?.deletionObserved(keyOf(object), metadata.uid),
      gone: (object: Objects[R]) => {
        this.#expectations?.forget(keyOf(object))
        this.#consistency?.forget(keyOf(object), object.metadata.uid)
      }
    }
    this.#objects.addHandlers(objectHandlers(heard))
    this.#owned?.addHandlers(ownedHandlers(heard))
    for (const [resource, keysOf] of Object.entries(also)) {
      const informer: Informer<ApiObject> = this.#on.informers.of(resource as Resource)
      const wake = (object: ApiObject, change: ObjectChange): void => {
        for (const key of keysOf(object as never, this.#on.informers, change)) this.#queue.addAfter(key, delay_ms)
      }
      informer.addHandlers({
        added: (object) => wake(object, "added"), updated: (_, object) => wake(object, "updated"),
        deleted: (object) => wake(object, "deleted")
      })
      this.#looksAt.push(informer)
    }
  }

  get synced(): Effect.Effect<void> {
    return Effect.forEach(this.#looksAt, (informer) => informer.synced, { discard: true })
  }

  readonly sync = (key: string): Effect.Effect<void, ApiError | Behind | MayNotAdopt | StillThere> =>
    Effect.suspend(() => this.#sync(key))

  #sync(key: string): Effect.Effect<void, ApiError | Behind | MayNotAdopt | StillThere> {
    const behind = this.#consistency?.behind(key)
    if (behind !== undefined && this.#parts.putsOff(behind)) {
      this.#shared.tell()
      this.#on.journal.wrote("controller.sync", `${this.#rule.queue}:${key}`, { type: "sync.stale", ...behind }, "idle")
      return Effect.fail(behind)
    }
    const object = this.#objects.get(key)
    if (object === undefined) {
      this.#consistency?.forget(key)
      this.#expectations?.forget(key)
      return Effect.void
    }
    const sync = new Sync(this.#shared, this.#rule.queue, this.#rule.of, key, object)
    return this.#look(sync).pipe(
      Effect.tap(() => Effect.sync(() => sync.ended("done"))),
      Effect.tapError(() => Effect.sync(() => sync.ended("failed"))))
  }

  #look(sync: Sync<R>) {
    return Effect.gen({ self: this }, function*() {
      const { key, object } = sync
      const mayAct = this.#expectations === undefined || this.#parts.mayAct(this.#expectations, key)
      const owned = yield* this.#claimed(sync)
      const { process } = this.#on
      const began_ms = process.monotonic_ms()
      const seen: Seen<R, W, P> = {
        object, owned, mayAct, view: this.#on.informers, wall_ms: process.wall_ms(), parts: this.#parts
      }
      const { act, plan } = this.#rule
      if (act !== undefined) {
        this.#againAfter(key, yield* act(sync, seen, this.#on), began_ms)
        return
      }
      const { again_ms, status, writes } = plan(seen)
      const foreseen = status?.()
      if (writes.length > 0 || foreseen !== undefined) sync.plan(writes, foreseen !== undefined, false)
      const done = writes.length === 0 ? Result.void : yield* Effect.result(sync.perform(writes))
      // The status is written even when something could not be created or deleted.
      const found = Result.isFailure(done) ? status?.(done.failure) : foreseen
      if (found !== undefined) yield* sync.report(found)
      const left_ms = this.#expectations?.expiresIn_ms(key)
      if (left_ms !== undefined) this.#queue.addAfter(key, left_ms + 1)
      if (Result.isFailure(done)) return yield* Effect.fail(done.failure)
      this.#againAfter(key, again_ms, began_ms)
    })
  }

  #againAfter(key: string, again_ms: number | undefined, began_ms: number): void {
    if (again_ms === undefined) return
    this.#queue.addAfter(key, Math.max(0, again_ms - (this.#on.process.monotonic_ms() - began_ms)))
  }

  /** One that is being deleted keeps what it has and takes nothing, for the garbage collector to see. */
  #claimed(sync: Sync<R>): Effect.Effect<ReadonlyArray<Objects[W]>, ApiError | MayNotAdopt> {
    const { counts = () => true, owns, selector } = this.#rule
    const { object } = sync
    const controlled = this.#controlled(object.metadata.uid)
    if (selector === undefined || owns === undefined) return Effect.succeed(controlled)
    const kept = controlled.filter((owned) => this.#selects(object, owned))
    if (object.metadata.deletionTimestamp !== undefined) return Effect.succeed(kept)
    const releases = kept.length === controlled.length ? []
      : controlled.filter((owned) => counts(owned) && !this.#selects(object, owned))
    const adopts = this.#orphans(object.metadata.namespace ?? "").filter((orphan) =>
      orphan.metadata.deletionTimestamp === undefined && counts(orphan) && this.#selects(object, orphan))
    if (releases.length + adopts.length === 0) return Effect.succeed(kept)
    sync.begin()
    return Effect.map(sync.claim(releases, adopts, owns), (adopted) => [...kept, ...adopted as Array<Objects[W]>])
  }
}

/** A controller as its host takes it, with some of its parts replaced. */
export const controller = <R extends Resource, W extends Resource = never, P extends object = {}>(
  name: string, rule: Rule<R, W, P>
) => (replaced: Partial<P & Parts> = {}): Controller => ({
  name,
  run: Effect.gen(function*() {
    const queue = yield* makeQueue(rule.queue, rule.limiter)
    const reconciler = new Reconciler(rule, { ...defaultParts, ...rule.parts, ...replaced }, yield* services, queue)
    reconciler.register()
    yield* reconciler.synced
    yield* runQueue(queue, rule.workers, reconciler.sync)
    return yield* Effect.never
  })
})

/** What looks at everything each time, instead of at a key when something has happened to it. */
export const periodic = (
  name: string, every_ms: number, resources: ReadonlyArray<Resource>,
  begin: (on: Services) => Effect.Effect<{
    /** What runs beside the rounds. */
    readonly start?: Effect.Effect<void, never, Process>
    readonly round: Effect.Effect<void>
  }, never, Process | Journal>
): Controller => ({
  name,
  run: Effect.gen(function*() {
    const on = yield* services
    const { round, start } = yield* begin(on)
    yield* Effect.forEach(resources, (resource) => on.informers.of(resource).synced, { discard: true })
    if (start !== undefined) yield* start
    for (;;) {
      yield* round
      yield* Effect.sleep(every_ms)
    }
  })
})
