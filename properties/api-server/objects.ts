/** What holds for every stored object, on the committed history. Source: ../reference/invariants.md 14 to 24, 47, 81. */
import type { ApiObject, ReplicaSet } from "#model/objects.ts"
import { equal } from "#model/objects/equality.ts"
import { type Change, Objects, Predecessors, versionOf } from "#properties/api-server/history.ts"
import { always, type Property } from "#properties/property.ts"
import type { Line } from "#model/events.ts"

/** A property of single changes, given what the key held before. */
const ofChanges = (
  name: string, invariants: ReadonlyArray<number>, wrong: (change: Change) => string | undefined
): Property => always(name, invariants, () => {
  const objects = new Objects()
  return (line) => {
    const change = objects.hear(line)
    return change === undefined ? undefined : wrong(change)
  }
})
/** Of changes that write an object over itself. */
const ofUpdates = (
  name: string, invariants: ReadonlyArray<number>,
  wrong: (object: ApiObject, before: ApiObject, change: Change) => string | undefined
): Property => ofChanges(name, invariants, (change) =>
  change.object === undefined || change.before === undefined || change.told.type !== "object.updated" ? undefined
    : wrong(change.object, change.before, change))

const statusOf = (object: ApiObject): unknown => ("status" in object ? object.status : undefined)
const withoutVersion = (object: ApiObject): object =>
  ({ ...object, metadata: { ...object.metadata, resourceVersion: "" } })
const at = ({ key, revision }: Change): string => `${key} at revision ${revision}`
const finalizersOf = (object: ApiObject): ReadonlyArray<string> => object.metadata.finalizers ?? []

const withoutScheduled = (object: ApiObject): unknown => object.kind !== "Pod" ? statusOf(object) : {
  ...object.status, conditions: (object.status.conditions ?? []).filter((condition) => condition.type !== "PodScheduled")
}
const isBinding = (object: ApiObject, before: ApiObject): boolean => object.kind === "Pod" && before.kind === "Pod"
  && (before.spec.nodeName ?? "") === "" && (object.spec.nodeName ?? "") !== ""

const lostUpdates = always("a write that carries a resourceVersion is committed on that version only", [15], () => {
  const history = new Predecessors()
  const writes = new Map<string, { readonly key: string; readonly expected: number }>()
  return (line: Line) => {
    if (history.hear(line)) return undefined
    const { actor, entity, event } = line
    if (event.type === "write.requested" && event.verb !== "delete" && event.expected > 0) {
      writes.set(`${actor} ${entity}`, { key: event.key, expected: event.expected })
    }
    if (event.type !== "write.done" && event.type !== "write.refused" && event.type !== "write.outcomeUnknown") {
      return undefined
    }
    const write = writes.get(`${actor} ${entity}`)
    writes.delete(`${actor} ${entity}`)
    if (write === undefined || event.type !== "write.done" || event.revision === write.expected) return undefined
    const change = history.at(event.revision)
    if (change?.key === write.key && change.before === write.expected) return undefined
    return `${write.key} was to be written on revision ${write.expected}; revision ${event.revision} wrote `
      + (change === undefined ? "nothing" : `${change.key} on ${change.before}`)
  }
})

const preconditions = always("a deletion with a uid touches the object with that uid only", [19], () => {
  const history = new Predecessors()
  const deletions = new Map<string, { readonly key: string; readonly uid: string }>()
  return (line: Line) => {
    if (history.hear(line)) return undefined
    const { actor, entity, event } = line
    if (event.type === "write.requested" && event.verb === "delete" && event.uid !== "") {
      deletions.set(`${actor} ${entity}`, { key: event.key, uid: event.uid })
    }
    if (event.type !== "write.done") return undefined
    const deletion = deletions.get(`${actor} ${entity}`)
    deletions.delete(`${actor} ${entity}`)
    const change = deletion === undefined ? undefined : history.at(event.revision)
    return deletion === undefined || (event.uid === deletion.uid && change?.uid === deletion.uid) ? undefined
      : `${deletion.key} was to be deleted with uid ${deletion.uid}; revision ${event.revision} changed `
        + (change?.uid ?? event.uid)
  }
})

const uids = always("a uid is given once, and an object keeps it", [18], () => {
  const objects = new Objects()
  const given = new Set<string>()
  return (line: Line) => {
    const change = objects.hear(line)
    if (change === undefined) return undefined
    const uid = (change.object ?? change.told.object as ApiObject).metadata.uid
    if (change.told.type !== "object.created") {
      return change.before === undefined || change.before.metadata.uid === uid ? undefined
        : `${at(change)}: uid ${change.before.metadata.uid} became ${uid}`
    }
    if (given.has(uid) || uid === "") return `${at(change)} got the uid "${uid}", which is not new`
    given.add(uid)
    return undefined
  }
})

const finalizers = always("an object that finalizers hold is not removed", [21], () => {
  const objects = new Objects()
  /** The version of the object whose last finalizer a server was about to take. */
  const emptied = new Map<string, Set<number>>()
  return (line: Line) => {
    if (line.event.type === "finalizers.emptied") {
      const versions = emptied.get(line.entity) ?? new Set()
      emptied.set(line.entity, versions.add(line.event.revision))
      return undefined
    }
    const change = objects.hear(line)
    if (change === undefined || change.object !== undefined || change.before === undefined) return undefined
    const { uid } = change.before.metadata
    const isEmptied = emptied.get(uid)?.has(versionOf(change.before)) === true
    emptied.delete(uid)
    return finalizersOf(change.before).length === 0 || isEmptied ? undefined
      : `${at(change)} was removed with the finalizers ${finalizersOf(change.before).join(", ")}`
  }
})

export const objectProperties: ReadonlyArray<Property> = [
  ofChanges("an object's resourceVersion rises with each change, its deletion included", [14], (change) => {
    const before = change.before === undefined ? 0 : versionOf(change.before)
    const now = versionOf(change.told.object as ApiObject)
    return now === change.revision && now > before ? undefined : `${at(change)}: version ${now} follows ${before}`
  }),
  lostUpdates,
  ofUpdates("a write that changes nothing is not committed", [16], (object, before, change) =>
    equal(withoutVersion(object), withoutVersion(before)) ? `${at(change)} is what was there before` : undefined),
  ofChanges("at most one object has a name", [17], (change) =>
    change.told.type === "object.created" && change.before !== undefined
      ? `${at(change)} was created while ${change.before.metadata.uid} was there` : undefined),
  uids,
  preconditions,
  ofUpdates("a deletion once asked for is never taken back, and its grace only shrinks", [20, 47],
    ({ metadata: now }, { metadata: before }, change) => {
      if (before.deletionTimestamp === undefined) return undefined
      const isKept = now.deletionTimestamp !== undefined && now.deletionTimestamp <= before.deletionTimestamp
        && (now.deletionGracePeriodSeconds ?? Infinity) <= (before.deletionGracePeriodSeconds ?? Infinity)
      return isKept ? undefined : `${at(change)}: deletion ${before.deletionTimestamp} (grace `
        + `${before.deletionGracePeriodSeconds}) became ${now.deletionTimestamp} (${now.deletionGracePeriodSeconds})`
    }),
  finalizers,
  ofUpdates("no finalizer is added to an object that is being deleted", [22], (object, before, change) => {
    if (before.metadata.deletionTimestamp === undefined) return undefined
    const added = finalizersOf(object).filter((finalizer) => !finalizersOf(before).includes(finalizer))
    return added.length === 0 ? undefined : `${at(change)} got ${added.join(", ")}`
  }),
  ofUpdates("generation counts changes of the spec and the first deletion, and nothing else", [23],
    (object, before, change) => {
      const generation = before.metadata.generation
      const isFirstDelete = before.metadata.deletionTimestamp === undefined
        && object.metadata.deletionTimestamp !== undefined
      const counted = generation > 0 && (isFirstDelete || !equal(object.spec, before.spec)) ? 1 : 0
      return object.metadata.generation === generation + counted ? undefined
        : `${at(change)}: generation ${generation} became ${object.metadata.generation}`
    }),
  ofChanges("status.observedGeneration is never ahead of metadata.generation", [23], (change) => {
    const { object } = change
    if (object === undefined || object.kind !== "ReplicaSet") return undefined
    const { metadata, status }: ReplicaSet = object
    return (status.observedGeneration ?? 0) <= metadata.generation ? undefined
      : `${at(change)}: observed ${status.observedGeneration} of ${metadata.generation}`
  }),
  // A binding writes the node's name and that it is scheduled, in one step.
  ofUpdates("a write touches the spec or the status, not both", [24], (object, before, change) => {
    if (equal(object.spec, before.spec)) return undefined
    const isSame = isBinding(object, before) ? equal(withoutScheduled(object), withoutScheduled(before))
      : equal(statusOf(object), statusOf(before))
    return isSame ? undefined : `${at(change)} changed both`
  }),
  ofChanges("an object has at most one controller", [81], (change) => {
    const owners = change.object?.metadata.ownerReferences?.filter(({ controller }) => controller === true) ?? []
    return owners.length <= 1 ? undefined : `${at(change)} has ${owners.map(({ uid }) => uid).join(" and ")}`
  })
]
