/**
 * replica-set: keeps the number of a ReplicaSet's active pods at spec.replicas. Spec: model/controllers/replica-set.ts.
 *
 * Source: pkg/controller/replicaset/replica_set.go manageReplicas, replica_set_utils.go calculateStatus, v1.36.
 * Deviates: pods of a deleted ReplicaSet keep running, with a reference to an owner that is gone: removing them is
 * the garbage collector's, which is not modelled yet.
 */
import { controller as make, controllerOf, ownerReference, type Plan, type Seen, type Write } from "#impl/controller.ts"
import type * as kit from "#impl/controller.ts"
import { readySince, victims } from "#impl/controllers/replica-set/ranking.ts"
import { isSelected } from "#impl/controller/references.ts"
import { type ApiError, messageOf } from "#impl/client/errors.ts"
import * as limits from "#model/limits/controllers/replica-set.ts"
import { timeOf } from "#model/objects/time.ts"
import type { GivenPod, Pod } from "#model/objects/pod.ts"
import type { ReplicaSet, ReplicaSetStatus } from "#model/objects/replica-set.ts"

export interface Parts extends kit.Parts {
  readonly victims: typeof victims
}

const isTerminal = ({ status: { phase } }: Pod): boolean => phase === "Succeeded" || phase === "Failed"
const isActive = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined && !isTerminal(pod)
const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod)

const podOf = (set: ReplicaSet): GivenPod => {
  const { metadata: { name, namespace }, spec: { template } } = set
  const { annotations, finalizers, labels } = template.metadata
  return {
    apiVersion: "v1", kind: "Pod",
    metadata: {
      generateName: `${name}-`, namespace, ownerReferences: [ownerReference("replicasets", set)],
      ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers })
    },
    spec: template.spec
  }
}

/** Active pods of all sets that have the same controller: of a set that has none, nobody's. */
const relatedPods = (set: ReplicaSet, view: Seen<"replicasets", "pods", object>["view"]): ReadonlyArray<Pod> => {
  const owner = controllerOf(set)?.uid
  if (owner === undefined) return []
  const siblings = [...view.of("replicasets").values()].filter((other) => controllerOf(other)?.uid === owner)
  return [...view.of("pods").values()].filter((pod) => isActive(pod) && siblings.some((sibling) =>
    sibling.metadata.namespace === pod.metadata.namespace && isSelected(sibling.spec.selector, pod)))
}

const failureType = "ReplicaFailure"
/** That something could not be created or deleted is said once, and taken back when all went well. */
const conditionsOf = (
  { status: { conditions = [] } }: ReplicaSet, difference: number, now_ms: number, failure: ApiError | undefined
): Pick<ReplicaSetStatus, "conditions"> => {
  if (conditions.some(({ type }) => type === failureType) === (failure !== undefined)) return {}
  if (failure === undefined) return { conditions: conditions.filter(({ type }) => type !== failureType) }
  return { conditions: [...conditions, {
    type: failureType, status: "True", lastTransitionTime: timeOf(now_ms), message: messageOf(failure),
    ...(difference === 0 ? {} : { reason: difference < 0 ? "FailedCreate" : "FailedDelete" })
  }] }
}

const statusOf = (
  set: ReplicaSet, active: ReadonlyArray<Pod>, terminatingReplicas: number, now_ms: number, failure?: ApiError
): ReplicaSetStatus => {
  const minReady_ms = (set.spec.minReadySeconds ?? 0) * 1000
  const template = Object.entries(set.spec.template.metadata.labels ?? {})
  const ready = active.filter((pod) => readySince(pod) !== undefined)
  const available = ready.filter((pod) => minReady_ms === 0 || now_ms - readySince(pod)! >= minReady_ms)
  const labelled = active.filter(({ metadata }) => template.every(([key, value]) => metadata.labels?.[key] === value))
  return {
    ...set.status, replicas: active.length, fullyLabeledReplicas: labelled.length, readyReplicas: ready.length,
    availableReplicas: available.length, terminatingReplicas, observedGeneration: set.metadata.generation,
    ...conditionsOf(set, active.length - set.spec.replicas, now_ms, failure)
  }
}

const counted = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
  "observedGeneration"] as const
const isSame = (a: ReplicaSetStatus, b: ReplicaSetStatus): boolean =>
  a.terminatingReplicas === b.terminatingReplicas && a.conditions === b.conditions &&
    counted.every((field) => (a[field] ?? 0) === (b[field] ?? 0))

/** When the next of the ready pods will have been so for long enough (FindMinNextPodAvailabilityCheck). */
const nextAvailable_ms = (set: ReplicaSet, active: ReadonlyArray<Pod>, now_ms: number): number => {
  const minReady_ms = (set.spec.minReadySeconds ?? 0) * 1000
  const due_ms = active.map((pod) => (readySince(pod) ?? Infinity) + minReady_ms - now_ms).filter((left) => left > 0)
  return due_ms.length === 0 ? minReady_ms : Math.min(...due_ms)
}

export const plan = (
  { mayAct, object, owned, parts, view, wall_ms }: Seen<"replicasets", "pods", Pick<Parts, "victims">>
): Plan<"replicasets"> => {
  const active = owned.filter(isActive)
  const difference = active.length - object.spec.replicas
  const count = Math.min(Math.abs(difference), limits.burstReplicas_max)
  let writes: ReadonlyArray<Write> = []
  if (mayAct && object.metadata.deletionTimestamp === undefined) {
    if (difference < 0) {
      const pod = podOf(object)
      writes = Array.from({ length: count }, () => ({ verb: "create", resource: "pods", object: pod }))
    } else if (difference > 0) {
      writes = parts.victims(active, relatedPods(object, view), count, wall_ms)
        .map((pod) => ({ verb: "delete", resource: "pods", object: pod }))
    }
  }
  const terminating = owned.filter(isTerminating).length
  const status = statusOf(object, active, terminating, wall_ms)
  const again_ms = nextAvailable_ms(object, active, wall_ms)
  return {
    writes,
    status: (failure) => {
      const after = failure === undefined ? status : statusOf(object, active, terminating, wall_ms, failure)
      return isSame(object.status, after) ? undefined : after
    },
    ...(status.readyReplicas === status.availableReplicas ? {} : { again_ms })
  }
}

export const controller = make<"replicasets", "pods", Pick<Parts, "victims">>("replicaset-controller", {
  queue: "replicaset", of: "replicasets", owns: "pods",
  selector: ({ spec }) => spec.selector, counts: isActive,
  workers: limits.workers, expects: true, isConsistent: true,
  parts: { victims }, plan
})
