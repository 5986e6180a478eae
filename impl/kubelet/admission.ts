/**
 * Admission of a pod that was bound to this node: the kubelet's own check of room and of the node's labels. Pure.
 * Deviates: NoExecute taints are left to node-lifecycle; critical pods do not preempt here.
 * Source: pkg/kubelet/lifecycle/predicate.go, v1.36.
 */
import type { Node } from "#model/objects/node.ts"
import type { Pod, PodSpec } from "#model/objects/pod.ts"
import { amountsOf, requestsOf } from "#model/objects/requests.ts"
import type { GivenMeta } from "#model/objects/metadata.ts"
import { matchesTerm } from "#model/objects/node-selector.ts"

export interface Rejection {
  readonly reason: string
  readonly message: string
}
export interface NodeInfo {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
}
export const nodeInfoOf = (node: Pick<Node, "status"> & { readonly metadata: GivenMeta }): NodeInfo =>
  ({ name: node.metadata.name ?? "", labels: node.metadata.labels ?? {}, allocatable: node.status.allocatable ?? {} })

const matchesNode = (spec: PodSpec, { labels, name }: NodeInfo): boolean => {
  const selector = spec.nodeSelector
  if (selector !== undefined) for (const key in selector) if (labels[key] !== selector[key]) return false
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (required === undefined) return true
  return required.some((term) => matchesTerm(term, labels, name))
}

/** `active`: pods that were admitted before and may still use their share. */
export type Admit = (pod: Pod, active: Iterable<Pod>, node: NodeInfo) => Rejection | undefined

export const admit: Admit = (pod, active, node) => {
  if (!matchesNode(pod.spec, node)) {
    return { reason: "NodeAffinity", message: "Pod was rejected: node didn't match its node selector" }
  }
  const used: Record<string, number> = {}
  for (const other of active) {
    const requests = requestsOf(other.spec)
    for (const resource in requests) used[resource] = (used[resource] ?? 0) + requests[resource]!
  }
  const allocatable = amountsOf(node.allocatable)
  const requests = requestsOf(pod.spec)
  for (const resource in requests) {
    const asked = requests[resource]!
    if (asked === 0) continue
    const free = (allocatable[resource] ?? 0) - (used[resource] ?? 0)
    if (asked > free) {
      const message = `Pod was rejected: node has ${free} of ${resource}, asked ${asked}`
      return { reason: `OutOf${resource}`, message }
    }
  }
  return undefined
}
