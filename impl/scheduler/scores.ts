/**
 * How good a feasible node is: LeastAllocated and BalancedAllocation over CPU and memory (weight 1 each), and
 * TaintToleration for PreferNoSchedule taints (weight 3). Whole percents, as in Kubernetes, so that ties are common.
 * Deviates: NodeAffinity's preferences, PodTopologySpread, InterPodAffinity, ImageLocality score nothing here.
 */
import { type NodeInfo, type PodInfo, tolerates } from "#impl/scheduler/node-info.ts"
import * as limits from "#model/limits/scheduler.ts"

const scoredResources = ["cpu", "memory"] as const

/** How much is left, in whole percents. Source: plugins/noderesources/least_allocated.go, v1.36. */
const leastAllocated = (pod: PodInfo, node: NodeInfo): number => {
  let sum = 0
  let count = 0
  for (const resource of scoredResources) {
    const allocatable = node.allocatable[resource] ?? 0
    if (allocatable === 0) continue
    const left = Math.max(0, allocatable - node.scored[resource] - pod.scored[resource])
    sum += Math.floor(left * limits.nodeScore_max / allocatable)
    count++
  }
  return count === 0 ? 0 : Math.floor(sum / count)
}

/**
 * How alike the shares of CPU and memory are, by what was really asked for; a pod that asks for neither is not scored,
 * lest all such go to one node. Source: plugins/noderesources/balanced_allocation.go, v1.36.
 */
const balancedAllocation = (pod: PodInfo, node: NodeInfo): number => {
  if (scoredResources.every((resource) => pod.requests[resource] === 0)) return 0
  const shares: Array<number> = []
  for (const resource of scoredResources) {
    const allocatable = node.allocatable[resource] ?? 0
    if (allocatable === 0) continue
    shares.push(Math.min(1, ((node.used[resource] ?? 0) + (pod.requests[resource] ?? 0)) / allocatable))
  }
  // The standard deviation of two values is half their distance, that of one is none.
  const deviation = shares.length < 2 ? 0 : Math.abs((shares[0]! - shares[1]!) / 2)
  return Math.floor((1 - deviation) * limits.nodeScore_max)
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
    const score = leastAllocated(pod, node) + balancedAllocation(pod, node) - taints
    if (score < highest) continue
    if (score > highest) found = []
    highest = score
    found.push(node)
  }
  return found
}
