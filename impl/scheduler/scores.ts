/**
 * How good a feasible node is: LeastAllocated and BalancedAllocation over CPU and memory (weight 1 each), and
 * TaintToleration for PreferNoSchedule taints (weight 3). Integers, as in Kubernetes, so that ties are common.
 * Deviates: NodeAffinity's preferences, PodTopologySpread, InterPodAffinity, ImageLocality score nothing here.
 */
import { type NodeInfo, type PodInfo, tolerates } from "#impl/scheduler/node-info.ts"
import * as limits from "#model/limits/scheduler.ts"

/** Source: plugins/noderesources: a pod that asks nothing is scored as if it asked a little. */
const asked = (pod: PodInfo, resource: "cpu" | "memory", otherwise: number): number =>
  pod.requests[resource] === 0 ? otherwise : pod.requests[resource]!

const share = (node: NodeInfo, resource: "cpu" | "memory", amount: number): number => {
  const allocatable = node.allocatable[resource] ?? 0
  return allocatable === 0 ? 1 : Math.min(1, ((node.used[resource] ?? 0) + amount) / allocatable)
}

const resourceScore = (pod: PodInfo, node: NodeInfo): number => {
  const cpu = share(node, "cpu", asked(pod, "cpu", limits.defaultCpuRequest_milli))
  const memory = share(node, "memory", asked(pod, "memory", limits.defaultMemoryRequest_bytes))
  const least = Math.floor((Math.floor((1 - cpu) * limits.nodeScore_max) +
    Math.floor((1 - memory) * limits.nodeScore_max)) / 2)
  // The standard deviation of two values is half their distance.
  return least + Math.floor((1 - Math.abs(cpu - memory) / 2) * limits.nodeScore_max)
}

const intolerable = (pod: PodInfo, node: NodeInfo): number => {
  let count = 0
  for (const taint of node.softTaints) if (!tolerates(pod.pod.spec.tolerations, taint)) count++
  return count
}

/** The nodes with the highest score, in the order given. */
export const best = (pod: PodInfo, nodes: ReadonlyArray<NodeInfo>): ReadonlyArray<NodeInfo> => {
  let worstTaints = 0
  for (const node of nodes) {
    if (node.softTaints.length > 0) worstTaints = Math.max(worstTaints, intolerable(pod, node))
  }
  let highest = -Infinity
  let found: Array<NodeInfo> = []
  for (const node of nodes) {
    const taints = worstTaints === 0 ? 0
      : Math.floor(intolerable(pod, node) * limits.nodeScore_max / worstTaints) * limits.taintTolerationWeight
    const score = resourceScore(pod, node) - taints
    if (score < highest) continue
    if (score > highest) found = []
    highest = score
    found.push(node)
  }
  return found
}
