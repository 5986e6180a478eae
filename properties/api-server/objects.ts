/** What holds for every stored object, on the committed history. Source: ../reference/invariants.md 14-24, 47, 81. */
import type { ApiObject } from "#model/kinds.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { equal } from "#model/objects/equality.ts"
import { generationsOf } from "#model/observed.ts"
import { at, isObject, ofUpdates, versionOf } from "#properties/api-server/history.ts"
import { ByActor } from "#properties/by-actor.ts"
import { always, kept, needing, type Property } from "#properties/property.ts"
import type { Line } from "#model/events.ts"

const specOf = (object: ApiObject): unknown => ("spec" in object ? object.spec : undefined)
const statusOf = (object: ApiObject): unknown => ("status" in object ? object.status : undefined)
const withoutVersion = (object: ApiObject): object =>
  ({ ...object, metadata: { ...object.metadata, resourceVersion: "" } })
/** What differs mostly, the spec or the status, is compared before anything is copied. */
const isUnchanged = (object: ApiObject, before: ApiObject): boolean =>
  equal(specOf(object), specOf(before)) && equal(statusOf(object), statusOf(before)) &&
  equal(withoutVersion(object), withoutVersion(before))
const finalizersOf = (object: ApiObject): ReadonlyArray<string> => object.metadata.finalizers ?? []

/** What a binding leaves as it is: it clears the nomination, and says that the pod is scheduled. */
const withoutScheduled = (object: ApiObject): unknown => {
  if (object.kind !== "Pod") return statusOf(object)
  const { nominatedNodeName: _nominated, conditions = [], ...status } = object.status
  return { ...status, conditions: conditions.filter(({ type }) => type !== "PodScheduled") }
}
const isBinding = (object: ApiObject, before: ApiObject): boolean => object.kind === "Pod" && before.kind === "Pod"
  && (before.spec.nodeName ?? "") === "" && (object.spec.nodeName ?? "") !== ""

const onItsVersion = "a write that carries a resourceVersion is committed on that version only"
const lostUpdates = needing(["objects", "requests", "versions"], always(onItsVersion, [15], ({ changes }) => {
  const writes = new ByActor<{ readonly key: string; readonly expected: number }>()
  return ({ actor, entity, event }) => {
    if (event.type === "write.requested" && event.verb !== "delete" && event.expected > 0
      && changes.isTold(event.resource)) {
      writes.set(actor, entity, { key: event.key, expected: event.expected })
    }
    if (event.type !== "write.done" && event.type !== "write.refused" && event.type !== "write.outcomeUnknown") {
      return undefined
    }
    const write = writes.take(actor, entity)
    if (write === undefined || event.type !== "write.done" || event.revision === write.expected) return undefined
    const change = changes.at(event.revision)
    if (change?.key === write.key && change.before === write.expected) return kept
    return `${write.key} was to be written on revision ${write.expected}; revision ${event.revision} wrote `
      + (change === undefined ? "nothing" : `${change.key} on ${change.before}`)
  }
}, ["write."]))

const preconditions = always("a deletion with a uid touches the object with that uid only", [19], ({ changes }) => {
  const deletions = new ByActor<{ readonly key: string; readonly uid: string }>()
  return ({ actor, entity, event }) => {
    if (event.type === "write.requested" && event.verb === "delete" && event.uid !== ""
      && changes.isTold(event.resource)) {
      deletions.set(actor, entity, { key: event.key, uid: event.uid })
    }
    if (event.type !== "write.done") return undefined
    const deletion = deletions.take(actor, entity)
    const change = deletion === undefined ? undefined : changes.at(event.revision)
    return deletion === undefined ? undefined : event.uid === deletion.uid && change?.uid === deletion.uid ? kept
      : `${deletion.key} was to be deleted with uid ${deletion.uid}; revision ${event.revision} changed `
        + (change?.uid ?? event.uid)
  }
}, ["write."])

const versions = always("an object's resourceVersion rises with each change, its deletion included", [14], () => {
  const last = new Map<string, number>()
  return ({ entity, event }: Line) => {
    if (!isObject(event)) return undefined
    const before = last.get(entity) ?? 0
    const now = versionOf(event.object as ApiObject)
    if (event.type === "object.deleted") last.delete(entity)
    else last.set(entity, now)
    if (now !== event.revision || now <= before) return `${at(event)}: version ${now} follows ${before}`
    return before === 0 ? undefined : kept
  }
}, ["object."])

const names = always("at most one object has a name", [17], () => {
  const taken = new Map<string, string>()
  return ({ entity, event }: Line) => {
    if (!isObject(event)) return undefined
    const holder = taken.get(event.key)
    if (event.type === "object.deleted") taken.delete(event.key)
    else taken.set(event.key, entity)
    return event.type !== "object.created" ? undefined : holder === undefined ? kept
      : `${at(event)} was created while ${holder} was there`
  }
}, ["object.created", "object.deleted"])

const uids = always("a uid is given once, and an object keeps it", [18], () => {
  const given = new Set<string>()
  return ({ event }: Line) => {
    if (!isObject(event)) return undefined
    const { uid } = (event.object as ApiObject).metadata
    if (event.type === "object.updated") {
      const before = (event.previous as ApiObject).metadata.uid
      return before === uid ? kept : `${at(event)}: uid ${before} became ${uid}`
    }
    if (event.type === "object.deleted") return undefined
    if (given.has(uid) || uid === "") return `${at(event)} got the uid "${uid}", which is not new`
    given.add(uid)
    return kept
  }
}, ["object."])

const finalizers = always("an object that finalizers hold is not removed", [21], () => {
  /** The version of the object whose last finalizer a server was about to take. */
  const emptied = new Map<string, Set<number>>()
  const last = new Map<string, number>()
  return ({ entity, event }: Line) => {
    if (event.type === "finalizers.emptied") {
      const versionsOfUid = emptied.get(entity) ?? new Set()
      emptied.set(entity, versionsOfUid.add(event.revision))
      return undefined
    }
    if (!isObject(event)) return undefined
    const held = finalizersOf(event.object as ApiObject)
    if (event.type !== "object.deleted") {
      if (held.length > 0) last.set(entity, event.revision)
      return undefined
    }
    const isEmptied = emptied.get(entity)?.has(last.get(entity) ?? 0) === true
    emptied.delete(entity)
    last.delete(entity)
    return held.length === 0 || isEmptied ? undefined
      : `${at(event)} was removed with the finalizers ${held.join(", ")}`
  }
}, ["object.", "finalizers."])

export const objectProperties: ReadonlyArray<Property> = [
  versions,
  lostUpdates,
  ofUpdates("a write that changes nothing is not committed", [16], (object, before, event) =>
    isUnchanged(object, before) ? `${at(event)} is what was there before` : kept),
  names,
  uids,
  preconditions,
  ofUpdates("a deletion once asked for is never taken back, and its grace only shrinks", [20, 47],
    ({ metadata: now }, { metadata: before }, event) => {
      if (before.deletionTimestamp === undefined) return undefined
      const [graceNow = Infinity, graceBefore = Infinity] =
        [now.deletionGracePeriodSeconds, before.deletionGracePeriodSeconds]
      // A shorter grace that would have ended before now ends now, which may be later than what was said.
      const isKept = now.deletionTimestamp !== undefined && (graceNow < graceBefore ||
        (graceNow === graceBefore && now.deletionTimestamp === before.deletionTimestamp))
      return isKept ? kept : `${at(event)}: deletion ${before.deletionTimestamp} (grace `
        + `${before.deletionGracePeriodSeconds}) became ${now.deletionTimestamp} (${now.deletionGracePeriodSeconds})`
    }),
  finalizers,
  ofUpdates("no finalizer is added to an object that is being deleted", [22], (object, before, event) => {
    if (before.metadata.deletionTimestamp === undefined) return undefined
    const added = finalizersOf(object).filter((finalizer) => !finalizersOf(before).includes(finalizer))
    return added.length === 0 ? kept : `${at(event)} got ${added.join(", ")}`
  }),
  ofUpdates("generation counts changes of the spec and the first deletion, and nothing else", [23],
    (object, before, event) => {
      const generation = before.metadata.generation
      // Others count what is not their spec.
      const counted = generationsOf(event.resource)
      if (counted === "content" || counted === "annotations" || counted === undefined) return undefined
      const isFirstDelete = before.metadata.deletionTimestamp === undefined
        && object.metadata.deletionTimestamp !== undefined
      if (generation === undefined) {
        return object.metadata.generation === undefined ? kept : `${at(event)}: a generation where none is counted`
      }
      // A binding is written past the strategy that counts.
      const isCounted = isFirstDelete || (counted === "spec" && !equal(specOf(object), specOf(before))
        && !isBinding(object, before))
      return object.metadata.generation === generation + (isCounted ? 1 : 0) ? kept
        : `${at(event)}: generation ${generation} became ${object.metadata.generation}`
    }),
  ofUpdates("status.observedGeneration is never ahead of metadata.generation", [23], (object, _before, event) => {
    if (object.kind !== "ReplicaSet") return undefined
    const { metadata, status }: ReplicaSet = object
    return (status.observedGeneration ?? 0) <= metadata.generation ? kept
      : `${at(event)}: observed ${status.observedGeneration} of ${metadata.generation}`
  }),
  // A binding writes the node's name and that it is scheduled, in one step.
  ofUpdates("a write touches the spec or the status, not both", [24], (object, before, event) => {
    if (equal(specOf(object), specOf(before))) return undefined
    const isSame = isBinding(object, before) ? equal(withoutScheduled(object), withoutScheduled(before))
      : equal(statusOf(object), statusOf(before))
    return isSame ? kept : `${at(event)} changed both`
  }),
  always("an object has at most one controller", [81], () => ({ event }) => {
    if (!isObject(event)) return undefined
    const owners = (event.object as ApiObject).metadata.ownerReferences?.filter(({ controller }) => controller === true)
    const controllers = owners?.length ?? 0
    return controllers === 0 ? undefined : controllers === 1 ? kept
      : `${at(event)} has ${owners!.map(({ uid }) => uid).join(" and ")}`
  }, ["object.created", "object.updated"])
]
