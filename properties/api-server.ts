/**
 * What the API server promises: of every stored object, of lists and watches, and that it comes up.
 * Source: ../reference/invariants.md 14 to 30, 47, 81.
 */
import { lastStateProperties } from "#properties/api-server/last-state.ts"
import { namespaceProperties } from "#properties/api-server/namespaces.ts"
import { objectProperties } from "#properties/api-server/objects.ts"
import { order } from "#properties/api-server/order.ts"
import { servingProperties } from "#properties/api-server/serving.ts"
import { always, leadsTo, type Obligation, type Property, sometimes } from "#properties/property.ts"

/** Dials, four lists and their retries after etcd has a leader again; ASSUMED generous. */
const ready_ms = 60_000

const readiness = leadsTo("an API server that has started, or lost etcd, becomes ready", [], () => {
  const starting = new Map<string, Obligation>()
  return {
    line: ({ actor, at_ms, entity, event, seq }) => {
      if (event.type === "apiServer.started" || event.type === "apiServer.becameUnready") {
        starting.set(actor, { entity: actor, since_ms: at_ms, within_ms: ready_ms, seq, by: actor })
      } else if (event.type === "apiServer.becameReady" || event.type === "apiServer.draining") starting.delete(actor)
      else if (event.type === "process.crashed" || event.type === "process.stopped") starting.delete(entity)
    },
    open: () => starting.values()
  }
}, ["apiServer.", "process."])

/** A request that came in the same instant was in already. */
const closed = always("an API server that was told to stop begins no read and no write", [], () => {
  const since_ms = new Map<string, number>()
  return ({ actor, at_ms, entity, event }) => {
    if (event.type === "apiServer.draining") since_ms.set(actor, at_ms)
    else if (event.type === "apiServer.started") since_ms.delete(actor)
    else if (at_ms > (since_ms.get(actor) ?? Infinity)) return `${actor} began ${event.type} ${entity}`
    return undefined
  }
}, ["apiServer.started", "apiServer.draining", "read.requested", "write.requested"])

const reached: ReadonlyArray<Property> = [
  sometimes("a request is asked to come back later, and does", () => {
    const postponed = new Set<string>()
    return ({ actor, entity, event }) => {
      if (event.type === "request.postponed") postponed.add(`${actor} ${entity}`)
      return event.type === "request.sent" && postponed.has(`${actor} ${entity}`)
    }
  }, ["request.postponed", "request.sent"]),
  sometimes("an API server that cannot read from etcd takes itself out of the rotation", () => ({ event }) =>
    event.type === "apiServer.becameUnready",
    ["apiServer.becameUnready"]),
  sometimes("a conditional write comes too late", () => ({ event }) =>
    event.type === "write.refused" && event.reason === "Conflict", ["write.refused"]),
  sometimes("a conditional write succeeds", () => {
    const conditional = new Set<string>()
    return ({ actor, entity, event }) => {
      if (event.type === "write.requested" && event.expected > 0) conditional.add(`${actor} ${entity}`)
      return event.type === "write.done" && conditional.delete(`${actor} ${entity}`)
    }
  }, ["write."]),
  sometimes("etcd leaves a write in doubt", () => ({ event }) => event.type === "write.outcomeUnknown"
    || (event.type === "kv.returned" && event.outcome === "unknown"), ["write.outcomeUnknown", "kv.returned"]),
  sometimes("a deletion names a uid", () => ({ event }) =>
    event.type === "write.requested" && event.verb === "delete" && event.uid !== "", ["write.requested"]),
  sometimes("finalizers hold an object and then let it go", () => ({ event }) => event.type === "finalizers.emptied",
    ["finalizers."]),
  sometimes("a watch cache follows another member after its stream broke", () => ({ event }) =>
    event.type === "watchCache.resumed", ["watchCache.resumed"]),
  sometimes("a watch is refused because the server does not know what came before", () => ({ event }) =>
    event.type === "serverWatch.refused" && event.reason === "Expired", ["serverWatch.refused"]),
  sometimes("a consistent list is served from a cache", () => {
    const consistent = new Set<string>()
    return ({ actor, entity, event }) => {
      if (event.type === "read.requested" && event.mode === "consistent") consistent.add(`${actor} ${entity}`)
      return event.type === "read.served" && consistent.delete(`${actor} ${entity}`) && event.source === "cache"
    }
  }, ["read."]),
  sometimes("a watch tells that changes were delivered", () => ({ event }) =>
    event.type === "serverWatch.bookmarked" && event.events > 0, ["serverWatch.bookmarked"])
]

export const properties: ReadonlyArray<Property> = [
  ...objectProperties, ...lastStateProperties, ...namespaceProperties, ...servingProperties, ...order, closed,
  readiness, ...reached
]
