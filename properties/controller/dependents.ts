/**
 * controller/dependents: what the controllers of a recorded cluster promise alike: what they make is made for an object
 * that is there, and they report on each generation. 81, on committed objects alone.
 *
 * Legal exceptions: a creation that crosses with the end of its owner.
 */
import type { Line } from "#model/events.ts"
import { apiVersionOf } from "#model/kinds.ts"
import type { OwnerReference } from "#model/objects/metadata.ts"
import { kindOf, type KeptResource, type ObservedResource } from "#model/observed.ts"
import { Eyes } from "#properties/controller/recent.ts"
import { type History, isChange } from "#properties/history.ts"
import { kept, type Obligation, type Said } from "#properties/property.ts"

interface Meta {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly generation?: number
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly ownerReferences?: ReadonlyArray<OwnerReference>
}
/** Any object, as far as these promises look at it. */
interface Thing {
  readonly metadata: Meta
  readonly status?: { readonly observedGeneration?: number }
}

export const controllerIn = (
  object: { readonly metadata: Pick<Meta, "ownerReferences"> }
): OwnerReference | undefined => object.metadata.ownerReferences?.find(({ controller }) => controller === true)

/** The live GET comes before the write: the owner may go between the two, but not long before. */
const crossing_ms = 130_000 // ASSUMED: two requests of at most 60 s, and what lies between.

/**
 * "… made for one that exists": its controller is there, bears the name that the reference gives, and blocks its own
 * removal. `wrong` says what else is not right about it.
 */
export const madeForTheLiving = (
  of: ObservedResource & KeptResource, owns: KeptResource,
  wrong?: (owner: unknown, made: unknown, line: Line, history: History) => string | undefined
) => (history: History) => {
  const kind = kindOf(of)!
  return (line: Line): Said => {
    const { at_ms, event } = line
    if (event.type !== "object.created" || event.resource !== owns) return undefined
    const made = event.object as unknown as Thing
    const reference = controllerIn(made)
    if (reference?.kind !== kind.kind || reference.apiVersion !== apiVersionOf(kind)) return undefined
    const owner = history.now[of].known(reference.uid) as Thing | undefined
    const what = `${owns} ${made.metadata.name}`
    if (owner === undefined) {
      return `${what} was made for ${reference.name} (${reference.uid}), which never was`
    }
    const gone = history.now[of].versions(reference.uid).findLast(({ object }) => object === undefined)
    if (gone !== undefined && at_ms - gone.at_ms > crossing_ms) {
      return `${what} was made for ${reference.name}, which is gone`
    }
    if (owner.metadata.name !== reference.name || owner.metadata.namespace !== made.metadata.namespace) {
      return `${what} names its controller ${reference.name}; it is ${owner.metadata.namespace}/${owner.metadata.name}`
    }
    if (reference.blockOwnerDeletion !== true) return `${what} does not block the removal of ${reference.name}`
    return wrong?.(owner, made, line, history) ?? kept
  }
}

/** A new leader after 21 s, its informers, a back-off in between. */
const reports_ms = 60_000 // ASSUMED

/**
 * "… is reported on": since when its status is of another generation than its own. Of who is being deleted not all
 * controllers say anything more.
 */
export const isReportedOn = (
  of: ObservedResource & KeptResource, isExcused: (object: unknown) => boolean = () => false
) => (history: History) => {
  const open = new Map<string, Obligation>()
  return {
    line: ({ at_ms, entity, event }: Line): number | void => {
      if (event.type !== "object.seen" && !isChange(event)) return
      if (event.resource !== of) return
      const { metadata, status } = event.object as unknown as Thing
      const isTold = status?.observedGeneration === metadata.generation || metadata.deletionTimestamp !== undefined
      if (event.type === "object.deleted" || isTold || isExcused(event.object) || isEnding(history, metadata)) {
        open.delete(entity)
      } else if (!open.has(entity)) {
        open.set(entity, { entity: `${of} ${metadata.name}`, since_ms: at_ms, within_ms: reports_ms })
        return 1
      }
    },
    open: () => open.values()
  }
}
const isEnding = ({ now }: History, { namespace }: Meta): boolean =>
  now.namespaces.named(namespace ?? "")?.metadata.deletionTimestamp !== undefined

/** "observes no generation before the last". Who was stopped and does not lead any more may write an older report. */
export const reportsInOrder = (of: ObservedResource & KeptResource) => (history: History) => {
  const eyes = history.part(Eyes)
  return ({ at_ms, entity, event }: Line): Said => {
    if (event.type !== "object.updated" || event.resource !== of) return undefined
    const [before, after] = [event.previous as unknown as Thing, event.object as unknown as Thing]
    const [was = 0, is = 0] = [before.status?.observedGeneration, after.status?.observedGeneration]
    if (was === is || was > (before.metadata.generation ?? 0)) return undefined
    return is > was ? kept : !eyes.areClear(at_ms, entity) ? undefined
      : `${of} ${after.metadata.name}: generation ${is} was observed after generation ${was}`
  }
}
