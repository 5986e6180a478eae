/**
 * Does a pod fit on a node? The properties' own answer, from the objects, independent of the scheduler's filters.
 */
import type { Node } from "#model/objects/node.ts"
import type { NodeSelectorTerm, Pod } from "#model/objects/pod.ts"
import { type Amounts, amountsOf, requestsOf } from "#model/objects/requests.ts"
import { toleratesTaint } from "#model/objects/taints.ts"

export const isTerminal = (pod: Pod): boolean => pod.status.phase === "Succeeded" || pod.status.phase === "Failed"
export const nodeOf = (pod: Pod): string => pod.spec.nodeName ?? ""

/** Sums of requests, by resource. */
export type Sums = Map<string, number>

export const add = (sums: Sums, requests: Amounts, sign: 1 | -1): void => {
  for (const resource in requests) {
    const amount = requests[resource]!
    if (amount > 0) sums.set(resource, (sums.get(resource) ?? 0) + sign * amount)
  }
}

/** The first resource of which there is too little, or undefined. */
export const lacks = (requests: Amounts, used: Sums, allocatable: Amounts): string | undefined => {
  for (const resource in requests) {
    const amount = requests[resource]!
    if (amount > 0 && amount + (used.get(resource) ?? 0) > (allocatable[resource] ?? 0)) return resource
  }
  return undefined
}

export const allocatableOf = (node: Node): Amounts =>
  node.status.allocatable === undefined ? {} : amountsOf(node.status.allocatable)

const cordonTaint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const

type Labels = Readonly<Record<string, string>>
type Expression = NonNullable<NodeSelectorTerm["matchExpressions"]>[number]
const whole = (text: string | undefined): number => /^[+-]?\d+$/.test(text ?? "") ? Number(text) : Number.NaN

/** One expression over a label, as the documentation of NodeSelectorRequirement has it. */
const says: Readonly<Record<string, (values: ReadonlyArray<string>, value: string | undefined) => boolean>> = {
  In: (values, value) => value !== undefined && values.includes(value),
  NotIn: (values, value) => value === undefined || !values.includes(value),
  Exists: (_, value) => value !== undefined,
  DoesNotExist: (_, value) => value === undefined,
  Gt: ([than], value) => whole(value) > whole(than),
  Lt: ([than], value) => whole(value) < whole(than)
}
const satisfies = (name: string, labels: Labels,
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm): boolean => {
  const on = (value: string | undefined, { operator, values = [] }: Expression) =>
    says[operator]?.(values, value) === true
  return matchExpressions.length + matchFields.length > 0 &&
    matchExpressions.every((one) => on(labels[one.key], one)) && matchFields.every((one) => on(name, one))
}

/** The pod may be on a node of that name and those labels. */
export const selectsNode = ({ spec: { affinity, nodeSelector } }: Pod, { metadata }: Node): boolean => {
  const labels = metadata.labels ?? {}
  const isSelected = nodeSelector === undefined ||
    Object.keys(nodeSelector).every((key) => labels[key] === nodeSelector[key])
  if (!isSelected) return false
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return terms === undefined || terms.some((term) => satisfies(metadata.name, labels, term))
}

/** Labels, cordon and taints let the pod onto the node, whatever room there is. */
export const isWelcome = (pod: Pod, node: Node): boolean => {
  const { tolerations = [] } = pod.spec
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect !== "PreferNoSchedule")
  const refusing = node.spec.unschedulable === true ? [...taints, cordonTaint] : taints
  return selectsNode(pod, node) &&
    refusing.every((taint) => tolerations.some((toleration) => toleratesTaint(toleration, taint)))
}

export const fits = (pod: Pod, node: Node, used: Sums): boolean =>
  lacks(requestsOf(pod.spec), used, allocatableOf(node)) === undefined && isWelcome(pod, node)

export const isReady = (node: Node): boolean =>
  node.status.conditions?.find(({ type }) => type === "Ready")?.status === "True"
