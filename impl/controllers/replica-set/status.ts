/** What a ReplicaSet says of itself. Source: pkg/controller/replicaset/replica_set_utils.go, v1.36. */
import { Effect } from "effect"
import type { ApiError, Client } from "#impl/client.ts"
import { readySince } from "#impl/controllers/replica-set/ranking.ts"
import * as limits from "#model/limits/controllers/replica-set.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

type Status = ReplicaSet["status"]
/** What this controller counts. */
export type Counts = Required<Pick<Status,
  "replicas" | "fullyLabeledReplicas" | "readyReplicas" | "availableReplicas" | "observedGeneration">>

/** Deviates: the condition ReplicaFailure is not modelled. */
export const statusOf = (replicaSet: ReplicaSet, active: ReadonlyArray<Pod>, now_ms: number): Counts => {
  const minReady_ms = (replicaSet.spec.minReadySeconds ?? 0) * 1000
  const template = replicaSet.spec.template.metadata.labels ?? {}
  let fullyLabeledReplicas = 0
  let readyReplicas = 0
  let availableReplicas = 0
  for (const pod of active) {
    if (Object.keys(template).every((key) => pod.metadata.labels?.[key] === template[key])) fullyLabeledReplicas++
    const since_ms = readySince(pod)
    if (since_ms === undefined) continue
    readyReplicas++
    if (minReady_ms === 0 || now_ms - since_ms >= minReady_ms) availableReplicas++
  }
  return {
    replicas: active.length, fullyLabeledReplicas, readyReplicas, availableReplicas,
    observedGeneration: replicaSet.metadata.generation
  }
}

/** When the next of the ready pods will have been so for long enough (FindMinNextPodAvailabilityCheck). */
export const nextAvailable_ms = (replicaSet: ReplicaSet, active: ReadonlyArray<Pod>, now_ms: number): number => {
  const minReady_ms = (replicaSet.spec.minReadySeconds ?? 0) * 1000
  let next_ms = Infinity
  for (const pod of active) {
    const due_ms = (readySince(pod) ?? Infinity) + minReady_ms
    if (due_ms > now_ms && due_ms < next_ms) next_ms = due_ms
  }
  return next_ms
}

export const isSameStatus = (a: Status, b: Counts): boolean =>
  a.replicas === b.replicas && (a.fullyLabeledReplicas ?? 0) === b.fullyLabeledReplicas &&
  (a.readyReplicas ?? 0) === b.readyReplicas && (a.availableReplicas ?? 0) === b.availableReplicas &&
  (a.observedGeneration ?? 0) === b.observedGeneration

/** Writes it; after a conflict once more, on the object as it is now. False: another object has the name by now. */
export const writeStatus = (
  client: typeof Client.Service, replicaSet: ReplicaSet, status: Counts, retries = limits.statusUpdateRetries
): Effect.Effect<boolean, ApiError> =>
  Effect.catchIf(
    Effect.as(client.updateStatus("replicasets", { ...replicaSet, status }), true),
    (error: ApiError) => retries > 0 && error._tag === "StatusError" && error.status.reason === "Conflict",
    () => Effect.flatMap(
      client.get("replicasets", replicaSet.metadata.namespace, replicaSet.metadata.name),
      (live) => live.metadata.uid === replicaSet.metadata.uid
        ? writeStatus(client, live, status, retries - 1) : Effect.succeed(false)))
