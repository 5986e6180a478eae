/**
 * api-server/deletion: what a DELETE does to an object now. Spec: model/api-server.ts, chart api-server.object.
 *
 * Source: apiserver registry/rest/delete.go BeforeDelete; registry/generic/registry/store.go Delete and
 * updateForGracefulDeletionAndFinalizers; kubernetes registry/core/pod/strategy.go CheckGracefulDelete.
 */
import type { ApiObject } from "#model/kinds.ts"
import type { ObjectMeta } from "#model/objects/metadata.ts"
import { millisOf, timeOf } from "#model/objects/time.ts"

export type DeletionDecision =
  /** Already being deleted, and this request does not hurry it. */
  | { readonly type: "pending" }
  /** Write the object marked as being deleted; then remove it too when `thenRemove`. */
  | { readonly type: "mark"; readonly object: ApiObject; readonly thenRemove: boolean }
  | { readonly type: "remove" }

const withMeta = (object: ApiObject, changed: Partial<ObjectMeta>): ApiObject =>
  ({ ...object, metadata: { ...object.metadata, ...changed } }) as ApiObject

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
  generation === undefined ? {} : { generation: generation + 1 }

export const decideDeletion = (
  object: ApiObject, gracePeriodSeconds: number | undefined, now_ms: number
): DeletionDecision => {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers, generation } = object.metadata
  const isHeld = (finalizers?.length ?? 0) > 0
  if (deletionTimestamp !== undefined) {
    // A server that died between marking and removing left grace 0 behind: the next DELETE finishes its work.
    if (deletionGracePeriodSeconds === undefined || deletionGracePeriodSeconds === 0) {
      return isHeld ? { type: "pending" } : { type: "remove" }
    }
    if (gracePeriodSeconds === undefined || gracePeriodSeconds >= deletionGracePeriodSeconds) return { type: "pending" }
    const shortened_s = gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds
    return {
      type: "mark", thenRemove: shortened_s === 0 && !isHeld,
      object: withMeta(object, {
        // The end moves back by as much as the grace shrinks, but not before now.
        deletionTimestamp: timeOf(Math.max(now_ms,
          millisOf(deletionTimestamp) - (deletionGracePeriodSeconds - shortened_s) * 1000)),
        deletionGracePeriodSeconds: shortened_s
      })
    }
  }
  const grace_s = gracePeriod_s(object, gracePeriodSeconds)
  if (grace_s === undefined && !isHeld) return { type: "remove" }
  return {
    type: "mark", thenRemove: grace_s === 0 && !isHeld,
    object: withMeta(object, {
      deletionTimestamp: timeOf(now_ms + (grace_s ?? 0) * 1000),
      deletionGracePeriodSeconds: grace_s ?? 0,
      ...bumped(generation)
    })
  }
}
