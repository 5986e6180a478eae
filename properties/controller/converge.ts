/**
 * controller/converge: eventually stable reconciliation: a controller's objects come to own what they want, orphans
 * that they select come to them, and at rest their status is true; and while nothing is wrong all of that takes
 * seconds. In faults and after them an object only has to come right in the end; a lost wake-up, an orphan that nobody
 * is asked about, or a status that waits for another change, is seen although the next event would make up for it.
 */
import type { Line } from "#model/events.ts"
import { type ApiObject, keyOf, type Objects, type Resource } from "#model/kinds.ts"
import { expectationsTimeout_ms } from "#model/limits/controller.ts"
import { ByActor } from "#properties/by-actor.ts"
import { Census, type Known } from "#properties/controller/census.ts"
import { isGoing, keyIn, type Ruled } from "#properties/controller/ruled.ts"
import type { History } from "#properties/history.ts"
import type { Eventually, LeadsTo, Obligation } from "#properties/property.ts"

/** A new leader after 17 s, its informers within 75 s, a retry of at most some seconds. */
export const converge_ms = 180_000 // ASSUMED
const perOwned_ms = 20 // ASSUMED: slow start, and the API server's share.
/** After the last change of what it owns a status says what is, and what is ready has been so for long enough. */
const settled_ms = 50_000 // ASSUMED: minReadySeconds of at most 30; less than the quiet time of a cluster at rest.
/** Dead connections were noticed (45 s), dialled anew (30 s), and a reflector's longest back-off (60 s) is over. */
const well_ms = 150_000 // ASSUMED
/** A sync needs a few requests; those of a burst stand behind each other. */
const acts_ms = 10_000 // ASSUMED

/** The namespace of that object is being deleted: whatever is created in it is refused. */
const isEnding = ({ now }: History, { metadata: { namespace } }: ApiObject): boolean => {
  const its = namespace === undefined ? undefined : now.namespaces.named(namespace)
  return its !== undefined && isGoing(its)
}

/** Of several that select an orphan any one may be first. */
class Orphans<R extends Resource, W extends Resource> {
  /** By uid of the orphan: the line since when it is one with these labels. Oldest first. */
  readonly since = new Map<string, Line>()
  readonly #ruled: Ruled<R, W>
  readonly #census: Census<R, W>
  readonly #labels = new Map<string, object | undefined>()

  constructor(ruled: Ruled<R, W>, census: Census<R, W>) {
    this.#ruled = ruled
    this.#census = census
  }

  /** After the census has heard it. */
  line(line: Line, concerned: ReadonlyArray<string>): void {
    if (this.#ruled.selects === undefined) return
    const { entity, event } = line
    const orphan = this.#census.orphans.get(entity)
    if (orphan === undefined) {
      this.since.delete(entity)
      this.#labels.delete(entity)
    } else if (!this.#labels.has(entity) || this.#labels.get(entity) !== orphan.metadata.labels) {
      this.#labels.set(entity, orphan.metadata.labels)
      this.#begin(entity, line)
    }
    // A new suitor, or one that wants others than before.
    if (event.type !== "object.created" || event.resource !== this.#ruled.of) return
    for (const uid of concerned) {
      const object = this.#census.known.get(uid)?.object
      if (object === undefined) continue
      for (const [orphan, owned] of this.#census.orphans) {
        if (this.#ruled.selects(object, owned)) this.#begin(orphan, line)
      }
    }
  }

  suitorOf(orphan: string): Objects[R] | undefined {
    const owned = this.#census.orphans.get(orphan)
    if (owned === undefined) return undefined
    for (const { object } of this.#census.known.values()) {
      if (object !== undefined && !isGoing(object) && this.#ruled.selects?.(object, owned) === true) return object
    }
    return undefined
  }

  nameOf(orphan: string): string {
    return this.#census.orphans.get(orphan)?.metadata.name ?? orphan
  }

  #begin(orphan: string, line: Line): void {
    this.since.delete(orphan)
    this.since.set(orphan, line)
  }
}

/** "an orphan that … selects is adopted". */
export const adoptsOrphans = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>): LeadsTo["make"] => () => {
  const census = new Census(ruled)
  const orphans = new Orphans(ruled, census)
  return {
    line: (line) => {
      const before = orphans.since.size
      orphans.line(line, census.line(line))
      return Math.max(0, orphans.since.size - before)
    },
    open: function*() {
      for (const [orphan, { at_ms: since_ms, seq }] of orphans.since) {
        const suitor = orphans.suitorOf(orphan)
        if (suitor === undefined) continue
        yield { entity: `${orphans.nameOf(orphan)} for ${keyOf(suitor)}`, since_ms, seq, within_ms: converge_ms }
      }
    }
  }
}

/**
 * "… comes to own as many … as it wants". Who waits for its own writes to be shown counts nothing until it gives them
 * up: what was made and deleted while its informer had to list anew is never shown.
 */
export const comesToItsNumber = <R extends Resource, W extends Resource>(
  ruled: Ruled<R, W>
): LeadsTo["make"] => (history) => {
  const census = new Census(ruled)
  const since = new Map<string, Line>()
  /** Keys, by process. */
  const waiting = new ByActor<true>()
  const isWaited = (key: string): boolean => {
    for (const [, name] of waiting) if (name === key) return true
    return false
  }
  return {
    line: (line) => {
      const { actor, entity, event } = line
      if (event.type === "process.crashed" || event.type === "process.stopped") waiting.forget(event.process)
      const key = keyIn(ruled.queue, entity)
      if (key !== undefined && event.type === "expectations.set") waiting.set(actor, key, true)
      else if (key !== undefined && event.type.startsWith("expectations.")) waiting.take(actor, key)
      let opened = 0
      for (const uid of census.line(line)) {
        const known = census.known.get(uid)
        const { active = 0, object } = known ?? {}
        if (object === undefined || isGoing(object) || ruled.wants(object) === active) since.delete(uid)
        else if (!since.has(uid)) {
          since.set(uid, line)
          opened++
        }
      }
      return opened
    },
    open: function*(): Iterable<Obligation> {
      for (const [uid, { at_ms: since_ms, seq }] of since) {
        const { active, object } = census.known.get(uid)!
        const wanted = ruled.wants(object!)
        if (active < wanted && isEnding(history, object!)) continue
        const wait_ms = isWaited(keyOf(object!)) ? expectationsTimeout_ms : 0
        yield {
          entity: `${keyOf(object!)} wants ${wanted} and has ${active}`, since_ms, seq,
          within_ms: converge_ms + wait_ms + perOwned_ms * Math.abs(wanted - active)
        }
      }
    }
  }
}

/** "at rest … has what it wants and its status says so". */
export const isTrueAtRest = <R extends Resource, W extends Resource>(
  ruled: Ruled<R, W>
): Eventually["make"] => (history) => {
  const census = new Census(ruled)
  const changed_ms = new Map<string, number>()
  let now_ms = 0
  return {
    line: (line) => {
      now_ms = line.at_ms
      for (const uid of census.line(line)) changed_ms.set(uid, line.at_ms)
    },
    holds: () => {
      let count = 0
      for (const [uid, known] of census.known) {
        const { object } = known
        if (object === undefined) continue
        count++
        const isSettled = history.calm.doClocksAgree && now_ms - (changed_ms.get(uid) ?? 0) > settled_ms
        const what = census.wrong(known, isSettled, isEnding(history, object))
        if (what !== undefined) return `${keyOf(object)}: ${what}`
      }
      return count
    }
  }
}

/** "while nothing is wrong … is as it should be within ten seconds". Wrong in one way or another is one wait. */
export const actsSoon = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>) => (history: History) => {
  const { calm } = history
  const census = new Census(ruled)
  const orphans = new Orphans(ruled, census)
  const within_ms = acts_ms + (ruled.delay_ms ?? 0)
  /** By uid, oldest first. */
  const wrong = new Map<string, number>()
  const allowed_ms = ({ active, object }: Known<R, W>): number =>
    within_ms + perOwned_ms * Math.abs(active - ruled.wants(object!))
  const overdue = (at_ms: number): string | undefined => {
    for (const [uid, since_ms] of wrong) {
      if (at_ms - since_ms <= within_ms) break
      const known = census.known.get(uid)!
      if (at_ms - since_ms <= allowed_ms(known) || !calm.wasWellFor(well_ms, since_ms)) continue
      const what = census.wrong(known, false, isEnding(history, known.object!))
      if (what !== undefined) return `${keyOf(known.object!)} ${what} since ${Math.round(since_ms)} ms`
    }
    for (const [orphan, { at_ms: since_ms }] of orphans.since) {
      if (at_ms - since_ms <= within_ms) break
      orphans.since.delete(orphan)
      if (!calm.wasWellFor(well_ms, since_ms)) continue
      const suitor = orphans.suitorOf(orphan)
      if (suitor === undefined) continue
      return `nobody adopts ${orphans.nameOf(orphan)}, which ${keyOf(suitor)} selects since ${Math.round(since_ms)} ms`
    }
    return undefined
  }
  return (line: Line): string | undefined => {
    const late = overdue(line.at_ms)
    const concerned = census.line(line)
    orphans.line(line, concerned)
    for (const uid of concerned) {
      const known = census.known.get(uid)
      const isWrong = known?.object !== undefined
        && census.wrong(known, false, isEnding(history, known.object)) !== undefined
      if (!isWrong) wrong.delete(uid)
      else if (!wrong.has(uid)) wrong.set(uid, line.at_ms)
    }
    return late
  }
}
