/**
 * What a feasible node is worth to a pod, by Kubernetes' own formulas: LeastAllocated and BalancedAllocation over CPU
 * and memory, each with weight 1, and TaintToleration with weight 3.
 * Source: plugins/noderesources/{least_allocated,balanced_allocation}.go, plugins/tainttoleration, v1.36. The others
 * of the default plugins have nothing to say of the slice's pods.
 */
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { type Amounts, requestsOf, type Scored, scoredRequestsOf } from "#model/objects/requests.ts"
import { toleratesTaint } from "#model/objects/taints.ts"

const most = 100 // MaxNodeScore
const taintWeight = 3 // default_plugins.go

/** What a cycle knew of a node that the pod may use. */
export interface Candidate {
  readonly name: string
  readonly node: Node
  readonly allocatable: Amounts
  /** What is really requested of it, and as scores count it. */
  readonly used: Scored
  readonly scored: Scored
}

/** (capacity - requested) * 100 / capacity, then the mean of the resources: in integers, twice rounded down. */
const least = (pod: Scored, { allocatable, scored }: Candidate): number => {
  const shares = (["cpu", "memory"] as const).flatMap((resource) => {
    const capacity = allocatable[resource] ?? 0
    const requested = scored[resource] + pod[resource]
    return capacity === 0 ? [] : requested > capacity ? 0 : Math.floor((capacity - requested) * most / capacity)
  })
  return shares.length === 0 ? 0 : Math.floor(shares.reduce((sum, share) => sum + share) / shares.length)
}

/** (1 - standard deviation of the shares) * 100, by what is really requested; 0 for whoever requests nothing. */
const balanced = (requests: Amounts, { allocatable, used }: Candidate): number => {
  if (requests["cpu"] === 0 && requests["memory"] === 0) return 0
  const shareOf = (resource: "cpu" | "memory"): number =>
    Math.min(1, (used[resource] + requests[resource]!) / allocatable[resource]!)
  const hasBoth = (allocatable["cpu"] ?? 0) > 0 && (allocatable["memory"] ?? 0) > 0
  return Math.floor((1 - (hasBoth ? Math.abs((shareOf("cpu") - shareOf("memory")) / 2) : 0)) * most)
}

/** Taints that ask the pod to stay away. */
const unwanted = ({ spec }: Pod, { node }: Candidate): number =>
  (node.spec.taints ?? []).filter((taint) => taint.effect === "PreferNoSchedule" &&
    !(spec.tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint))).length

/** By name. The node with the most unwanted taints has 0 of 100 for them, one with none all. */
export const scoresOf = (pod: Pod, candidates: ReadonlyArray<Candidate>): ReadonlyMap<string, number> => {
  const requests = requestsOf(pod.spec)
  const scored = scoredRequestsOf(pod.spec)
  const worst = Math.max(0, ...candidates.map((one) => unwanted(pod, one)))
  const tolerated = (one: Candidate) => worst === 0 ? most : most - Math.floor(unwanted(pod, one) * most / worst)
  return new Map(candidates.map((one) =>
    [one.name, least(scored, one) + balanced(requests, one) + taintWeight * tolerated(one)]))
}
