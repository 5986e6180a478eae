/** What a scheduler says of a node is what was committed, at the revision that it names. Source: invariant 109. */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import { allocatableOf } from "#properties/scheduler/fit.ts"
import { sameRecord, taintText } from "#properties/scheduler/snapshot.ts"

type Changed = Extract<Line["event"], { readonly type: "schedulerNode.changed" }>

const differsIn = (node: Node, told: Changed): string | undefined => {
  if ((node.spec.unschedulable === true) !== told.unschedulable) return "unschedulable"
  if ((node.spec.taints ?? []).map(taintText).join() !== told.taints.join()) return "taints"
  if (!sameRecord(node.metadata.labels, told.labels)) return "labels"
  return sameRecord(allocatableOf(node), told.allocatable) ? undefined : "allocatable"
}

/** Kept for the whole run: who was paused may be shown a version that is long past. */
export const seesWhatWasCommitted = (): (line: Line) => string | undefined => {
  const versions = new Map<string, Map<number, Node>>()
  return ({ actor, entity, event }) => {
    if (event.type === "schedulerNode.changed") {
      const node = versions.get(entity)?.get(event.revision)
      if (node === undefined) return `${actor} saw ${entity} at revision ${event.revision}, when nobody wrote it`
      const field = differsIn(node, event)
      return field === undefined ? undefined
        : `${actor} saw other ${field} of ${entity} than revision ${event.revision} has`
    }
    if (event.type !== "object.created" && event.type !== "object.updated") return undefined
    if (event.resource !== "nodes") return undefined
    const { name } = event.object.metadata
    let known = versions.get(name)
    if (known === undefined) versions.set(name, known = new Map())
    known.set(event.revision, event.object as Node)
    return undefined
  }
}
