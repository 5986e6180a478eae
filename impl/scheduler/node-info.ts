/** What the scheduler knows of one node and of one pod, in the form in which filters and scores read it. */
import type { Node, Taint } from "#model/objects/node.ts"
import type { Pod, Toleration } from "#model/objects/pod.ts"
import { keyOf } from "#model/kinds.ts"
import { type Amounts, amountsOf, requestsOf, type Scored, scoredRequestsOf } from "#model/objects/requests.ts"
import { toleratesTaint } from "#model/objects/taints.ts"

export interface PodInfo {
  readonly uid: string
  readonly key: string
  readonly pod: Pod
  readonly requests: Amounts
  /** The requests that are not zero. */
  readonly asks: ReadonlyArray<readonly [resource: string, amount: number]>
  readonly scored: Scored
}

const knownAsks = new WeakMap<Amounts, PodInfo["asks"]>()

export const podInfo = (pod: Pod): PodInfo => {
  const requests = requestsOf(pod.spec)
  let asks = knownAsks.get(requests)
  if (asks === undefined) {
    asks = Object.entries(requests).filter(([, amount]) => amount > 0)
    knownAsks.set(requests, asks)
  }
  return { uid: pod.metadata.uid, key: keyOf(pod), pod, requests, asks, scored: scoredRequestsOf(pod.spec) }
}

/** `node` is undefined while only pods of it are known, or it was deleted before its pods. */
export interface NodeInfo {
  readonly name: string
  node: Node | undefined
  allocatable: Amounts
  /** Sum of the requests of all pods on it, assumed ones included; kept incrementally. */
  readonly used: Record<string, number>
  /** The same as scores see it: nobody asks for nothing. */
  readonly scored: { cpu: number; memory: number }
  /** Number of pods that make up `used`. */
  pods: number
  unschedulable: boolean
  /** NoSchedule and NoExecute; PreferNoSchedule. */
  hardTaints: ReadonlyArray<Taint>
  softTaints: ReadonlyArray<Taint>
}

const none: Amounts = {}

export const emptyNodeInfo = (name: string): NodeInfo => ({
  name, node: undefined, allocatable: none, used: { cpu: 0, memory: 0, pods: 0 }, scored: { cpu: 0, memory: 0 },
  pods: 0, unschedulable: false, hardTaints: [], softTaints: []
})

export const readNode = (info: NodeInfo, node: Node | undefined): void => {
  info.node = node
  const taints = node?.spec.taints ?? []
  info.allocatable = node?.status.allocatable === undefined ? none : amountsOf(node.status.allocatable)
  info.unschedulable = node?.spec.unschedulable === true
  info.hardTaints = taints.filter((taint) => taint.effect !== "PreferNoSchedule")
  info.softTaints = taints.filter((taint) => taint.effect === "PreferNoSchedule")
}

export const tolerates = (tolerations: ReadonlyArray<Toleration> | undefined, taint: Taint): boolean =>
  tolerations !== undefined && tolerations.some((toleration) => toleratesTaint(toleration, taint))
