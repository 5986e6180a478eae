/**
 * What each scheduler knows, rebuilt from its own lines: nodes, and the pods that it counts on them. Labels,
 * tolerations and selectors come from the objects that were committed.
 */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import { type Amounts, type Scored, scoredRequestsOf } from "#model/objects/requests.ts"
import type { History } from "#properties/history.ts"
import { add, allocatableOf, isWelcome, lacks, type Sums } from "#properties/scheduler/fit.ts"
import type { KnownNode } from "#properties/scheduler/plugins.ts"

interface Cached {
  readonly node: string
  readonly requests: Amounts
  readonly scored: Scored
}

export interface Snapshot {
  /** The committed objects of which the scheduler told that it had seen them. */
  readonly nodes: Map<string, KnownNode>
  readonly used: Map<string, Sums>
  /** The sums of what scores count of those pods. */
  readonly scored: Map<string, Scored>
  readonly pods: Map<string, Cached>
}

export const taintText = ({ key, value, effect }: { key: string; value?: string; effect: string }): string =>
  `${key}=${value ?? ""}:${effect}`

export const sameRecord = (a: Readonly<Record<string, unknown>> = {}, b: Readonly<Record<string, unknown>>): boolean =>
  Object.keys({ ...a, ...b }).every((key) => a[key] === b[key])

/** So many versions of a node a scheduler may be behind. */
const seenLate_max = 20 // ASSUMED

const nothing: Scored = { cpu: 0, memory: 0 }

/** A node of which no committed version looks as the scheduler says: nothing may go there. */
const unheardOf = (name: string): Node => ({
  apiVersion: "v1", kind: "Node", metadata: { name, uid: "", resourceVersion: "", creationTimestamp: "" },
  spec: { unschedulable: true }, status: {} as Node["status"]
})

/** Follows every scheduler. */
export class Snapshots {
  readonly #now: History["now"]
  readonly #byActor = new Map<string, Snapshot>()

  constructor({ now }: History) {
    this.#now = now
  }

  of(actor: string): Snapshot {
    let snapshot = this.#byActor.get(actor)
    if (snapshot === undefined) {
      snapshot = { nodes: new Map(), used: new Map(), scored: new Map(), pods: new Map() }
      this.#byActor.set(actor, snapshot)
    }
    return snapshot
  }

  /** Returns the node on which the line changed something for its scheduler, before it is changed. */
  touches({ actor, entity, event }: Line): string | undefined {
    switch (event.type) {
      case "schedulerNode.changed":
      case "schedulerNode.removed":
        return entity
      case "schedulerCache.assumed":
      case "schedulerCache.confirmed":
      case "schedulerCache.forgotten":
      case "schedulerCache.removed":
        return event.node
      case "schedulerCache.corrected":
        return this.of(actor).pods.get(entity)?.node
      default:
        return undefined
    }
  }

  line(line: Line): void {
    const { actor, entity, event } = line
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        this.#byActor.delete(event.process)
        return
      case "schedulerNode.changed":
        this.of(actor).nodes.set(entity, { node: this.#version(entity, event), allocatable: event.allocatable })
        return
      case "schedulerNode.removed":
        this.of(actor).nodes.delete(entity)
        return
      case "schedulerCache.assumed":
      case "schedulerCache.confirmed":
      case "schedulerCache.corrected":
        this.#uncount(actor, entity)
        this.#count(actor, entity, event.node, event.requests)
        return
      case "schedulerCache.forgotten":
      case "schedulerCache.removed":
        this.#uncount(actor, entity)
    }
  }

  /** Why the pod does not fit, in the scheduler's own view; undefined when it does. */
  refusal(snapshot: Snapshot, uid: string, requests: Amounts, name: string, used?: Sums): string | undefined {
    const known = snapshot.nodes.get(name)
    if (known === undefined) return `the scheduler knows no node ${name}`
    const resource = lacks(requests, used ?? snapshot.used.get(name) ?? new Map(), known.allocatable)
    if (resource !== undefined) return `${name} has too little ${resource}`
    const pod = this.#now.pods.get(uid)
    return pod === undefined || isWelcome(pod, known.node) ? undefined : `${name} is cordoned, tainted or not selected`
  }

  /** The newest of the last committed versions that looks as the scheduler says: it may learn late of a node. */
  #version(name: string, event: Extract<Line["event"], { readonly type: "schedulerNode.changed" }>): Node {
    const taints = event.taints.join(",")
    const isSeen = (node: Node): boolean => (node.spec.unschedulable === true) === event.unschedulable &&
      (node.spec.taints ?? []).map(taintText).join(",") === taints && sameRecord(node.metadata.labels, event.labels) &&
      sameRecord(allocatableOf(node), event.allocatable)
    let left = seenLate_max
    for (const { object } of this.#now.nodes.history(name)) {
      if (object === undefined) continue
      if (isSeen(object)) return object
      if (--left === 0) break
    }
    return unheardOf(name)
  }

  #count(actor: string, uid: string, node: string, requests: Amounts): void {
    const snapshot = this.of(actor)
    // A scheduler may hear of a pod after it is gone.
    const pod = this.#now.pods.known(uid)
    const scored = pod === undefined ? nothing : scoredRequestsOf(pod.spec)
    snapshot.pods.set(uid, { node, requests, scored })
    let used = snapshot.used.get(node)
    if (used === undefined) snapshot.used.set(node, used = new Map())
    add(used, requests, 1)
    const { cpu, memory } = snapshot.scored.get(node) ?? nothing
    snapshot.scored.set(node, { cpu: cpu + scored.cpu, memory: memory + scored.memory })
  }

  #uncount(actor: string, uid: string): void {
    const snapshot = this.of(actor)
    const cached = snapshot.pods.get(uid)
    if (cached === undefined) return
    add(snapshot.used.get(cached.node)!, cached.requests, -1)
    const { cpu, memory } = snapshot.scored.get(cached.node) ?? nothing
    snapshot.scored.set(cached.node, { cpu: cpu - cached.scored.cpu, memory: memory - cached.scored.memory })
    snapshot.pods.delete(uid)
  }
}
