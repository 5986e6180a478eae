/** Monitors over what a scheduler decided, held against what it knew. */
import type { Line } from "#model/events.ts"
import { requestsOf } from "#model/objects/requests.ts"
import type { History } from "#properties/history.ts"
import { Snapshots } from "#properties/scheduler/snapshot.ts"
import type { Sums } from "#properties/scheduler/fit.ts"

/**
 * 65. The snapshot is that of the cycle's beginning; what changed since is looked up in what was saved before.
 */
export const chosenNodePasses = (history: History): (line: Line) => string | undefined => {
  const { now } = history
  const snapshots = new Snapshots(history)
  interface Cycle {
    readonly uid: string
    /** The totals that changed during the cycle, as they were. */
    readonly used: Map<string, Sums>
    /** Nodes that changed during the cycle: the decision was on one of their versions. */
    readonly changed: Set<string>
  }
  const cycles = new Map<string, Cycle>()
  const save = (actor: string, { used }: Cycle, node: string): void => {
    if (!used.has(node)) used.set(node, new Map(snapshots.of(actor).used.get(node)))
  }
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
      const pod = now.pods.get(event.uid)
      if (pod === undefined) return undefined
      const why = snapshots.refusal(
        snapshots.of(actor), event.uid, requestsOf(pod.spec), event.node, cycle.used.get(event.node))
      return why === undefined ? undefined : `${actor} chose ${event.node} for ${pod.metadata.name}: ${why}`
    }
    if (cycle !== undefined) {
      const touched = snapshots.touches(line)
      if (touched !== undefined && event.type.startsWith("schedulerNode.")) cycle.changed.add(touched)
      else if (touched !== undefined) save(actor, cycle, touched)
      // A correction takes from one node and gives to another.
      if (event.type === "schedulerCache.corrected") save(actor, cycle, event.node)
    }
    if (event.type === "process.crashed" || event.type === "process.stopped") cycles.delete(event.process)
    snapshots.line(line)
    return undefined
  }
}

type Nodes = Set<string>

/**
 * 70. Whoever lies among the unschedulable while a node that changed since fits it has lost a wake-up. Judged at the
 * first later instant of that scheduler, since the queue is told after the cache.
 */
class WakeUps {
  readonly #now: History["now"]
  readonly #snapshots: Snapshots
  /** By actor: pods in flight, with the nodes that changed since they were taken. */
  readonly #flying = new Map<string, Map<string, Nodes>>()
  /** By actor: the unschedulable pods. */
  readonly #lying = new Map<string, Set<string>>()
  /** By actor: pods that ought to be woken in this instant, with the nodes that may fit them. */
  readonly #suspects = new Map<string, { readonly at_ms: number; readonly pods: Map<string, Nodes> }>()

  constructor(history: History) {
    this.#now = history.now
    this.#snapshots = new Snapshots(history)
  }

  line(line: Line): string | undefined {
    const { actor, at_ms, entity, event } = line
    const broken = this.#judge(actor, at_ms)
    if (broken !== undefined) return broken
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        for (const map of [this.#flying, this.#lying, this.#suspects]) map.delete(event.process)
        break
      case "schedulingQueue.popped":
        this.#leave(actor, entity)
        this.#flyingAt(actor).set(entity, new Set())
        break
      case "schedulingQueue.returned":
        if (line.state === "unschedulable") this.#fell(line)
        this.#flyingAt(actor).delete(entity)
        break
      case "schedulingQueue.woken":
      case "schedulingQueue.flushed":
      case "schedulingQueue.removed":
        this.#leave(actor, entity)
        break
      case "scheduling.placed":
        this.#leave(actor, event.uid)
        break
      // A correction frees a node too, but the queue is told by the end of the binding that it corrects.
      case "schedulerNode.changed":
      case "schedulerCache.forgotten":
      case "schedulerCache.removed":
        this.#nodeChanged(actor, at_ms, this.#snapshots.touches(line)!)
        break
      default:
        break
    }
    this.#snapshots.line(line)
    return undefined
  }

  #judge(actor: string, at_ms: number): string | undefined {
    const suspect = this.#suspects.get(actor)
    if (suspect === undefined || suspect.at_ms >= at_ms) return undefined
    this.#suspects.delete(actor)
    for (const [uid, nodes] of suspect.pods) {
      const pod = this.#lying.get(actor)?.has(uid) === true ? this.#now.pods.get(uid) : undefined
      if (pod === undefined) continue
      for (const node of nodes) {
        const why = this.#snapshots.refusal(this.#snapshots.of(actor), uid, requestsOf(pod.spec), node)
        if (why !== undefined) continue
        return `${actor} leaves ${pod.metadata.name} among the unschedulable, ${node} fits it since ${suspect.at_ms} ms`
      }
    }
    return undefined
  }

  #fell({ actor, at_ms, entity }: Line): void {
    let lying = this.#lying.get(actor)
    if (lying === undefined) this.#lying.set(actor, lying = new Set())
    lying.add(entity)
    for (const node of this.#flyingAt(actor).get(entity) ?? []) this.#suspect(actor, at_ms, entity, node)
  }

  #nodeChanged(actor: string, at_ms: number, node: string): void {
    for (const nodes of this.#flyingAt(actor).values()) nodes.add(node)
    for (const uid of this.#lying.get(actor) ?? []) this.#suspect(actor, at_ms, uid, node)
  }

  #leave(actor: string, uid: string): void {
    this.#lying.get(actor)?.delete(uid)
    this.#flying.get(actor)?.delete(uid)
  }

  #suspect(actor: string, at_ms: number, uid: string, node: string): void {
    let suspect = this.#suspects.get(actor)
    if (suspect === undefined) this.#suspects.set(actor, suspect = { at_ms, pods: new Map() })
    const nodes = suspect.pods.get(uid)
    if (nodes === undefined) suspect.pods.set(uid, new Set([node]))
    else nodes.add(node)
  }

  #flyingAt(actor: string): Map<string, Nodes> {
    let flying = this.#flying.get(actor)
    if (flying === undefined) this.#flying.set(actor, flying = new Map())
    return flying
  }
}

export const noLostWakeUp = (history: History): (line: Line) => string | undefined => {
  const wakeUps = new WakeUps(history)
  return (line) => wakeUps.line(line)
}
