/** What work queues promise: one worker a key, and no add is lost. Invariants 107, 108. */
import type { Line } from "#model/events.ts"
import { always, leadsTo, type Obligation, type Property, sometimes } from "#properties/property.ts"

/** A sync may make several requests that each wait for their time-out, and others may be first. ASSUMED generous. */
const sync_ms = 300_000
const ends = ["process.crashed", "process.stopped"]

/** Entities by actor: what an actor holds ends with it. */
class ByActor<A> {
  readonly #actors = new Map<string, Map<string, A>>()

  of(actor: string): Map<string, A> {
    let entities = this.#actors.get(actor)
    if (entities === undefined) this.#actors.set(actor, entities = new Map())
    return entities
  }

  /** Forgets the actor that ended; true when the line said so. */
  ended({ event }: Line): boolean {
    if (event.type !== "process.crashed" && event.type !== "process.stopped") return false
    this.#actors.delete(event.process)
    return true
  }

  *values(): Iterable<A> {
    for (const entities of this.#actors.values()) yield* entities.values()
  }
}

const oneWorker = always("a key is never handled by two workers of a process at once", [108], () => {
  const handled = new ByActor<number>()
  return (line) => {
    if (handled.ended(line)) return undefined
    const { actor, entity, event, at_ms } = line
    const since_ms = handled.of(actor).get(entity)
    if (event.type === "key.done") handled.of(actor).delete(entity)
    if (event.type !== "key.taken") return undefined
    handled.of(actor).set(entity, at_ms)
    return since_ms === undefined ? undefined
      : `${actor} took ${entity} at ${at_ms} ms, which a worker has handled since ${since_ms} ms`
  }
}, ["key.", ...ends])

const noAddIsLost = leadsTo("a key that was added is handled from its beginning afterwards", [107], () => {
  const added = new ByActor<Obligation>()
  return {
    line: (line) => {
      if (added.ended(line)) return
      const { actor, entity, event, at_ms } = line
      if (event.type === "key.taken") added.of(actor).delete(entity)
      else if (event.type === "key.added") {
        added.of(actor).set(entity, { entity: `${entity} of ${actor}`, since_ms: at_ms, within_ms: sync_ms })
      }
    },
    open: () => added.values()
  }
}, ["key.", ...ends])

const syncsEnd = leadsTo("a worker that took a key is done with it some time", [107], () => {
  const taken = new ByActor<Obligation>()
  return {
    line: (line) => {
      if (taken.ended(line)) return
      const { actor, entity, event, at_ms } = line
      if (event.type === "key.done") taken.of(actor).delete(entity)
      else if (event.type === "key.taken") {
        taken.of(actor).set(entity, { entity: `${entity} of ${actor}`, since_ms: at_ms, within_ms: sync_ms })
      }
    },
    open: () => taken.values()
  }
}, ["key.", ...ends])

export const properties: ReadonlyArray<Property> = [
  oneWorker,
  noAddIsLost,
  syncsEnd,
  sometimes("a key is added while it is being handled", () => ({ event, state }) =>
    event.type === "key.added" && state === "dirty", ["key.added"]),
  sometimes("a key that failed is handled again", () => ({ event }) => event.type === "retry.due", ["retry.due"])
]
