/**
 * api-server/binding: the pods/binding subresource. Spec: model/pod.ts.
 *
 * Source: kubernetes registry/core/pod/storage/storage.go setPodNodeAndMetadata. It does not ask whether the node
 * exists or has room.
 */
import { conflict } from "#impl/api-server/status.ts"
import type { Binding, Pod, PodCondition } from "#model/objects/pod.ts"
import type { Status } from "#model/objects/status.ts"
import { timeOf } from "#model/objects/time.ts"

/** Why the pod cannot be bound now, or undefined. */
export const checkBinding = (pod: Pod, _binding: Binding): Status | undefined => {
  const refuse = (message: string): Status => conflict("pods/binding", pod.metadata.name, message, "")
  if (pod.metadata.deletionTimestamp !== undefined) {
    return refuse(`pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`)
  }
  const { nodeName = "", schedulingGates = [] } = pod.spec
  if (nodeName !== "") {
    return refuse(`pod ${pod.metadata.name} is already assigned to node "${nodeName}"`)
  }
  if (schedulingGates.length > 0) return refuse(`pod ${pod.metadata.name} has non-empty .spec.schedulingGates`)
  return undefined
}

/** The pod as assigned to the node, written past the strategy: its generation does not count this. Whether it may be is `checkBinding`'s to say. */
export const bound = (pod: Pod, binding: Binding, now_ms: number): Pod => {
  const scheduled: PodCondition = { type: "PodScheduled", status: "True", lastTransitionTime: timeOf(now_ms) }
  const others = (pod.status.conditions ?? []).filter((condition) => condition.type !== "PodScheduled")
  const { nominatedNodeName: _nominated, ...status } = pod.status
  return {
    ...pod,
    spec: { ...pod.spec, nodeName: binding.target.name ?? "" },
    status: { ...status, conditions: [...others, scheduled] }
  }
}
