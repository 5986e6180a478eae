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
  ({ now }) => {
    const known = new Map<string, Set<string>>()
    const due = new Map<string, string>()
    /** As the last Node of that name was made, also if it is gone: one made by hand has the zone that it was given. */
    const madeAs = (name: string): Node | undefined => {
      let first: Node | undefined
      for (const { object } of now.nodes.history(name)) {
        if (object === undefined && first !== undefined) break
        first = object ?? first
      }
      return first
    }
    return ({ actor, entity, event }) => {
      const expected = due.get(actor)
      if (event.type === "process.crashed" || event.type === "process.stopped") {
        known.delete(event.process)
        due.delete(event.process)
      } else if (event.type === "zone.gone") known.get(actor)?.delete(entity)
      else if (event.type === "zone.seen") {
        if (expected !== entity) return `${actor} sees zone ${entity} with no node of it`
        due.delete(actor)
      } else if (event.type === "nodeHealth.seen") {
        if (expected !== undefined) return `${actor} did not see zone ${expected} with its first node`
        const node = madeAs(entity)
        const mine = known.get(actor) ?? new Set()
        if (node === undefined || mine.has(zoneOf(node))) return undefined
        known.set(actor, mine.add(zoneOf(node)))
        due.set(actor, zoneOf(node))
      } else if (expected !== undefined) return `${actor} did not see zone ${expected} with its first node`
      return undefined
    }
  }, ["zone.", "nodeHealth.", "process.crashed", "process.stopped"])

/** It need not have been this controller that added it: what is there already is not written again. */
const taintsWereThere = always("A controller says that it tainted a node only when the node has had that taint", [],
  ({ now }) => ({ actor, entity, event }) => {
    if (event.type !== "nodeTaint.added" && event.type !== "nodeTaint.swapped") return undefined
    for (const { object } of now.nodes.history(entity)) {
      if (object !== undefined && noExecuteTaints(object).some(({ key }) => key === event.key)) return undefined
    }
    return `${actor} says ${event.type} of ${entity} with ${event.key}, which no version of it has`
  }, ["nodeTaint.added", "nodeTaint.swapped"])

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
