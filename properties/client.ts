/** What the client promises: a known fate is the truth, and every request gets one. Invariants 11, 15. */
import { requestTimeout_ms } from "#model/limits.ts"
import { answers } from "#properties/client/answers.ts"
import { always, leadsTo, type Obligation, type Property, sometimes } from "#properties/property.ts"

/** The time-out on a clock that runs at 0.8, and what waits in the run queue after a pause. ASSUMED generous. */
const fate_ms = requestTimeout_ms / 0.8 + 15_000

const acknowledgedIsCommitted = always(
  "a write that was acknowledged with a revision stands in the history at that revision", [11, 15],
  ({ changes }) => ({ actor, entity, event }) => {
    if (event.type !== "request.answered" || event.revision === undefined) return undefined
    const uid = changes.at(event.revision)?.uid
    return uid === event.uid ? undefined
      : `request ${entity} of ${actor} was answered with ${event.uid} at revision ${event.revision}, which ` +
        (uid === undefined ? "was never committed" : `changed ${uid}`)
  }, ["request.answered"])

/** A crash or stop of the process waives it. */
const everyRequestEnds = leadsTo("a request that was sent is answered, or given up as unknown", [], () => {
  const sent = new Map<string, Map<string, Obligation>>()
  return {
    line: ({ actor, entity, event, at_ms, seq }) => {
      if (event.type === "request.sent") {
        let ofActor = sent.get(actor)
        if (ofActor === undefined) sent.set(actor, ofActor = new Map())
        ofActor.set(entity, { entity: `request ${entity} of ${actor}`, since_ms: at_ms, within_ms: fate_ms, seq,
          by: actor })
      } else if (event.type === "process.crashed" || event.type === "process.stopped") sent.delete(event.process)
      else sent.get(actor)?.delete(entity)
    },
    *open() {
      for (const ofActor of sent.values()) yield* ofActor.values()
    }
  }
}, ["request.", "process.crashed", "process.stopped"])

export const properties: ReadonlyArray<Property> = [
  acknowledgedIsCommitted,
  everyRequestEnds,
  ...answers,
  sometimes("the outcome of a write stays unknown to its client", () =>
    ({ event }) => event.type === "request.outcomeUnknown", ["request.outcomeUnknown"]),
  sometimes("a write is refused because somebody else was faster", () =>
    ({ event }) => event.type === "request.answered" && event.reason === "Conflict", ["request.answered"]),
  sometimes("a request cannot be sent because no API server is reached", () =>
    ({ event }) => event.type === "request.unreached", ["request.unreached"])
]
