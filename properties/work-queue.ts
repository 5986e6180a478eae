/** What work queues promise: one worker a key, and no add is lost. Invariants 107, 108. */
import type { Line } from "#model/events.ts"
import { ByActor } from "#properties/by-actor.ts"
import { after, said } from "#properties/order.ts"
import { always, leadsTo, type Obligation, type Property, sometimes } from "#properties/property.ts"

/** A sync may make several requests that each wait for their time-out, and others may be first. ASSUMED generous. */
const sync_ms = 300_000
const ends = ["process.crashed", "process.stopped"]
/** What an actor holds ends with it; true when the line said so. */
const ended = (held: ByActor<unknown>, { event }: Line): boolean => {
  if (event.type !== "process.crashed" && event.type !== "process.stopped") return false
  held.forget(event.process)
  return true
}

const oneWorker = always("a key is never handled by two workers of a process at once", [108], () => {
  const handled = new ByActor<number>()
  return (line) => {
    if (ended(handled, line)) return undefined
    const { actor, entity, event, at_ms } = line
    const since_ms = handled.get(actor, entity)
    if (event.type === "key.done") handled.take(actor, entity)
    if (event.type !== "key.taken") return undefined
    handled.set(actor, entity, at_ms)
    return since_ms === undefined ? undefined
      : `${actor} took ${entity} at ${at_ms} ms, which a worker has handled since ${since_ms} ms`
  }
}, ["key.", ...ends])

type Step = "key.added" | "key.taken" | "key.done"
const follows = (name: string, first: Step, second: Step): Property => leadsTo(name, [107], () => {
  const open = new ByActor<Obligation>()
  return {
    line: (line) => {
      if (ended(open, line)) return
      const { actor, entity, event, at_ms, seq } = line
      if (event.type === second) open.take(actor, entity)
      else if (event.type === first) {
        open.set(actor, entity,
          { entity: `${entity} of ${actor}`, since_ms: at_ms, within_ms: sync_ms, seq, by: actor })
      }
    },
    open: () => Array.from(open, ([, , obligation]) => obligation)
  }
}, ["key.", ...ends])

const noAddIsLost = follows("a key that was added is handled from its beginning afterwards", "key.added", "key.taken")
const syncsEnd = follows("a worker that took a key is done with it some time", "key.taken", "key.done")

export const properties: ReadonlyArray<Property> = [
  oneWorker,
  noAddIsLost,
  syncsEnd,
  after({ name: "A key's failure or success is counted by the worker that has it",
    first: said("key.taken"), until: said("key.done"),
    second: { ...said("retry.postponed"), ...said("retry.forgotten") } }),
  sometimes("a key is added while it is being handled", () => ({ event, state }) =>
    event.type === "key.added" && state === "dirty", ["key.added"]),
  sometimes("a key that failed is handled again", () => ({ event }) => event.type === "retry.due", ["retry.due"])
]
