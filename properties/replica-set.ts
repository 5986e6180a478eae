/**
 * What the ReplicaSet controller promises. More than spec.replicas processes may run: terminating pods do not count.
 * A ReplicaSet that is gone promises nothing: its pods are the garbage collector's.
 */
import type { Line } from "#model/events.ts"
import type { OwnerReference, Pod } from "#model/objects.ts"
import { always, eventually, leadsTo, sometimes, type Obligation, type Property } from "#properties/property.ts"
import { Census, controllerOf, isReady } from "#properties/replica-set/census.ts"
import { neverOvershoots } from "#properties/replica-set/overshoot.ts"

/** A new leader after 17 s, its informers within 75 s, a retry of at most some seconds. */
const converge_ms = 180_000 // ASSUMED
const perPod_ms = 20 // ASSUMED: slow start, and the API server's share.

const converges = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const census = new Census()
  const since_ms = new Map<string, number>()
  return {
    line: (line) => {
      for (const uid of census.line(line)) {
        const set = census.sets.get(uid)
        const isRight = set === undefined || set.metadata.deletionTimestamp !== undefined ||
          set.spec.replicas === census.activeOf(uid)
        if (isRight) since_ms.delete(uid)
        else if (!since_ms.has(uid)) since_ms.set(uid, line.at_ms)
      }
    },
    open: function*() {
      for (const [uid, since] of since_ms) {
        const set = census.sets.get(uid)!
        const active = census.activeOf(uid)
        yield {
          entity: `${set.metadata.namespace}/${set.metadata.name} wants ${set.spec.replicas} pods and has ${active}`,
          since_ms: since, within_ms: converge_ms + perPod_ms * Math.abs(set.spec.replicas - active)
        }
      }
    }
  }
}

const statusIsTrue = (): { line: (line: Line) => void; holds: () => string | undefined } => {
  const census = new Census()
  return {
    line: (line) => {
      census.line(line)
    },
    holds: () => {
      for (const [uid, { metadata, spec, status }] of census.sets) {
        if (metadata.deletionTimestamp !== undefined) continue
        const pods = [...census.active.get(uid)?.values() ?? []]
        const ready = pods.filter(isReady).length
        const wrong = status.replicas !== pods.length ? `replicas ${status.replicas}, it has ${pods.length}`
          : pods.length !== spec.replicas ? `wants ${spec.replicas}, it has ${pods.length}`
          : (status.readyReplicas ?? 0) !== ready ? `readyReplicas ${status.readyReplicas}, ${ready} are ready`
          : status.observedGeneration !== metadata.generation
            ? `observedGeneration ${status.observedGeneration} of ${metadata.generation}` : undefined
        if (wrong !== undefined) return `${metadata.namespace}/${metadata.name}: ${wrong}`
      }
      return undefined
    }
  }
}

const oneController = ({ event }: Line): string | undefined => {
  if (event.type !== "object.created" && event.type !== "object.updated") return undefined
  if (event.resource !== "pods") return undefined
  const owners = (event.object as Pod).metadata.ownerReferences
  if (owners === undefined || owners.length < 2) return undefined
  const controllers = owners.filter(({ controller }) => controller === true)
  return controllers.length < 2 ? undefined
    : `${event.key} is controlled by ${controllers.map(({ name }) => name).join(" and ")}`
}

/** The live GET comes before the patch: the owner may go between the two, but not long before. */
const adoptionRace_ms = 130_000 // ASSUMED: two requests of at most 60 s, and what lies between.

const adoptsForTheLiving = (): (line: Line) => string | undefined => {
  const live = new Set<string>()
  const goneAt_ms = new Map<string, number>()
  const newOwner = (before: Pod, after: Pod): OwnerReference | undefined => {
    if (before.metadata.ownerReferences === after.metadata.ownerReferences) return undefined
    const owner = controllerOf(after)
    return owner === undefined || controllerOf(before)?.uid === owner.uid ? undefined : owner
  }
  return ({ at_ms, entity, event }) => {
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") {
      return undefined
    }
    if (event.resource === "replicasets") {
      if (event.type === "object.deleted") {
        live.delete(entity)
        goneAt_ms.set(entity, at_ms)
      } else live.add(entity)
      return undefined
    }
    if (event.resource !== "pods" || event.type !== "object.updated") return undefined
    const owner = newOwner(event.previous as Pod, event.object as Pod)
    if (owner === undefined || owner.kind !== "ReplicaSet" || live.has(owner.uid)) return undefined
    const gone_ms = goneAt_ms.get(owner.uid)
    return gone_ms !== undefined && at_ms - gone_ms <= adoptionRace_ms ? undefined
      : `${event.key} was adopted by ${owner.name} (${owner.uid}), which ` +
        (gone_ms === undefined ? "never was" : "is gone")
  }
}

/** What it creates is its own by its selector and its reference, and named after it. */
const createsItsOwn = (): (line: Line) => string | undefined => {
  const census = new Census()
  return (line) => {
    census.line(line)
    const { event } = line
    if (event.type !== "object.created" || event.resource !== "pods") return undefined
    const { metadata } = event.object as Pod
    const owner = controllerOf(event.object as Pod)
    const set = owner === undefined ? undefined : census.sets.get(owner.uid)
    if (owner === undefined || set === undefined) return undefined
    const selector = set.spec.selector.matchLabels ?? {}
    const isSelected = Object.keys(selector).every((key) => metadata.labels?.[key] === selector[key])
    if (!isSelected) return `${event.key} was created for ${owner.name}, whose selector it does not match`
    return metadata.name.startsWith(`${set.metadata.name}-`) ? undefined
      : `${event.key} was created for ${owner.name} under another name`
  }
}

export const properties: ReadonlyArray<Property> = [
  leadsTo("a ReplicaSet comes to have as many active pods as it wants", [79], converges, ["object."]),
  eventually("at rest a ReplicaSet has what it wants and its status says so", [79], statusIsTrue, ["object."]),
  always("a ReplicaSet never creates more pods than it wants", [80], neverOvershoots,
    ["object.", "controllerManager.led", "replicaSet.podCreateFailed", "replicaSet.expectationsExpired",
      "replicaSet.podAdopted"]),
  always("a pod has at most one controller", [81], () => oneController, ["object."]),
  always("a pod is adopted only for an owner that exists", [81], adoptsForTheLiving, ["object."]),
  always("a pod created for a ReplicaSet matches its selector", [], createsItsOwn, ["object."]),

  sometimes("a ReplicaSet deletes pods", () => ({ event }) => event.type === "replicaSet.podDeleted",
    ["replicaSet.podDeleted"]),
  sometimes("a ReplicaSet waits for what it wrote", () => ({ event, state }) =>
    event.type === "replicaSet.createsEnded" && state === "expecting", ["replicaSet.createsEnded"]),
  sometimes("a ReplicaSet adopts a pod", () => () => true, ["replicaSet.podAdopted"]),
  sometimes("a ReplicaSet releases a pod", () => () => true, ["replicaSet.podReleased"]),
  sometimes("a pod could not be created for a ReplicaSet", () => () => true, ["replicaSet.podCreateFailed"])
]
