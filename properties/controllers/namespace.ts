/**
 * What the namespace controller promises: a namespace goes with all that is in it, pods first, and not before it is
 * empty. What is created while API servers disagree about its phase may outlive it.
 */
import type { Line } from "#model/events.ts"
import { type ApiObject, keyOf } from "#model/kinds.ts"
import { keptResources, kindOf } from "#model/observed.ts"
import { contentFinalizer, type Namespace } from "#model/objects/namespace.ts"
import { ByActor } from "#properties/by-actor.ts"
import { keyIn } from "#properties/controller/ruled.ts"
import { committed, type History, isChange } from "#properties/history.ts"
import { always, leadsTo, needing, type Obligation, type Property, sometimes } from "#properties/property.ts"

const processEnds = ["process.crashed", "process.stopped"]
const isGoing = ({ metadata }: Pick<ApiObject, "metadata">): boolean => metadata.deletionTimestamp !== undefined

const namespaced = keptResources.filter((resource) => kindOf(resource)?.namespaced === true)
type Inside = Pick<ApiObject, "kind"> & { readonly metadata: ApiObject["metadata"] }
const contentOf = ({ now }: History, namespace: string): ReadonlyArray<Inside> =>
  namespaced.flatMap((resource) => now[resource].by("namespace", namespace) as ReadonlyArray<Inside>)
/** The namespace that a change concerns. */
const namespaceOf = ({ event }: Line): string | undefined => {
  if (!isChange(event)) return undefined
  const { name, namespace } = (event.object as ApiObject).metadata
  return event.resource === "namespaces" ? name : namespace
}

/** A new leader and its informers, 5 s before the look, half of the longest grace, a minute between two failures. */
const goesOn_ms = 300_000 // ASSUMED

/** What is being deleted and held by finalizers, or by its kubelet, is waited for; nothing else is. */
const goesOn = () => (history: History) => {
  const changed = new Map<string, Line>()
  const waits = (inside: ReadonlyArray<Inside>): boolean => {
    const pods = inside.filter(({ kind }) => kind === "Pod")
    return inside.length > 0 && (pods.length > 0 ? pods : inside).every(isGoing)
  }
  return {
    line: (line: Line) => {
      const namespace = namespaceOf(line)
      if (namespace !== undefined) changed.set(namespace, line)
      const change = committed(line, "namespaces")
      return change?.type === "object.updated" && isGoing(change.object) && !isGoing(change.previous) ? 1 : 0
    },
    open: function*(): Iterable<Obligation> {
      for (const namespace of history.now.namespaces.all()) {
        if (!isGoing(namespace) || !isHeldByContent(namespace)) continue
        const { name } = namespace.metadata
        const inside = contentOf(history, name)
        if (waits(inside)) continue
        const { at_ms: since_ms, seq } = changed.get(name)!
        yield { entity: `${name}, ${inside.length} objects`, since_ms, seq, within_ms: goesOn_ms }
      }
    }
  }
}
const isHeldByContent = ({ spec }: Namespace): boolean => spec.finalizers?.includes(contentFinalizer) === true

/** Nothing that was wrong makes a request fail any more. */
const well_ms = 150_000 // ASSUMED: as in controller/converge.ts

/**
 * "pods first", "not before it is empty": of what was there when the sync began, and still is. Whoever cannot delete or
 * list the pods goes on with the rest (deleteAllContent), so their order is judged while nothing is wrong.
 */
const emptiesInOrder = () => (history: History): (line: Line) => string | undefined => {
  const seen = new ByActor<ReadonlySet<string>>()
  return ({ actor, at_ms, entity, event }) => {
    if (event.type === "process.crashed" || event.type === "process.stopped") seen.forget(event.process)
    const namespace = keyIn("namespace", entity)
    if (namespace === undefined) return undefined
    if (event.type === "sync.began") {
      seen.set(actor, entity, new Set(contentOf(history, namespace).map(({ metadata }) => metadata.uid)))
    }
    if (event.type !== "sync.wrote") return undefined
    const before = seen.get(actor, entity)
    const isLast = event.subresource === "finalize"
    if (!isLast && (event.verb !== "deletecollection" || event.resource === "pods")) return undefined
    const { calm } = history
    if (!isLast && !calm.isUntouched && !calm.wasWellFor(well_ms, at_ms)) return undefined
    const left = contentOf(history, namespace).find(({ kind, metadata }) =>
      before?.has(metadata.uid) === true && (isLast || kind === "Pod"))
    return left === undefined ? undefined
      : `${actor} ${isLast ? `lets ${namespace} go` : `deletes ${event.resource} in ${namespace}`}, where `
        + `${left.kind} ${keyOf(left)} was all the time`
  }
}

const said = (type: string, status: string) => () => ({ event }: Line): boolean =>
  event.type === "object.updated" && event.resource === "namespaces" && (event.object as Namespace).status.conditions
    ?.some((one) => one.type === type && one.status === status) === true

export const properties: ReadonlyArray<Property> = [
  needing(["namespaces", "pods", "times"],
    leadsTo("a namespace that is being deleted goes on until it is gone", [97], goesOn(), ["object."])),
  always("the content of a namespace goes before it, and its pods before the rest", [97], emptiesInOrder(),
    ["sync.began", "sync.wrote", ...processEnds]),
  sometimes("a namespace waits for finalizers in it", said("NamespaceFinalizersRemaining", "True"),
    ["namespaces.updated"]),
  sometimes("the content of a namespace cannot be deleted", said("NamespaceDeletionContentFailure", "True"),
    ["namespaces.updated"]),
  sometimes("a namespace is let go with its content", () => ({ entity, event }) => event.type === "sync.wrote"
    && event.subresource === "finalize" && keyIn("namespace", entity) !== undefined, ["sync.wrote"]),
  sometimes("nothing is created in a namespace that is being deleted", () => ({ event }) =>
    event.type === "sync.failed" && event.reason === "NamespaceTerminating", ["sync.failed"])
]
