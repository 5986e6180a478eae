/**
 * node-lifecycle/committed-nodes: nodes, their pods and zones, as the committed history has them. Hears "object.".
 */
import type { Line } from "#model/events.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Node, Taint } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { noExecuteTaints, notReadyKey, unreachableKey, zoneLabel } from "#model/objects/taints.ts"

export type Ready = "none" | "True" | "False" | "Unknown"

export interface CommittedNode {
  readonly name: string
  readonly zone: string
  node: Node
  ready: Ready
  /** When Ready became what it is. */
  readySince_ms: number
  /** Status or lease of the kubelet changed; and the time before that. */
  heartbeatAt_ms: number
  heartbeatBefore_ms: number
  /** When its NoExecute taints began; those seen since then. Empty when there are none. */
  taintedSince_ms: number
  untaintedSince_ms: number
  readonly episode: Array<Taint>
  readonly pods: Map<string, CommittedPod>
}
export interface CommittedPod {
  readonly uid: string
  readonly createdAt_ms: number
  pod: Pod
  boundAt_ms: number
  isReady: boolean
  /** When Ready became what it is. */
  readySince_ms: number
}

type Conditioned<C> = { readonly status: { readonly conditions?: ReadonlyArray<C> } }
const conditionOf = <C extends { readonly type: string }>(object: Conditioned<C>, type: string): C | undefined =>
  object.status.conditions?.find((condition) => condition.type === type)
export const readyOf = (node: Node): Ready => (conditionOf(node, "Ready")?.status ?? "none") as Ready
export const hasDisruptionTarget = (pod: Pod): boolean => {
  const condition = conditionOf(pod, "DisruptionTarget")
  return condition?.status === "True" && condition.reason === "DeletionByTaintManager"
}
export const evictingKeys = (node: Node): ReadonlyArray<string> =>
  noExecuteTaints(node).map(({ key }) => key).filter((key) => key === notReadyKey || key === unreachableKey)

/** Users' taints carry no time: neither kubectl nor the API server stamps them. */
export const isTaintedByController = (node: Node): boolean => noExecuteTaints(node).some(({ key, timeAdded }) =>
  timeAdded !== undefined && (key === notReadyKey || key === unreachableKey))

const beats = (node: CommittedNode, at_ms: number): void => {
  node.heartbeatBefore_ms = node.heartbeatAt_ms
  node.heartbeatAt_ms = at_ms
}

export class CommittedNodes {
  readonly nodes = new Map<string, CommittedNode>()
  readonly #pods = new Map<string, CommittedPod>()

  pod(uid: string): CommittedPod | undefined {
    return this.#pods.get(uid)
  }

  hear({ event, at_ms }: Line): void {
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return
    const isGone = event.type === "object.deleted"
    if (event.resource === "nodes") this.#node(event.object as Node, isGone, at_ms)
    else if (event.resource === "pods") this.#pod(event.object as Pod, isGone, at_ms)
    else if (event.resource === "leases" && !isGone) this.#lease(event.object as Lease, at_ms)
  }

  #lease(lease: Lease, at_ms: number): void {
    if (lease.metadata.namespace !== "kube-node-lease") return
    const known = this.nodes.get(lease.metadata.name)
    if (known !== undefined) beats(known, at_ms)
  }

  #node(node: Node, isGone: boolean, at_ms: number): void {
    const { name } = node.metadata
    if (isGone) {
      this.nodes.delete(name)
      return
    }
    let known = this.nodes.get(name)
    if (known === undefined) {
      known = { name, zone: node.metadata.labels?.[zoneLabel] ?? "", node, ready: readyOf(node), readySince_ms: at_ms,
        heartbeatAt_ms: at_ms, heartbeatBefore_ms: -Infinity, taintedSince_ms: at_ms, untaintedSince_ms: at_ms,
        episode: [], pods: new Map() }
      for (const pod of this.#pods.values()) if (pod.pod.spec.nodeName === name) known.pods.set(pod.uid, pod)
      this.nodes.set(name, known)
    }
    const beat = (of: Node) => conditionOf(of, "Ready")?.lastHeartbeatTime
    if (beat(known.node) !== beat(node)) beats(known, at_ms)
    const ready = readyOf(node)
    if (ready !== known.ready) {
      known.ready = ready
      known.readySince_ms = at_ms
    }
    this.#taints(known, noExecuteTaints(node), at_ms)
    known.node = node
  }

  #taints(known: CommittedNode, taints: ReadonlyArray<Taint>, at_ms: number): void {
    if (taints.length === 0) {
      if (known.episode.length > 0) known.untaintedSince_ms = at_ms
      known.episode.length = 0
      return
    }
    if (known.episode.length === 0) known.taintedSince_ms = at_ms
    for (const taint of taints) {
      if (!known.episode.some(({ key, value }) => key === taint.key && value === taint.value)) known.episode.push(taint)
    }
  }

  #pod(pod: Pod, isGone: boolean, at_ms: number): void {
    const { uid } = pod.metadata
    const nodeName = pod.spec.nodeName ?? ""
    if (isGone) {
      this.#pods.delete(uid)
      this.nodes.get(nodeName)?.pods.delete(uid)
      return
    }
    const isReady = conditionOf(pod, "Ready")?.status === "True"
    const known = this.#pods.get(uid)
    if (known === undefined) {
      const fresh = { uid, createdAt_ms: at_ms, pod, boundAt_ms: at_ms, isReady, readySince_ms: at_ms }
      this.#pods.set(uid, fresh)
      this.nodes.get(nodeName)?.pods.set(uid, fresh)
      return
    }
    if ((known.pod.spec.nodeName ?? "") === "" && nodeName !== "") {
      known.boundAt_ms = at_ms
      this.nodes.get(nodeName)?.pods.set(uid, known)
    }
    if (isReady !== known.isReady) {
      known.isReady = isReady
      known.readySince_ms = at_ms
    }
    known.pod = pod
  }
}
