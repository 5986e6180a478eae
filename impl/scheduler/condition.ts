/** Tells users why a pod is not scheduled: its condition PodScheduled. */
import type { Pod, PodCondition } from "#model/objects/pod.ts"
import { timeOf } from "#model/objects/time.ts"

/** The merge patch, or undefined when the pod says so already. A merge patch replaces the whole list. */
export const unschedulablePatch = (pod: Pod, message: string, now_ms: number): object | undefined => {
  const conditions = pod.status.conditions ?? []
  const before = conditions.find((condition) => condition.type === "PodScheduled")
  const reason = "Unschedulable"
  if (before?.status === "False" && before.reason === reason && before.message === message) return undefined
  // The time of a status that stays is kept, also where there is none: gates are told of without one.
  const since_ms = before?.status === "False" ? before.lastTransitionTime : timeOf(now_ms)
  const condition: PodCondition = {
    type: "PodScheduled", status: "False", reason, message,
    ...(since_ms === undefined ? {} : { lastTransitionTime: since_ms })
  }
  return {
    // Conditional: the list must not overwrite what somebody else wrote meanwhile, nor a successor of the same name.
    metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion },
    status: { conditions: [...conditions.filter((other) => other !== before), condition] }
  }
}

export const messageOf = (nodes: number, refused: Readonly<Record<string, number>>): string =>
  nodes === 0 ? "no nodes available to schedule pods"
    : `0/${nodes} nodes are available: ${Object.keys(refused).map((name) => `${refused[name]} ${name}`).join(", ")}.`
