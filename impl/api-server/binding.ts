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

/** What was said before of the same, or the new: its time is that of the change. */
const scheduledAt = (now_ms: number, conditions: ReadonlyArray<PodCondition>): ReadonlyArray<PodCondition> => {
  const at = conditions.findIndex(({ type }) => type === "PodScheduled")
  const since = conditions[at]?.status === "True" ? conditions[at].lastTransitionTime : undefined
  const scheduled: PodCondition =
    { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: since ?? timeOf(now_ms) }
  return at < 0 ? [...conditions, scheduled] : conditions.with(at, scheduled)
}

/**
 * The pod as assigned to the node, with the binding's labels and annotations, written past the strategy: its generation
 * does not count this. Whether it may be is `checkBinding`'s to say.
 */
export const bound = (pod: Pod, { metadata = {}, target }: Binding, now_ms: number): Pod => {
  const { nominatedNodeName: _nominated, ...status } = pod.status
  const { annotations = {}, labels = {} } = metadata
  const merged = (field: "annotations" | "labels", added: Readonly<Record<string, string>>): object =>
    Object.keys(added).length === 0 ? {} : { [field]: { ...pod.metadata[field], ...added } }
  return {
    ...pod, metadata: { ...pod.metadata, ...merged("labels", labels), ...merged("annotations", annotations) },
    spec: { ...pod.spec, nodeName: target.name ?? "" },
    status: { ...status, conditions: scheduledAt(now_ms, pod.status.conditions ?? []) }
  }
}
