/**
 * The filters, in the order in which the framework asks them, and which events of the cluster may help a pod that one
 * of them refused. Source: pkg/scheduler/framework/plugins, v1.36. NodeName is left out: a pod that names its node is
 * no longer the scheduler's.
 */
import { type NodeInfo, type PodInfo, tolerates } from "#impl/scheduler/node-info.ts"
import type { Taint } from "#model/objects/node.ts"
import { matchesTerm } from "#model/objects/node-selector.ts"

/** What may wake an unschedulable pod. */
export type ClusterEvent =
  | { readonly kind: "nodeAdded"; readonly node: NodeInfo }
  /** Which of the things that filters read became different. */
  | { readonly kind: "nodeUpdated"; readonly node: NodeInfo; readonly allocatable: boolean; readonly taints: boolean
      readonly unschedulable: boolean; readonly labels: boolean }
  /** Room was given back: a pod went, or a binding failed. */
  | { readonly kind: "assignedPodDeleted"; readonly pod: PodInfo }

export interface Filter {
  readonly name: string
  readonly passes: (pod: PodInfo, node: NodeInfo) => boolean
  /** The queueing hint: true means that it is worth another attempt. */
  readonly helps: (event: ClusterEvent, pod: PodInfo) => boolean
}

const unschedulableTaint: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }

const nodeUnschedulable: Filter = {
  name: "NodeUnschedulable",
  passes: (pod, node) => !node.unschedulable || tolerates(pod.pod.spec.tolerations, unschedulableTaint),
  helps: (event, pod) => event.kind === "nodeAdded" || event.kind === "nodeUpdated" && event.unschedulable
    ? nodeUnschedulable.passes(pod, event.node) : false
}

const taintToleration: Filter = {
  name: "TaintToleration",
  passes: (pod, node) => {
    for (const taint of node.hardTaints) if (!tolerates(pod.pod.spec.tolerations, taint)) return false
    return true
  },
  helps: (event, pod) => event.kind === "nodeAdded" || event.kind === "nodeUpdated" && event.taints
    ? taintToleration.passes(pod, event.node) : false
}

const label = (node: NodeInfo, key: string): string | undefined => node.node?.metadata.labels?.[key]

const nodeAffinity: Filter = {
  name: "NodeAffinity",
  passes: (pod, node) => {
    const { affinity, nodeSelector } = pod.pod.spec
    if (nodeSelector !== undefined) {
      for (const key in nodeSelector) if (label(node, key) !== nodeSelector[key]) return false
    }
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    if (required === undefined) return true
    const labels = node.node?.metadata.labels ?? {}
    return required.nodeSelectorTerms.some((term) => matchesTerm(term, labels, node.name))
  },
  helps: (event, pod) => event.kind === "nodeAdded" || event.kind === "nodeUpdated" && event.labels
    ? nodeAffinity.passes(pod, event.node) : false
}

/** Would the pod fit on the node if nothing else ran there? */
const fitsWhenEmpty = (pod: PodInfo, node: NodeInfo): boolean => {
  for (const [resource, amount] of pod.asks) if (amount > (node.allocatable[resource] ?? 0)) return false
  return true
}

const resourcesFit: Filter = {
  name: "NodeResourcesFit",
  passes: (pod, node) => {
    for (const [resource, amount] of pod.asks) {
      if (amount + (node.used[resource] ?? 0) > (node.allocatable[resource] ?? 0)) return false
    }
    return true
  },
  helps: (event, pod) => {
    switch (event.kind) {
      case "nodeAdded":
        return fitsWhenEmpty(pod, event.node)
      case "nodeUpdated":
        return event.allocatable && fitsWhenEmpty(pod, event.node)
      case "assignedPodDeleted":
        // Every pod gives back at least its place in "pods".
        return pod.asks.some(([resource]) => (event.pod.requests[resource] ?? 0) > 0)
    }
  }
}

export const defaultFilters: ReadonlyArray<Filter> =
  [nodeUnschedulable, taintToleration, nodeAffinity, resourcesFit]
