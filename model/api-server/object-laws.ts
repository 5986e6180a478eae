/**
 * What holds for each change of an object of any kind, as guards of the charts that follow objects.
 *
 * Source: reference 3.2, 3.3; invariants 14, 16, 18, 20, 21, 22, 23, 24.
 */
import type { EventOf, Judged } from "#model/events.ts"
import type { ApiObject, ObjectMeta } from "#model/objects.ts"
import { equal } from "#model/objects/equality.ts"

export type ObjectEvent = Judged<EventOf<"object">>
type Updated = Extract<ObjectEvent, { readonly type: "object.updated" }>

/** What the next change is held against. */
export interface Remembered {
  readonly uid: string
  readonly key: string
  readonly revision: number
  readonly generation: number
  readonly creationTimestamp: number
  /** undefined while it is live. */
  readonly deletionTimestamp: number | undefined
  readonly grace_s: number | undefined
  readonly finalizers: ReadonlyArray<string>
}
export const nothingRemembered: Remembered = {
  uid: "", key: "", revision: 0, generation: 0, creationTimestamp: 0, deletionTimestamp: undefined, grace_s: undefined,
  finalizers: []
}

export const objectOf = (event: ObjectEvent): ApiObject => event.object as ApiObject
export const metaOf = (event: ObjectEvent): ObjectMeta => objectOf(event).metadata

export const remember = (event: ObjectEvent): Remembered => {
  const { creationTimestamp, deletionGracePeriodSeconds: grace_s, deletionTimestamp, generation, uid } = metaOf(event)
  return {
    uid, key: event.key, revision: event.revision, generation, creationTimestamp, deletionTimestamp, grace_s,
    finalizers: metaOf(event).finalizers ?? []
  }
}

const keyMatches = (event: ObjectEvent): boolean => {
  const { name, namespace } = metaOf(event)
  return event.key === `/registry/${event.resource}/${namespace === "" ? "" : `${namespace}/`}${name}`
}
const isAt = (event: ObjectEvent): boolean => Number(metaOf(event).resourceVersion) === event.revision
const isHeld = (meta: ObjectMeta): boolean => (meta.finalizers?.length ?? 0) > 0

/** A new object is live, under its own key, with generation 1 in kinds that count and 0 in others. */
export const isLawfulCreation = (event: ObjectEvent): boolean => {
  const { creationTimestamp, deletionTimestamp, generation, name, uid } = metaOf(event)
  const counts = event.resource === "pods" || event.resource === "replicasets"
  return uid !== "" && uid === event.entity && name !== "" && isAt(event) && keyMatches(event)
    && deletionTimestamp === undefined && creationTimestamp > 0 && generation === (counts ? 1 : 0)
}

const isSameObject = (before: Remembered, event: Updated): boolean => {
  const { creationTimestamp, uid } = metaOf(event)
  const { metadata } = event.previous as ApiObject
  return uid === before.uid && event.key === before.key && keyMatches(event) && isAt(event)
    && event.revision > before.revision && creationTimestamp === before.creationTimestamp
    && Number(metadata.resourceVersion) === before.revision && metadata.uid === before.uid
}

/** Once set it stays; its time only moves towards now, by as much as the grace shrinks. */
export const deletionIsLawful = (before: Remembered, meta: ObjectMeta): boolean => {
  const { deletionGracePeriodSeconds: grace_s, deletionTimestamp } = meta
  if (before.deletionTimestamp === undefined) {
    return deletionTimestamp === undefined ? grace_s === undefined : grace_s !== undefined && grace_s >= 0
  }
  if (deletionTimestamp === undefined || grace_s === undefined || before.grace_s === undefined) return false
  return grace_s >= 0 && grace_s <= before.grace_s
    && before.deletionTimestamp - deletionTimestamp === (before.grace_s - grace_s) * 1000
}

const finalizersAreLawful = (before: Remembered, meta: ObjectMeta): boolean => before.deletionTimestamp === undefined
  || meta.finalizers === undefined || meta.finalizers.every((finalizer) => before.finalizers.includes(finalizer))

/** Generation counts changes of the spec, and the beginning of the deletion. */
const generationIsLawful = (before: Remembered, meta: ObjectMeta, specChanged: boolean): boolean => {
  const isFirstDelete = before.deletionTimestamp === undefined && meta.deletionTimestamp !== undefined
  const counted = before.generation > 0 && (specChanged || isFirstDelete)
  return meta.generation === before.generation + (counted ? 1 : 0)
}

const withoutVersion = (meta: ObjectMeta): object => ({ ...meta, resourceVersion: "" })

/** Which parts of the object an update changed. */
export interface Changes {
  readonly spec: boolean
  readonly status: boolean
}
const statusOf = (object: ApiObject): unknown => ("status" in object ? object.status : undefined)
export const changesOf = (event: Updated): Changes => {
  const previous = event.previous as ApiObject
  const object = objectOf(event)
  return {
    spec: !equal(previous.spec, object.spec),
    status: !equal(statusOf(previous), statusOf(object))
  }
}

/** Whatever the kind: same identity, next revision, and something changed that may. */
export const isLawfulChange = (before: Remembered, event: Updated, changes: Changes): boolean => {
  const meta = metaOf(event)
  return isSameObject(before, event) && deletionIsLawful(before, meta) && finalizersAreLawful(before, meta)
    && generationIsLawful(before, meta, changes.spec)
    && (changes.spec || changes.status
      || !equal(withoutVersion((event.previous as ApiObject).metadata), withoutVersion(meta)))
}

/** The line tells the last state, at the revision of the removal. */
export const isLawfulRemoval = (before: Remembered, event: ObjectEvent): boolean => {
  const meta = metaOf(event)
  return meta.uid === before.uid && event.key === before.key && isAt(event) && event.revision > before.revision
    && meta.generation === before.generation && meta.deletionTimestamp === before.deletionTimestamp
}

/** A live object goes at once only when nothing holds it. */
export const isUnheld = (before: Remembered): boolean => before.finalizers.length === 0
/**
 * A terminating one when its grace is over. That its finalizers are gone is not seen in the store: the update that
 * takes the last one removes the object instead of being written (see chart api-server.finalization).
 */
export const graceIsOver = (before: Remembered): boolean => before.grace_s === 0
export const isStillHeld = (event: ObjectEvent): boolean => isHeld(metaOf(event))
