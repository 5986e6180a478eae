/**
 * controller/owners: 81: only lawful owners: how objects come to their controllers and leave them. Judged on committed
 * objects, and on what controllers say they did.
 * Source: controller_ref_manager.go AdoptPod and ReleasePod, v1.36: a patch that adds or takes one reference.
 */
import { controllerOf } from "#model/controller.ts"
import type { Line } from "#model/events.ts"
import { type ApiObject, apiVersionOf, kinds, type Objects, type Resource } from "#model/kinds.ts"
import { equal } from "#model/objects/equality.ts"
import { changeOf, keyIn, type Ruled } from "#properties/controller/ruled.ts"
import { kept, type LeadsTo, type Obligation, type Said } from "#properties/property.ts"

/** The live GET comes before the patch: the owner may go between the two, but not long before. */
const adoptionRace_ms = 130_000 // ASSUMED: two requests of at most 60 s, and what lies between.

type Always = () => (line: Line) => Said
type Owners = NonNullable<ApiObject["metadata"]["ownerReferences"]>
const ownersOf = (object: ApiObject | undefined): Owners => object?.metadata.ownerReferences ?? []

/** "… has at most one controller". */
export const oneController = (owns: Resource): Always => () => (line) => {
  const change = changeOf(line)
  if (change?.object === undefined || change.resource !== owns) return undefined
  const controllers = ownersOf(change.object).filter(({ controller }) => controller === true)
  return controllers.length === 0 ? undefined : controllers.length === 1 ? kept
    : `${change.object.metadata.name} is controlled by ${controllers.map(({ name }) => name).join(" and ")}`
}

/** The controller that the change brought. */
const comesTo = (before: ApiObject | undefined, after: ApiObject): Owners[number] | undefined => {
  const owner = controllerOf(after)
  return owner === undefined || (before !== undefined && controllerOf(before)?.uid === owner.uid) ? undefined : owner
}

/** "what no longer counts is not adopted". Its last words may cross with the adoption, not more. */
export const adoptsWhatCounts = <R extends Resource, W extends Resource>(
  { counts, of, owns }: Ruled<R, W>
): Always => () => {
  const endedAt_ms = new Map<string, number>()
  return (line) => {
    const change = changeOf(line)
    if (change === undefined || change.resource !== owns) return undefined
    const { object, previous } = change
    const { at_ms, entity } = line
    if (object === undefined) {
      endedAt_ms.delete(entity)
      return undefined
    }
    const owner = previous === undefined ? undefined : comesTo(previous, object)
    const ended_ms = endedAt_ms.get(entity)
    if (ended_ms === undefined && !counts(object as Objects[W])) endedAt_ms.set(entity, at_ms)
    if (owner === undefined || owner.kind !== kinds[of].kind) return undefined
    return ended_ms === undefined || at_ms - ended_ms <= adoptionRace_ms ? kept
      : `${object.metadata.name} was adopted by ${owner.name} although it has ended at ${Math.round(ended_ms)} ms`
  }
}

/** "… is created or adopted only for an owner that exists": a creation too may cross with the end of its owner. */
export const livesWithTheLiving = <R extends Resource, W extends Resource>({ of, owns }: Ruled<R, W>): Always => () => {
  const live = new Set<string>()
  const goneAt_ms = new Map<string, number>()
  return (line) => {
    const change = changeOf(line)
    if (change === undefined) return undefined
    const { object, previous, resource } = change
    const { at_ms, entity } = line
    if (resource === of) {
      if (object === undefined) {
        live.delete(entity)
        goneAt_ms.set(entity, at_ms)
      } else live.add(entity)
      return undefined
    }
    const owner = resource !== owns || object === undefined ? undefined : comesTo(previous, object)
    if (owner === undefined || owner.kind !== kinds[of].kind) return undefined
    if (live.has(owner.uid)) return kept
    const gone_ms = goneAt_ms.get(owner.uid)
    return gone_ms !== undefined && at_ms - gone_ms <= adoptionRace_ms ? kept
      : `${object!.metadata.name} came to ${owner.name} (${owner.uid}), which ` +
        (gone_ms === undefined ? "never was" : "is gone")
  }
}

/** "… comes to one owner or leaves one at a time, and its other owners stay". */
export const changesOneOwner = <R extends Resource, W extends Resource>({ of, owns }: Ruled<R, W>): Always => () => {
  const names = new Map<string, string>()
  const isWrong = (owner: Owners[number]): boolean => owner.kind === kinds[of].kind && (
    owner.apiVersion !== apiVersionOf(kinds[of]) || owner.controller !== true || owner.blockOwnerDeletion !== true
    || (names.has(owner.uid) && names.get(owner.uid) !== owner.name))
  return (line) => {
    const change = changeOf(line)
    if (change?.object === undefined) return undefined
    const { object, previous, resource } = change
    if (resource === of && previous === undefined) names.set(line.entity, object.metadata.name)
    if (resource !== owns || previous === undefined) return undefined
    const [before, after] = [ownersOf(previous), ownersOf(object)]
    if (before === after || (before.length === 0 && after.length === 0)) return undefined
    const come = after.filter((owner) => !before.some((other) => equal(owner, other)))
    const gone = before.filter((owner) => !after.some((other) => equal(owner, other)))
    if (come.length + gone.length > 1 || before.length + come.length !== after.length + gone.length) {
      return `${object.metadata.name} had the owners ${JSON.stringify(before)} and has ${JSON.stringify(after)}`
    }
    const wrong = come.find(isWrong)
    return wrong === undefined ? come.length + gone.length === 0 ? undefined : kept
      : `${object.metadata.name} came to the owner ${JSON.stringify(wrong)}`
  }
}

/** The answer to the patch, or a request's time-out. */
const tell_ms = 75_000 // ASSUMED

/** "… comes and leaves by its controller's doing". Who did it may have ended, or not have been answered. */
export const movesByItsController = <R extends Resource, W extends Resource>(
  { of, owns, queue }: Ruled<R, W>
): LeadsTo["make"] => () => {
  const open = new Map<string, Obligation>()
  /** When a controller was last gone from what it had asked for: that may be done all the same, and nobody tells. */
  let left_ms = -Infinity
  const leave = (at_ms: number): void => {
    left_ms = at_ms
    open.clear()
  }
  return {
    line: (line) => {
      const { actor, at_ms, entity, event, seq } = line
      switch (event.type) {
        case "object.updated": {
          if (event.resource !== owns || at_ms - left_ms <= tell_ms) return
          const [before, after] = [controllerOf(event.previous), controllerOf(event.object)]
          if (before?.uid === after?.uid || (after ?? before)!.kind !== kinds[of].kind) return
          open.set(`${entity} ${event.revision}`, { entity: event.key, since_ms: at_ms, seq, within_ms: tell_ms })
          return
        }
        case "sync.wrote":
          if (event.verb !== "patch" || keyIn(queue, entity) === undefined) return
          open.delete(`${event.uid} ${event.revision}`)
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
