/**
 * 81: how pods come to ReplicaSets and leave them. Judged on committed objects, and on what controllers say they did.
 * Source: controller_ref_manager.go AdoptPod and ReleasePod, v1.36: a patch that adds or takes one reference.
 */
import type { Line } from "#model/events.ts"
import type { OwnerReference } from "#model/objects/metadata.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import type { Obligation } from "#properties/property.ts"
import { controllerOf } from "#properties/controllers/replica-set/census.ts"

type Owners = ReadonlyArray<OwnerReference>

const ownersChanged = ({ event }: Line): readonly [Owners, Owners] | undefined => {
  if (event.type !== "object.updated" || event.resource !== "pods") return undefined
  const before = (event.previous as Pod).metadata.ownerReferences ?? []
  const after = (event.object as Pod).metadata.ownerReferences ?? []
  return before === after || before.length === 0 && after.length === 0 ? undefined : [before, after]
}

const missing = (owners: Owners, others: Owners): Owners => {
  const texts = new Set(others.map((owner) => JSON.stringify(owner)))
  return owners.filter((owner) => !texts.has(JSON.stringify(owner)))
}

/** "a pod comes to one owner or leaves one at a time, and its other owners stay". */
export const changesOneOwner = (): (line: Line) => string | undefined => {
  const names = new Map<string, string>()
  const wrongReference = (owner: OwnerReference): boolean => owner.kind !== "ReplicaSet" ||
    owner.apiVersion !== "apps/v1" || owner.controller !== true || owner.blockOwnerDeletion !== true ||
    names.has(owner.uid) && names.get(owner.uid) !== owner.name
  return (line) => {
    const { entity, event } = line
    if (event.type === "object.created" && event.resource === "replicasets") {
      names.set(entity, (event.object as ReplicaSet).metadata.name)
    }
    const changed = ownersChanged(line)
    if (changed === undefined || event.type !== "object.updated") return undefined
    const [before, after] = changed
    const come = missing(after, before)
    const gone = missing(before, after)
    if (come.length + gone.length > 1 || before.length + come.length !== after.length + gone.length) {
      return `${event.key} had the owners ${JSON.stringify(before)} and has ${JSON.stringify(after)}`
    }
    const wrong = come.find(wrongReference)
    return wrong === undefined ? undefined : `${event.key} came to the owner ${JSON.stringify(wrong)}`
  }
}

/** "who says that it adopted a pod has become its controller". */
export const adoptsAsItSays = (): (line: Line) => string | undefined => {
  /** By pod: who controlled it at any time. */
  const controllers = new Map<string, Set<string>>()
  return ({ actor, entity, event }) => {
    if (event.type === "replicaSet.podAdopted") {
      return controllers.get(event.uid)?.has(entity) === true ? undefined
        : `${actor} says that ${entity} adopted ${event.uid}, which it never controlled`
    }
    if (event.type !== "object.updated" || event.resource !== "pods") return undefined
    const owner = controllerOf(event.object as Pod)?.uid
    if (owner === undefined || controllerOf(event.previous as Pod)?.uid === owner) return undefined
    controllers.set(entity, (controllers.get(entity) ?? new Set()).add(owner))
    return undefined
  }
}

/** The answer to the patch, or a request's time-out. */
const tell_ms = 75_000 // ASSUMED

/** "a pod leaves its ReplicaSet by the set's own controller". Who did it may have ended, or not have been answered. */
export const leavesByItsController = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const open = new Map<string, Obligation>()
  /** When a controller was last gone from what it had asked for: that may be done all the same, and nobody tells. */
  let left_ms = -Infinity
  const leave = (at_ms: number) => {
    left_ms = at_ms
    open.clear()
  }
  return {
    line: (line) => {
      const { actor, at_ms, entity, event } = line
      switch (event.type) {
        case "object.updated": {
          if (ownersChanged(line) === undefined) return
          const owner = controllerOf(event.previous as Pod)?.uid
          if (owner === undefined || controllerOf(event.object as Pod)?.uid === owner) return
          if (at_ms - left_ms <= tell_ms) return
          open.set(`${entity} ${owner}`, { entity: event.key, since_ms: at_ms, within_ms: tell_ms })
          return
        }
        case "replicaSet.podReleased":
          open.delete(`${event.uid} ${entity}`)
          return
        case "process.crashed":
        case "process.stopped":
          if (event.process.startsWith("controller-manager/")) leave(at_ms)
          return
        case "request.outcomeUnknown":
          if (actor.startsWith("controller-manager/")) leave(at_ms)
          return
        default:
      }
    },
    open: () => open.values()
  }
}
