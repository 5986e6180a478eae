/** What informers promise: each copy is a true picture, the first one is new, and all catch up. Invariants 25, 109. */
import type { Line } from "#model/events.ts"
import { digestDelay_ms, reflectorBackoff_max_ms } from "#model/limits/client.ts"
import { noticed_ms } from "#properties/history/bounds.ts"
import { CommittedSets } from "#properties/informer/committed-sets.ts"
import { always, leadsTo, type Obligation, type Property, sometimes } from "#properties/property.ts"

/** A dead connection is noticed, the longest back-off passes twice, the reflector tells; ASSUMED: as much again. */
const catchUp_ms = 2 * (noticed_ms + 4 * reflectorBackoff_max_ms + digestDelay_ms)

const hears = ["reflector."]

/** At the revision that it names: stale is allowed here, false is not. */
const isExact = "a reflector's store is exactly what was committed at its revision"
const copiesAreTrue = always(isExact, [26, 109], (history) => {
  const sets = history.part(CommittedSets)
  return (line: Line) => {
    const { actor, entity, event } = line
    if (event.type !== "reflector.listed" && event.type !== "reflector.reported") return undefined
    const committed = sets.get(entity)?.digestAt(event.resourceVersion)
    return committed === undefined || committed === event.digest ? undefined
      : `${actor} holds ${event.objects} ${entity} at revision ${event.resourceVersion}, digest ${event.digest}; ` +
        `committed at that revision was ${committed}`
  }
}, hears)

/** A list that follows a gap asks for no less than the reflector had; it is then held to that. */
const isNew = "a reflector's copy holds all that was committed before it asked"
const firstCopiesAreNew = always(isNew, [25, 109], (history) => {
  const sets = history.part(CommittedSets)
  const asked = new Map<string, { readonly revision: number; readonly at_ms: number }>()
  return (line: Line) => {
    const { actor, entity, event } = line
    if (event.type === "reflector.listStarted") {
      const committed = sets.get(event.resource)?.lastRevision ?? 0
      asked.set(`${actor} ${entity}`, { revision: event.atLeast === 0 ? committed : event.atLeast, at_ms: line.at_ms })
      return undefined
    }
    if (event.type !== "reflector.listed") return undefined
    const since = asked.get(`${actor} ${entity}`)
    return since === undefined || event.resourceVersion >= since.revision ? undefined
      : `${actor} got ${entity} at revision ${event.resourceVersion}; revision ${since.revision} was committed ` +
        `when it asked at ${since.at_ms} ms`
  }
}, hears)

const everyoneCatchesUp = leadsTo("every informer comes to hold what is committed", [109], (history) => {
  const sets = history.part(CommittedSets)
  const told = new Map<string, Map<string, number>>()
  return {
    line: (line) => {
        const { actor, entity, event } = line
      if (event.type === "process.crashed" || event.type === "process.stopped") told.delete(event.process)
      if (event.type === "reflector.listStarted" && told.get(actor)?.has(entity) !== true) {
        let ofActor = told.get(actor)
        if (ofActor === undefined) told.set(actor, ofActor = new Map())
        ofActor.set(entity, 0)
      }
      if (event.type !== "reflector.listed" && event.type !== "reflector.reported") return
      const ofActor = told.get(actor)
      if (ofActor?.has(entity) === true) ofActor.set(entity, event.resourceVersion)
    },
    *open(): Iterable<Obligation> {
      for (const [actor, ofActor] of told) {
        for (const [entity, revision] of ofActor) {
          const missing = sets.get(entity)?.firstAfter(revision)
          if (missing === undefined) continue
          const what = `${entity} of ${actor}, which lacks revision ${missing.revision}`
          yield { entity: what, since_ms: missing.at_ms, within_ms: catchUp_ms, seq: missing.seq, by: actor }
        }
      }
    }
  }
}, [...hears, "process.crashed", "process.stopped"])

export const properties: ReadonlyArray<Property> = [
  copiesAreTrue,
  firstCopiesAreNew,
  everyoneCatchesUp,
  sometimes("a watch goes on where it broke off", () => ({ event }) => event.type === "reflector.watched",
    ["reflector.watched"])
]
