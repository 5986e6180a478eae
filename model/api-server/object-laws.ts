/**
 * What holds for each change of an object of any kind, as guards of the charts that follow objects.
 *
 * Source: reference 3.2, 3.3; invariants 14, 16, 18, 20, 21, 22, 23, 24.
 */
import type { EventOf, Judged } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { ObjectMeta } from "#model/objects/metadata.ts"
import { equal } from "#model/objects/equality.ts"
import { millisOf } from "#model/objects/time.ts"
import { type Generations, generationsOf } from "#model/observed.ts"

export type ObjectEvent = Judged<EventOf<"object">>
type Updated = Extract<ObjectEvent, { readonly type: "object.updated" }>

/** What the next change is held against. */
export interface Remembered {
  readonly uid: string
  readonly key: string
  readonly revision: number
  /** undefined in kinds that do not count. */
  readonly generation: number | undefined
  readonly creationTimestamp: string
  /** undefined while it is live. */
  readonly deletionTimestamp: string | undefined
  readonly grace_s: number | undefined
  readonly finalizers: ReadonlyArray<string>
}
export const nothingRemembered: Remembered = {
  uid: "", key: "", revision: 0, generation: undefined, creationTimestamp: "", deletionTimestamp: undefined,
  grace_s: undefined, finalizers: []
}

export const objectOf = (event: ObjectEvent): ApiObject => event.object as ApiObject
export const metaOf = (event: ObjectEvent): ObjectMeta => objectOf(event).metadata

export const remember = (event: ObjectEvent): Remembered => {
  const { creationTimestamp, deletionGracePeriodSeconds: grace_s, deletionTimestamp, finalizers = [], generation,
    resourceVersion, uid } = metaOf(event)
  // What was seen when a trace began is older than that.
  const revision = Number(resourceVersion)
  return { uid, key: event.key, revision, generation, creationTimestamp, deletionTimestamp, grace_s, finalizers }
}

const keyMatches = (event: ObjectEvent): boolean => {
  const { name, namespace } = metaOf(event)
  return event.key === `/registry/${event.resource}/${namespace === undefined ? "" : `${namespace}/`}${name}`
}
const isAt = (event: ObjectEvent): boolean => Number(metaOf(event).resourceVersion) === event.revision
const isHeld = (meta: ObjectMeta): boolean => (meta.finalizers?.length ?? 0) > 0

/** Who counts begins at 1. Others keep what the creator gave. Of an unknown kind nothing is said. */
const isBeginning = (resource: string, generation: number | undefined): boolean => {
  const counted = generationsOf(resource)
  return counted === undefined ? true : counted === "given" ? (generation ?? 0) >= 0 : generation === 1
}
const isCountedSince = (resource: string, generation: number | undefined): boolean => {
  const counted = generationsOf(resource)
  return counted === undefined || counted === "given" ? (generation ?? 0) >= 0 : (generation ?? 0) >= 1
}
const isIdentified = (event: ObjectEvent): boolean => {
  const { creationTimestamp, name, uid } = metaOf(event)
  return uid !== "" && uid === event.entity && name !== "" && keyMatches(event) && creationTimestamp !== ""
}

/** A new object is live, under its own key, with generation 1 in kinds that count. */
export const isLawfulCreation = (event: ObjectEvent): boolean => {
  const { deletionTimestamp, generation } = metaOf(event)
  return isIdentified(event) && isAt(event) && deletionTimestamp === undefined
    && isBeginning(event.resource, generation)
}

/** A namespace ends when its content is gone; all others have a grace. Source: kubernetes registry/core/namespace. */
const hasGrace = (resource: string): boolean => resource !== "namespaces"
const isMarked = (resource: string, deletionTimestamp: string | undefined, grace_s: number | undefined): boolean =>
  (deletionTimestamp !== undefined && hasGrace(resource)) === (grace_s !== undefined)

/** The first that is seen of an object which was there before: whatever it may have come to by then. */
export const isLawfulSight = (event: ObjectEvent): boolean => {
  const { deletionGracePeriodSeconds: grace_s, deletionTimestamp, generation } = metaOf(event)
  return isIdentified(event) && Number(metaOf(event).resourceVersion) <= event.revision
    && isMarked(event.resource, deletionTimestamp, grace_s)
    && isCountedSince(event.resource, generation)
}

const isSameObject = (before: Remembered, event: Updated): boolean => {
  const { creationTimestamp, uid } = metaOf(event)
  const { metadata } = event.previous as ApiObject
  return uid === before.uid && event.key === before.key && keyMatches(event) && isAt(event)
    && event.revision > before.revision && creationTimestamp === before.creationTimestamp
    && Number(metadata.resourceVersion) === before.revision && metadata.uid === before.uid
}

/**
 * Once set it stays. A shorter grace moves its time back by as much as the grace shrinks, but not before now: it can
 * even move forward. Source: apiserver registry/rest/delete.go BeforeDelete, v1.36.
 */
export const deletionIsLawful = (before: Remembered, meta: ObjectMeta, resource: string): boolean => {
  const { deletionGracePeriodSeconds: grace_s, deletionTimestamp } = meta
  if (before.deletionTimestamp === undefined) {
    return isMarked(resource, deletionTimestamp, grace_s) && (grace_s ?? 0) >= 0
  }
  if (!hasGrace(resource)) return deletionTimestamp === before.deletionTimestamp && grace_s === undefined
  if (deletionTimestamp === undefined || grace_s === undefined || before.grace_s === undefined) return false
  if (grace_s === before.grace_s) return deletionTimestamp === before.deletionTimestamp
  const shrunk_ms = (before.grace_s - grace_s) * 1000
  return grace_s >= 0 && shrunk_ms > 0
    && millisOf(deletionTimestamp) >= millisOf(before.deletionTimestamp) - shrunk_ms
}

/** Those of the garbage collector, which another DELETE may still ask for. Source: apiserver registry store.go. */
const ofCollector: ReadonlyArray<string> = ["orphan", "foregroundDeletion"]
const finalizersAreLawful = (before: Remembered, meta: ObjectMeta): boolean => before.deletionTimestamp === undefined
  || (meta.finalizers ?? []).every((finalizer) => before.finalizers.includes(finalizer) ||
    ofCollector.includes(finalizer))

/**
 * Generation counts what its kind counts, and the beginning of the deletion. `isCounted` undefined: it may or may not.
 */
const generationIsLawful = (
  before: Remembered, { deletionTimestamp, generation }: ObjectMeta, isCounted: boolean | undefined
): boolean => {
  if (before.generation === undefined) return generation === undefined
  if (before.deletionTimestamp === undefined && deletionTimestamp !== undefined) {
    return generation === before.generation + 1
  }
  return generation === before.generation + (isCounted === true ? 1 : 0)
    || (isCounted === undefined && generation === before.generation + 1)
}

const withoutVersion = (object: ApiObject): object =>
  ({ ...object, metadata: { ...object.metadata, resourceVersion: "" } })

/** Which parts of the object an update changed. */
export interface Changes {
  readonly spec: boolean
  readonly status: boolean
}
const partOf = (object: ApiObject, part: "spec" | "status"): unknown =>
  (object as { readonly spec?: unknown; readonly status?: unknown })[part]
export const changesOf = (event: Updated): Changes => {
  const previous = event.previous as ApiObject
  const object = objectOf(event)
  return {
    spec: !equal(partOf(previous, "spec"), partOf(object, "spec")),
    status: !equal(partOf(previous, "status"), partOf(object, "status"))
  }
}

const contentOf = (object: ApiObject): object => ({ ...object, metadata: object.metadata.labels })
/** Is the change one that the generation counts? Annotations that come alone may be written through either door. */
const isCountedBy = (generations: Generations, event: Updated, changes: Changes): boolean | undefined => {
  const previous = event.previous as ApiObject
  switch (generations) {
    case "spec": return changes.spec
    case "annotations": return changes.spec ? true : changes.status
      || equal(previous.metadata.annotations ?? {}, metaOf(event).annotations ?? {}) ? false : undefined
    case "content": return !equal(contentOf(previous), contentOf(objectOf(event)))
    default: return false
  }
}
const isCountedRightly = (before: Remembered, event: Updated, changes: Changes, known?: boolean): boolean => {
  const generations = generationsOf(event.resource)
  return generations === undefined
    || generationIsLawful(before, metaOf(event), known ?? isCountedBy(generations, event, changes))
}

/**
 * Whatever the kind: same identity, next revision, and something changed that may. `isCounted`: whether the change is
 * one of those that the generation counts, where that does not follow from what changed.
 */
export const isLawfulChange = (
  before: Remembered, event: Updated, changes: Changes, isCounted?: boolean
): boolean => {
  const meta = metaOf(event)
  return isSameObject(before, event) && deletionIsLawful(before, meta, event.resource)
    && finalizersAreLawful(before, meta)
    && isCountedRightly(before, event, changes, isCounted)
    && (changes.spec || changes.status
      || !equal(withoutVersion(event.previous as ApiObject), withoutVersion(objectOf(event))))
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
export const graceIsOver = ({ deletionTimestamp, grace_s }: Remembered): boolean =>
  deletionTimestamp !== undefined && (grace_s ?? 0) === 0
export const isStillHeld = (event: ObjectEvent): boolean => isHeld(metaOf(event))
