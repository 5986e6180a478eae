/**
 * The scheduler's cache: nodes with incremental totals, and the pods that count on them. Spec: model/scheduler.ts,
 * charts cachePod and cacheNode.
 */
import { emptyNodeInfo, type NodeInfo, type PodInfo, readNode } from "#impl/scheduler/node-info.ts"
import type { ClusterEvent } from "#impl/scheduler/filters.ts"
import type { StateOf } from "#impl/journal.ts"
import type { EventOf } from "#model/events.ts"
import type { Node, Taint } from "#model/objects/node.ts"
import type { charts } from "#model/scheduler.ts"

type PodState = StateOf<typeof charts["scheduler.cachePod"]>
type NodeState = StateOf<typeof charts["scheduler.cacheNode"]>

export interface CachedPod {
  readonly info: PodInfo
  readonly node: string
  readonly state: Extract<PodState, "assumed" | "added">
}

export interface CacheParts {
  /** Takes a pod's requests off its node's totals. */
  readonly uncount: (node: NodeInfo, pod: PodInfo) => void
}

export const defaultCacheParts: CacheParts = {
  uncount: (node, pod) => {
    for (const [resource, amount] of pod.asks) node.used[resource] = (node.used[resource] ?? 0) - amount
    node.scored.cpu -= pod.scored.cpu
    node.scored.memory -= pod.scored.memory
  }
}

export interface CacheJournal {
  readonly pod: (uid: string, event: EventOf<"schedulerCache">, state: PodState) => void
  readonly node: (name: string, event: EventOf<"schedulerNode">, state: NodeState) => void
}

const taintText = (taint: Taint): string => `${taint.key}=${taint.value ?? ""}:${taint.effect}`
const sameTaints = (a: Node, b: Node): boolean => {
  const left = a.spec.taints ?? []
  const right = b.spec.taints ?? []
  return left === right ||
    left.length === right.length && left.every((taint, index) => taintText(taint) === taintText(right[index]!))
}
const sameRecord = (
  a: Readonly<Record<string, unknown>> | undefined, b: Readonly<Record<string, unknown>> | undefined
): boolean => {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  for (const key in a) if (a[key] !== b[key]) return false
  for (const key in b) if (!(key in a)) return false
  return true
}

export class SchedulerCache {
  /** Nodes that exist, in the order in which they came: what a cycle goes through. */
  readonly list: Array<NodeInfo> = []
  readonly #parts: CacheParts
  readonly #write: CacheJournal
  readonly #nodes = new Map<string, NodeInfo>()
  readonly #pods = new Map<string, CachedPod>()

  constructor(parts: CacheParts, write: CacheJournal) {
    this.#parts = parts
    this.#write = write
  }

  pod(uid: string): CachedPod | undefined {
    return this.#pods.get(uid)
  }

  assume(info: PodInfo, node: string): void {
    this.#count(info, node, "assumed")
    this.#write.pod(info.uid, { type: "schedulerCache.assumed", node, requests: info.requests }, "assumed")
  }

  /** The binding came to nothing. False when the pod is not assumed: the informer was faster, or it was removed. */
  forget(uid: string): boolean {
    const cached = this.#pods.get(uid)
    if (cached?.state !== "assumed") return false
    this.#uncount(cached)
    this.#write.pod(uid, { type: "schedulerCache.forgotten", node: cached.node }, "initial")
    return true
  }

  /** The informer shows the pod on `node`. */
  confirm(info: PodInfo, node: string): void {
    const cached = this.#pods.get(info.uid)
    if (cached === undefined) {
      this.#count(info, node, "added")
      this.#write.pod(info.uid, { type: "schedulerCache.confirmed", node, requests: info.requests }, "added")
      return
    }
    if (cached.state === "added") {
      if (cached.node !== node) throw new Error(`pod ${info.key} moved from ${cached.node} to ${node}`)
      return
    }
    if (cached.node === node) {
      this.#pods.set(info.uid, { info, node, state: "added" })
      this.#write.pod(info.uid, { type: "schedulerCache.confirmed", node, requests: info.requests }, "added")
      return
    }
    this.#uncount(cached)
    this.#count(info, node, "added")
    this.#write.pod(info.uid, { type: "schedulerCache.corrected", from: cached.node, node, requests: info.requests },
      "added")
  }

  /** The pod is gone or terminal. */
  remove(uid: string): CachedPod | undefined {
    const cached = this.#pods.get(uid)
    if (cached?.state !== "added") return undefined
    this.#uncount(cached)
    this.#write.pod(uid, { type: "schedulerCache.removed", node: cached.node }, "deleted")
    return cached
  }

  /** Returns what changed for the filters, if anything did. */
  setNode(node: Node): ClusterEvent | undefined {
    const name = node.metadata.name
    const info = this.#infoOf(name)
    const before = info.node
    readNode(info, node)
    if (before === undefined) {
      this.list.push(info)
      this.#writeNode(info)
      return { kind: "nodeAdded", node: info }
    }
    const changes = {
      allocatable: !sameRecord(before.status.allocatable, node.status.allocatable),
      taints: !sameTaints(before, node),
      unschedulable: before.spec.unschedulable !== node.spec.unschedulable,
      labels: !sameRecord(before.metadata.labels, node.metadata.labels)
    }
    if (!changes.allocatable && !changes.taints && !changes.unschedulable && !changes.labels) return undefined
    this.#writeNode(info)
    return { kind: "nodeUpdated", node: info, ...changes }
  }

  /** Its pods still count until they are removed, in case the node comes back under the same name. */
  removeNode(name: string): void {
    const info = this.#nodes.get(name)
    if (info?.node === undefined) return
    readNode(info, undefined)
    this.list.splice(this.list.indexOf(info), 1)
    if (info.pods === 0) this.#nodes.delete(name)
    this.#write.node(name, { type: "schedulerNode.removed" }, "absent")
  }

  #writeNode(info: NodeInfo): void {
    this.#write.node(info.name, { type: "schedulerNode.changed",
      revision: Number(info.node?.metadata.resourceVersion ?? 0), allocatable: info.allocatable,
      unschedulable: info.unschedulable, taints: (info.node?.spec.taints ?? []).map(taintText),
      labels: info.node?.metadata.labels ?? {} }, "present")
  }

  #infoOf(name: string): NodeInfo {
    let info = this.#nodes.get(name)
    if (info === undefined) {
      info = emptyNodeInfo(name)
      this.#nodes.set(name, info)
    }
    return info
  }

  #count(info: PodInfo, name: string, state: CachedPod["state"]): void {
    const node = this.#infoOf(name)
    for (const [resource, amount] of info.asks) node.used[resource] = (node.used[resource] ?? 0) + amount
    node.scored.cpu += info.scored.cpu
    node.scored.memory += info.scored.memory
    node.pods++
    this.#pods.set(info.uid, { info, node: name, state })
  }

  #uncount(cached: CachedPod): void {
    const node = this.#infoOf(cached.node)
    this.#parts.uncount(node, cached.info)
    node.pods--
    this.#pods.delete(cached.info.uid)
    if (node.pods === 0 && node.node === undefined) this.#nodes.delete(cached.node)
  }
}
