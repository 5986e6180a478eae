/** Monitors over what a scheduler decided, held against what it knew. */
import type { Line } from "#model/events.ts"
import type { Amounts } from "#model/objects/requests.ts"
import { requestsOf } from "#model/objects/requests.ts"
import { Snapshots } from "#properties/scheduler/snapshot.ts"
import type { Sums } from "#properties/scheduler/fit.ts"

const noRequests: Amounts = {}

/**
 * 65. The snapshot is that of the cycle's beginning; what changed since is looked up in what was saved before.
 */
export const chosenNodePasses = (): (line: Line) => string | undefined => {
  const snapshots = new Snapshots()
  interface Cycle {
    readonly uid: string
    /** The totals that changed during the cycle, as they were. */
    readonly used: Map<string, Sums>
    /** Nodes that changed during the cycle: the decision was on one of their versions. */
    readonly changed: Set<string>
  }
  const cycles = new Map<string, Cycle>()
  return (line) => {
    const { actor, event } = line
    if (event.type === "scheduling.began") {
      cycles.set(actor, { uid: event.uid, used: new Map(), changed: new Set() })
      return undefined
    }
    const cycle = cycles.get(actor)
    if (event.type === "scheduling.placed") {
      cycles.delete(actor)
      if (cycle?.uid !== event.uid || cycle.changed.has(event.node)) return undefined
      const pod = snapshots.pods.get(event.uid)
      if (pod === undefined) return undefined
      const why = snapshots.refusal(
        snapshots.of(actor), event.uid, requestsOf(pod.spec), event.node, cycle.used.get(event.node))
      return why === undefined ? undefined : `${actor} chose ${event.node} for ${pod.metadata.name}: ${why}`
    }
    const touched = cycle === undefined ? undefined : snapshots.touches(line)
    if (touched !== undefined) {
      if (event.type.startsWith("schedulerNode.")) cycle!.changed.add(touched)
      else if (!cycle!.used.has(touched)) cycle!.used.set(touched, new Map(snapshots.of(actor).used.get(touched)))
    }
    if (event.type === "process.crashed" || event.type === "process.stopped") cycles.delete(event.process)
    snapshots.line(line)
    return undefined
  }
}

/**
 * 70. Whoever lies among the unschedulable while a node that changed since fits it has lost a wake-up. Judged at the
 * first later instant of that scheduler, since the queue is told after the cache.
 */
export const noLostWakeUp = (): (line: Line) => string | undefined => {
  const snapshots = new Snapshots()
  /** By actor: unschedulable pods, and those in flight, with the nodes that changed while they were so. */
  const waiting = new Map<string, Map<string, Set<string>>>()
  const suspects = new Map<string, { readonly at_ms: number; readonly pods: Map<string, Set<string>> }>()
  const judge = (actor: string, at_ms: number): string | undefined => {
    const suspect = suspects.get(actor)
    if (suspect === undefined || suspect.at_ms >= at_ms) return undefined
    suspects.delete(actor)
    for (const [uid, nodes] of suspect.pods) {
      if (!lying.get(actor)?.has(uid)) continue
      const pod = snapshots.pods.get(uid)
      if (pod === undefined) continue
      for (const node of nodes) {
        if (snapshots.refusal(snapshots.of(actor), uid, requestsOf(pod.spec) ?? noRequests, node) === undefined) {
          return `${actor} leaves ${pod.metadata.name} among the unschedulable although ${node} fits it since ` +
            `${suspect.at_ms} ms`
        }
      }
    }
    return undefined
  }
  const lying = new Map<string, Set<string>>()
  const suspect = (actor: string, at_ms: number, uid: string, nodes: Iterable<string>): void => {
    let entry = suspects.get(actor)
    if (entry === undefined) suspects.set(actor, entry = { at_ms, pods: new Map() })
    const known = entry.pods.get(uid)
    if (known === undefined) entry.pods.set(uid, new Set(nodes))
    else for (const node of nodes) known.add(node)
  }
  return (line) => {
    const { actor, at_ms, entity, event } = line
    const broken = judge(actor, at_ms)
    if (broken !== undefined) return broken
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        for (const map of [waiting, lying, suspects]) map.delete(event.process)
        break
      case "schedulingQueue.popped": {
        let flying = waiting.get(actor)
        if (flying === undefined) waiting.set(actor, flying = new Map())
        flying.set(entity, new Set())
        lying.get(actor)?.delete(entity)
        break
      }
      case "schedulingQueue.returned": {
        const nodes = waiting.get(actor)?.get(entity)
        waiting.get(actor)?.delete(entity)
        if (line.state !== "unschedulable") break
        let set = lying.get(actor)
        if (set === undefined) lying.set(actor, set = new Set())
        set.add(entity)
        if (nodes !== undefined && nodes.size > 0) suspect(actor, at_ms, entity, nodes)
        break
      }
      case "schedulingQueue.woken":
      case "schedulingQueue.flushed":
      case "schedulingQueue.removed":
        lying.get(actor)?.delete(entity)
        waiting.get(actor)?.delete(entity)
        break
      case "scheduling.placed":
        waiting.get(actor)?.delete(event.uid)
        break
      // A correction frees a node too, but the queue is told by the end of the binding that it corrects.
      case "schedulerNode.changed":
      case "schedulerCache.forgotten":
      case "schedulerCache.removed": {
        const node = snapshots.touches(line)!
        for (const nodes of waiting.get(actor)?.values() ?? []) nodes.add(node)
        for (const uid of lying.get(actor) ?? []) suspect(actor, at_ms, uid, [node])
        break
      }
      default:
        break
    }
    snapshots.line(line)
    return undefined
  }
}
