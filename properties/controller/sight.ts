/**
 * controller/sight: what a controller writes is lawful in what its informers showed when the sync began, which may be
 * old but is true; and it looks only when they show what it wrote before (79, 80, 81; kubernetes.md 4.3).
 *
 * Nobody takes the controller's word: the informers say what they show, the history says what was written.
 */
import { controllerOf, type Written } from "#model/controller.ts"
import type { EventOf, Line } from "#model/events.ts"
import { type ApiObject, keyOf, type Objects, type Resource } from "#model/kinds.ts"
import { epoch_ms } from "#model/limits.ts"
import type { History } from "#properties/history.ts"
import type { View } from "#properties/history/kept.ts"
import type { Served } from "#properties/history/store.ts"
import { ByActor } from "#properties/by-actor.ts"
import { identityOf, keyIn, type Ruled } from "#properties/controller/ruled.ts"

type Answer = Extract<EventOf<"sync">, { readonly type: "sync.wrote" | "sync.failed" }>

interface Open<R extends Resource, W extends Resource> {
  readonly object: Objects[R]
  readonly owned: Array<Objects[W]>
  readonly ownedView: number
  creations: number
  readonly deletions: Set<string>
  hasFailed: boolean
}
/** What the process wrote for a key: of which object, and the newest revision by resource. */
interface Own {
  readonly uid: string
  readonly revisions: Map<string, number>
}

class Sight<R extends Resource, W extends Resource> {
  readonly #ruled: Ruled<R, W>
  readonly #history: History
  /** By resource. */
  readonly #shown = new ByActor<number>()
  readonly #syncs = new ByActor<Open<R, W>>()
  readonly #own = new ByActor<Own>()
  /** What the process deleted for a key and expects to see go. */
  readonly #deleted = new ByActor<Set<string>>()

  constructor(ruled: Ruled<R, W>, history: History) {
    this.#ruled = ruled
    this.#history = history
  }

  line(line: Line): string | undefined {
    const { actor, entity, event } = line
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        for (const all of [this.#shown, this.#syncs, this.#own, this.#deleted]) all.forget(event.process)
        return undefined
      case "reflector.listed":
      case "reflector.reported":
        if (entity === this.#ruled.of || entity === this.#ruled.owns) {
          this.#shown.set(actor, entity, event.resourceVersion)
        }
        return undefined
    }
    const key = keyIn(this.#ruled.queue, entity)
    return key === undefined ? undefined : this.#judged(line, key)
  }

  #judged({ actor, at_ms, entity, event }: Line, key: string): string | undefined {
    switch (event.type) {
      case "sync.began":
        return this.#began(actor, entity, key, event.uid)
      case "sync.stale": {
        const wrote = this.#own.get(actor, entity)?.revisions.get(event.resource)
        return wrote === event.wrote && this.#shown.get(actor, event.resource) === event.shown ? undefined
          : `${actor} puts ${key} off until ${event.resource} come to ${event.wrote}; it wrote at ${wrote}, and its ` +
            `informer shows ${this.#shown.get(actor, event.resource)}`
      }
      case "sync.planned":
        return event.creates + event.deletes.length === 0 ? undefined : this.#countsOnItsDeletions(actor, entity, key)
      case "sync.wrote":
      case "sync.failed": {
        const open = this.#syncs.get(actor, entity)
        if (open === undefined) return `${actor} writes for ${key} and has not looked at it`
        const now_ms = this.#history.calm.doClocksAgree ? epoch_ms + at_ms : undefined
        const what = this.#answered(actor, entity, open, event, now_ms)
        return what === undefined ? undefined : `${key} ${what}`
      }
      case "sync.ended":
        this.#syncs.take(actor, entity)
        return undefined
      case "expectations.expired":
      case "expectations.forgotten":
        this.#deleted.take(actor, entity)
        return undefined
      default:
        return undefined
    }
  }

  #began(actor: string, entity: string, key: string, uid: string): string | undefined {
    const { of, owns } = this.#ruled
    const view = this.#shown.get(actor, of) ?? 0
    const object = this.#history.at(view)[of].get(uid) as Objects[R] | undefined
    if (object === undefined || keyOf(object) !== key) {
      return `${actor} looks at ${key} with the uid ${uid}, which its informer does not show at revision ${view}`
    }
    const own = this.#own.get(actor, entity)
    for (const [resource, wrote] of own?.uid === uid ? own.revisions : []) {
      const shown = this.#shown.get(actor, resource) ?? 0
      if (shown < wrote && this.#ruled.isForgetful === undefined) {
        return `${actor} looks at ${key} at ${resource} ${shown} after it has written ${wrote}`
      }
    }
    const ownedView = this.#shown.get(actor, owns) ?? 0
    const owned = this.#ownedAt(identityOf(this.#ruled, object), ownedView)
    const { selects } = this.#ruled
    const kept = selects === undefined ? [...owned] : owned.filter((one) => selects(object, one))
    this.#syncs.set(actor, entity,
      { object, owned: kept, ownedView, creations: 0, deletions: new Set(), hasFailed: false })
    return undefined
  }

  #ownedAt(uid: string, revision: number): ReadonlyArray<Objects[W]> {
    const { owns, ownerOf } = this.#ruled
    const stored: Served = this.#history.at(revision)
    const then = stored[owns] as View<Objects[W], "owner" | "node">
    return ownerOf === undefined ? then.by("owner", uid) : then.all().filter((owned) => ownerOf(owned) === uid)
  }

  /** What that very revision wrote, and what stood before it. */
  #madeAt(resource: string, uid: string, revision: number): readonly [ApiObject, ApiObject | undefined] | undefined {
    const object = this.#history.now[resource as Resource]?.written(uid, revision)?.object
    return object === undefined ? undefined : [object, this.#history.at(revision - 1)[resource as Resource].get(uid)]
  }

  /** Expectations: whoever counts has been shown what it deleted, or has given it up. */
  #countsOnItsDeletions(actor: string, entity: string, key: string): string | undefined {
    const open = this.#syncs.get(actor, entity)
    const deleted = this.#deleted.take(actor, entity)
    if (open === undefined || deleted === undefined) return undefined
    const unseen = open.owned.find((owned) => this.#ruled.counts(owned) && deleted.has(owned.metadata.uid))
    return unseen === undefined ? undefined
      : `${actor} acts on ${key} at revision ${open.ownedView}, which does not show that it has deleted ` +
        unseen.metadata.name
  }

  #answered(
    actor: string, entity: string, open: Open<R, W>, event: Answer, now_ms: number | undefined
  ): string | undefined {
    const { resource, subresource, verb } = event
    if (verb === "create") open.creations++
    if (verb === "delete" && event.uid !== undefined) open.deletions.add(event.uid)
    if (event.type === "sync.failed" && (verb === "create" || verb === "delete") && event.reason !== "NotFound"
      && event.reason !== "NamespaceTerminating") open.hasFailed = true
    let made: readonly [ApiObject, ApiObject | undefined] | undefined
    if (event.type === "sync.wrote") {
      if (event.revision !== undefined) {
        made = this.#madeAt(resource, event.uid, event.revision)
        if (made === undefined) return `says that it wrote ${event.uid} at ${event.revision}, which nobody did`
        this.#note(actor, entity, open, event, made[0])
      } else if (verb === "delete") {
        this.#deleted.set(actor, entity, (this.#deleted.get(actor, entity) ?? new Set()).add(event.uid))
      }
    }
    const written: Written<Objects[W]> = {
      creations: open.creations, deletions: open.deletions, hasFailed: open.hasFailed, now_ms,
      last: {
        verb, resource, ...(subresource === undefined ? {} : { subresource }),
        ...(made === undefined ? {} : { object: made[0] }), ...(made?.[1] === undefined ? {} : { previous: made[1] })
      }
    }
    const what = this.#ruled.lawful(open.object, open.owned, written)
    if (made !== undefined && verb === "patch" && this.#isOwn(open, made[0])) open.owned.push(made[0] as Objects[W])
    return what
  }

  #isOwn({ object }: Open<R, W>, owned: ApiObject): boolean {
    return controllerOf(owned)?.uid === object.metadata.uid
  }

  /** What it created, adopted and reported must be shown before it looks again; what it released, need not. */
  #note(actor: string, entity: string, open: Open<R, W>, event: Answer, made: ApiObject): void {
    if (event.type !== "sync.wrote" || event.revision === undefined) return
    if (event.verb === "patch" && !this.#isOwn(open, made)) return
    const { uid } = open.object.metadata
    let own = this.#own.get(actor, entity)
    if (own?.uid !== uid) this.#own.set(actor, entity, own = { uid, revisions: new Map() })
    const { revisions } = own
    revisions.set(event.resource, Math.max(event.revision, revisions.get(event.resource) ?? 0))
  }
}

export const heardBySight = ["sync.", "expectations.expired", "expectations.forgotten", "reflector.listed",
  "reflector.reported", "process.crashed", "process.stopped"]

/** "a … writes only what is lawful in what its informers showed". */
export const writesByItsSight = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>) =>
  (history: History): ((line: Line) => string | undefined) => {
    const sight = new Sight(ruled, history)
    return (line) => sight.line(line)
  }
