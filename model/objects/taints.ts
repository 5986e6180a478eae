/** Taints and tolerations, as k8s.io/api/core/v1 toleration.go and component-helpers/scheduling/corev1 define them. */
import type { Node, Taint } from "#model/objects/node.ts"
import type { Toleration } from "#model/objects/pod.ts"

export const zoneLabel = "topology.kubernetes.io/zone"
export const notReadyKey = "node.kubernetes.io/not-ready"
export const unreachableKey = "node.kubernetes.io/unreachable"

/** An empty key with Exists tolerates everything; an empty effect tolerates every effect. */
export const toleratesTaint = (toleration: Toleration, taint: Taint): boolean => {
  if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false
  const key = toleration.key ?? ""
  const isExists = toleration.operator === "Exists"
  if (key === "") return isExists
  return key === taint.key && (isExists || (toleration.value ?? "") === (taint.value ?? ""))
}

export const noExecuteTaints = (node: Node): ReadonlyArray<Taint> =>
  node.spec.taints?.filter((taint) => taint.effect === "NoExecute") ?? []

/**
 * How long a pod may stay on a node with these taints: undefined for ever, 0 not at all. The first toleration that
 * matches a taint counts for it, and the shortest of them for the pod.
 */
export const toleratedSeconds = (
  taints: ReadonlyArray<Taint>, tolerations: ReadonlyArray<Toleration> | undefined
): number | undefined => {
  let shortest: number | undefined
  for (const taint of taints) {
    const toleration = tolerations?.find((candidate) => toleratesTaint(candidate, taint))
    if (toleration === undefined) return 0
    const seconds = toleration.tolerationSeconds
    if (seconds !== undefined) shortest = Math.min(shortest ?? seconds, Math.max(0, seconds))
  }
  return shortest
}
