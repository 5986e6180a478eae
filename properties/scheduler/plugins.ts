/** What each of the default plugins says of a pod and a node. Source: pkg/scheduler/framework/plugins, v1.36. */
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { type Amounts, requestsOf } from "#model/objects/requests.ts"
import { toleratesTaint } from "#model/objects/taints.ts"
import { isWelcome, lacks, type Sums } from "#properties/scheduler/fit.ts"

/** A node as a scheduler knows it. */
export interface KnownNode {
  readonly node: Node
  readonly allocatable: Amounts
}
type Passes = (pod: Pod, known: KnownNode, used: Sums) => boolean

const cordon = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const

/** Without what it says of where it wants to be. */
const unplaced = ({ affinity: _affinity, nodeSelector: _selector, ...rest }: Pod["spec"]): Pod["spec"] => rest

/** In the order of default_plugins.go. */
export const plugins: ReadonlyMap<string, Passes> = new Map<string, Passes>([
  ["NodeUnschedulable", ({ spec }, { node }) => node.spec.unschedulable !== true ||
    (spec.tolerations ?? []).some((toleration) => toleratesTaint(toleration, cordon))],
  ["TaintToleration", (pod, { node }) => isWelcome(
    { ...pod, spec: unplaced(pod.spec) },
    { ...node, spec: { ...node.spec, unschedulable: false } })],
  ["NodeAffinity", (pod, { node }) => isWelcome(pod, { ...node, spec: {} })],
  ["NodeResourcesFit", (pod, { allocatable }, used) => lacks(requestsOf(pod.spec), used, allocatable) === undefined]
])

/** The first plugin that refuses the node; undefined: the pod may go there. */
export const refusing = (pod: Pod, known: KnownNode, used: Sums): string | undefined => {
  for (const [name, passes] of plugins) if (!passes(pod, known, used)) return name
  return undefined
}
