/** What a scheduler says of a node is what was committed, at the revision that it names. Source: invariant 109. */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { History } from "#properties/history.ts"
import { allocatableOf } from "#properties/scheduler/fit.ts"
import { sameRecord, taintText } from "#properties/scheduler/snapshot.ts"

type Changed = Extract<Line["event"], { readonly type: "schedulerNode.changed" }>

const differsIn = (node: Node, told: Changed): string | undefined => {
  if ((node.spec.unschedulable === true) !== told.unschedulable) return "unschedulable"
  if ((node.spec.taints ?? []).map(taintText).join() !== told.taints.join()) return "taints"
  if (!sameRecord(node.metadata.labels, told.labels)) return "labels"
  return sameRecord(allocatableOf(node), told.allocatable) ? undefined : "allocatable"
}

/** Of the whole run: who was paused may be shown a version that is long past. */
export const seesWhatWasCommitted = ({ now }: History) => ({ actor, entity, event }: Line): string | undefined => {
  if (event.type !== "schedulerNode.changed") return undefined
  for (const { object, revision } of now.nodes.history(entity)) {
    if (revision !== event.revision || object === undefined) continue
    const field = differsIn(object, event)
    return field === undefined ? undefined
      : `${actor} saw other ${field} of ${entity} than revision ${event.revision} has`
  }
  return `${actor} saw ${entity} at revision ${event.revision}, when nobody wrote it`
}
