/** What goes before what in the node controller: a node seen, its zone, a token, a taint. */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import { noExecuteTaints, zoneLabel } from "#model/objects/taints.ts"
import { after, said } from "#properties/order.ts"
import { anywhere, registered } from "#properties/order/keys.ts"
import { always, type Property } from "#properties/property.ts"

const zoneOf = ({ metadata }: Node): string => metadata.labels?.[zoneLabel] ?? ""
/** The first node that a controller sees of a zone brings the zone along. */
const zonesAreSeenWithTheirNodes = always("A zone is known from the first of its nodes on, and with it", [],
  () => {
    /** Of every node that ever was: a node made by hand, and made again, has the zone that it was given. */
    const zones = new Map<string, string>()
    const known = new Map<string, Set<string>>()
    const due = new Map<string, string>()
    return ({ actor, entity, event }) => {
      const expected = due.get(actor)
      if (event.type === "object.created") {
        if (event.resource === "nodes") zones.set((event.object as Node).metadata.name, zoneOf(event.object as Node))
      } else if (event.type === "process.crashed" || event.type === "process.stopped") {
        known.delete(event.process)
        due.delete(event.process)
      } else if (event.type === "zone.gone") known.get(actor)?.delete(entity)
      else if (event.type === "zone.seen") {
        if (expected !== entity) return `${actor} sees zone ${entity} with no node of it`
        due.delete(actor)
      } else if (event.type === "nodeHealth.seen") {
        if (expected !== undefined) return `${actor} did not see zone ${expected} with its first node`
        const zone = zones.get(entity)
        const mine = known.get(actor) ?? new Set()
        if (zone === undefined || mine.has(zone)) return undefined
        known.set(actor, mine.add(zone))
        due.set(actor, zone)
      } else if (expected !== undefined) return `${actor} did not see zone ${expected} with its first node`
      return undefined
    }
  }, ["object.created", "zone.", "nodeHealth.", "process.crashed", "process.stopped"])

/** It need not have been this controller that added it: what is there already is not written again. */
const taintsWereThere = always("A controller says that it tainted a node only when the node has had that taint", [],
  () => {
    const had = new Set<string>()
    return ({ actor, entity, event }) => {
      if (event.type === "nodeTaint.added" || event.type === "nodeTaint.swapped") {
        return had.has(`${entity} ${event.key}`) ? undefined
          : `${actor} says ${event.type} of ${entity} with ${event.key}, which no version of it has`
      }
      if (event.type !== "object.created" && event.type !== "object.updated") return undefined
      if (event.resource !== "nodes") return undefined
      const node = event.object as Node
      for (const { key } of noExecuteTaints(node)) had.add(`${node.metadata.name} ${key}`)
      return undefined
    }
  }, ["object.created", "object.updated", "nodeTaint.added", "nodeTaint.swapped"])

const nodeKey = (_event: object, { entity }: Line): string => `node-lifecycle:${entity}`

export const order: ReadonlyArray<Property> = [
  after({ name: "The node controller sees a node only when it has been registered", home: anywhere, stays: true,
    first: registered, second: said("nodeHealth.seen") }),
  after({ name: "A node's conditions are written, and its pods marked, only by the worker that has its key",
    first: said("key.taken"), until: said("key.done"),
    second: { ...said("nodeHealth.markedUnknown", nodeKey), ...said("nodeHealth.podsMarked", nodeKey) } }),
  after({ name: "A token is taken for a node that waits for one",
    first: said("nodeTaint.queued"), until: said("nodeTaint.cleared"),
    second: said("zone.tokenTaken", ({ node }) => node) }),
  after({ name: "A node is tainted for the first time only with a token of its zone", spends: true,
    first: said("zone.tokenTaken", ({ node }) => node), second: said("nodeTaint.added") }),
  zonesAreSeenWithTheirNodes, taintsWereThere
]
