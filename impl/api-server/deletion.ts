/**
 * api-server/deletion: what a DELETE does to an object now. Spec: model/api-server.ts, chart api-server.object.
 *
 * Source: apiserver registry/rest/delete.go BeforeDelete; registry/generic/registry/store.go Delete,
 * updateForGracefulDeletionAndFinalizers, deletionFinalizersForGarbageCollection; kubernetes registry/core/pod
 * CheckGracefulDelete, registry/core/namespace/storage Delete.
 */
import type { PropagationPolicy } from "#impl/ports/api.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { ObjectMeta } from "#model/objects/metadata.ts"
import { foregroundFinalizer, orphanFinalizer } from "#model/objects/metadata-rules.ts"
import type { Namespace } from "#model/objects/namespace.ts"
import { millisOf, timeOf } from "#model/objects/time.ts"

export type DeletionDecision =
  /** Already being deleted, and this request does not hurry it. */
  | { readonly type: "pending" }
  /** Write the object marked as being deleted; then remove it too when `thenRemove`. */
  | { readonly type: "mark"; readonly object: ApiObject; readonly thenRemove: boolean }
  | { readonly type: "remove" }

type Marks = Pick<ObjectMeta, "deletionTimestamp" | "deletionGracePeriodSeconds" | "generation">

/** The object with these marks and finalizers. */
const withMarks = (object: ApiObject, marks: Marks, finalizers: ReadonlyArray<string>): ApiObject => {
  const { finalizers: _before, ...metadata } = object.metadata
  const own = finalizers.length === 0 ? {} : { finalizers }
  return { ...object, metadata: { ...metadata, ...marks, ...own } } as ApiObject
}

const dependents = [orphanFinalizer, foregroundFinalizer]

/** What the garbage collector has to do before the object may go, is said in its finalizers. */
const finalizersFor = ({ finalizers = [] }: ObjectMeta, policy: PropagationPolicy | undefined):
  ReadonlyArray<string> => {
  const wanted = policy === "Orphan" ? orphanFinalizer : policy === "Foreground" ? foregroundFinalizer
    : policy === "Background" ? undefined : finalizers.find((one) => dependents.includes(one))
  const others = finalizers.filter((one) => !dependents.includes(one))
  const isSame = dependents.every((one) => finalizers.includes(one) === (one === wanted))
  return isSame ? finalizers : wanted === undefined ? others : [...others, wanted]
}

/** Seconds that a graceful deletion grants; undefined for kinds that are deleted at once. */
const gracePeriod_s = (object: ApiObject, asked_s: number | undefined): number | undefined => {
  if (object.kind !== "Pod") return undefined
  const isTerminal = object.status.phase === "Succeeded" || object.status.phase === "Failed"
  const isUnscheduled = (object.spec.nodeName ?? "") === ""
  if (isTerminal || isUnscheduled) return 0
  const period_s = asked_s ?? object.spec.terminationGracePeriodSeconds ?? 0
  return period_s < 0 ? 1 : period_s
}

const bumped = (generation: number | undefined): { readonly generation?: number } =>
  generation === undefined || generation === 0 ? {} : { generation: generation + 1 }

/** A deletion is never granted more time later: the end moves back by what the grace loses, but not before now. */
const hurried = (
  object: ApiObject, asked_s: number, now_ms: number, finalizers: ReadonlyArray<string>
): DeletionDecision => {
  const { deletionGracePeriodSeconds: granted_s = 0, deletionTimestamp = "" } = object.metadata
  const shortened_s = asked_s < 0 ? 1 : asked_s
  if (shortened_s >= granted_s) return { type: "pending" }
  const end_ms = millisOf(deletionTimestamp) - (granted_s - shortened_s) * 1000
  const isOver = end_ms < now_ms
  const grace_s = isOver && shortened_s !== 0 ? 1 : shortened_s
  return {
    type: "mark", thenRemove: grace_s === 0 && finalizers.length === 0,
    object: withMarks(object, {
      deletionTimestamp: timeOf(isOver ? now_ms : end_ms), deletionGracePeriodSeconds: grace_s
    }, finalizers)
  }
}

/** A namespace is marked and told so in its phase, without a grace; it is removed when nothing holds it any more. */
const endNamespace = (namespace: Namespace, now_ms: number, finalizers: ReadonlyArray<string>): DeletionDecision => {
  const marked = withMarks(namespace, { deletionTimestamp: timeOf(now_ms) }, finalizers) as Namespace
  return { type: "mark", thenRemove: false, object: { ...marked, status: { ...marked.status, phase: "Terminating" } } }
}

export const decideDeletion = (
  object: ApiObject, gracePeriodSeconds: number | undefined, now_ms: number, policy?: PropagationPolicy
): DeletionDecision => {
  const { deletionGracePeriodSeconds: granted_s = 0, deletionTimestamp, generation } = object.metadata
  const finalizers = finalizersFor(object.metadata, policy)
  const isHeld = finalizers.length > 0
  if (object.kind === "Namespace") {
    if (deletionTimestamp === undefined) return endNamespace(object, now_ms, finalizers)
    if ((object.spec.finalizers ?? []).length > 0) return { type: "pending" }
  }
  if (deletionTimestamp !== undefined && granted_s !== 0) {
    return gracePeriodSeconds === undefined ? { type: "pending" }
      : hurried(object, gracePeriodSeconds, now_ms, finalizers)
  }
  if (deletionTimestamp !== undefined) {
    // A server that died between marking and removing left grace 0 behind: the next DELETE finishes its work.
    return isHeld ? { type: "mark", thenRemove: false,
      object: withMarks(object, { deletionTimestamp, deletionGracePeriodSeconds: 0 }, finalizers) } : { type: "remove" }
  }
  const grace_s = gracePeriod_s(object, gracePeriodSeconds)
  if (grace_s === undefined && !isHeld) return { type: "remove" }
  return {
    type: "mark", thenRemove: grace_s === 0 && !isHeld,
    object: withMarks(object, {
      deletionTimestamp: timeOf(now_ms + (grace_s ?? 0) * 1000), deletionGracePeriodSeconds: grace_s ?? 0,
      ...bumped(generation)
    }, finalizers)
  }
}
