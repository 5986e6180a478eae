/**
 * What the ReplicaSet controller promises. More than spec.replicas processes may run: terminating pods do not count.
 * A ReplicaSet that is gone promises nothing: its pods are the garbage collector's.
 */
import type { Line } from "#model/events.ts"
import { expectationsTimeout_ms } from "#model/limits/controllers/replica-set.ts"
import type { OwnerReference } from "#model/objects/metadata.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { always, eventually, leadsTo, sometimes, type Obligation, type Property } from "#properties/property.ts"
import { heardByHealth } from "#properties/etcd/health.ts"
import { saysSomethingNew } from "#properties/cluster/idle-writes.ts"
import { actsSoon } from "#properties/controllers/replica-set/calm.ts"
import { Census, controllerOf, isActive, isReady } from "#properties/controllers/replica-set/census.ts"
import { actsOnItsOwnNews, decidesOnItsView, statusIsOfItsView } from "#properties/controllers/replica-set/counts.ts"
import { isDoneWithTheGone, leavesAlone, noticesTheEnd } from "#properties/controllers/replica-set/going.ts"
import { isSelectedBy } from "#properties/controllers/replica-set/history.ts"
import { availableInTime, looksForAReason } from "#properties/controllers/replica-set/looks.ts"
import { order } from "#properties/controllers/replica-set/order.ts"
import { neverOvershoots } from "#properties/controllers/replica-set/overshoot.ts"
import { adoptsAsItSays, changesOneOwner, leavesByItsController } from "#properties/controllers/replica-set/owners.ts"
import { failsForAReason, triesAgain } from "#properties/controllers/replica-set/syncs.ts"

/** A new leader after 17 s, its informers within 75 s, a retry of at most some seconds. */
const converge_ms = 180_000 // ASSUMED
const perPod_ms = 20 // ASSUMED: slow start, and the API server's share.

/**
 * A controller that waits for its own writes to be shown counts nothing until it gives them up: a pod that was made and
 * deleted while its informer had to list anew is never shown.
 */
const converges = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const census = new Census()
  const since_ms = new Map<string, number>()
  /** Uid of the set → its controller's process. */
  const expecting = new Map<string, string>()
  const hearController = ({ actor, entity, event }: Line): void => {
    switch (event.type) {
      case "replicaSet.createsEnded": case "replicaSet.deletesEnded":
        if (event.outstanding > 0) expecting.set(entity, actor)
        break
      case "replicaSet.expectationsMet": case "replicaSet.expectationsExpired":
        expecting.delete(entity)
        break
      case "process.crashed": case "process.stopped":
        for (const [uid, process] of expecting) if (process === event.process) expecting.delete(uid)
    }
  }
  const wait_ms = (uid: string): number => expecting.has(uid) ? expectationsTimeout_ms : 0
  return {
    line: (line) => {
      hearController(line)
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
          since_ms: since, within_ms: converge_ms + wait_ms(uid) + perPod_ms * Math.abs(set.spec.replicas - active)
        }
      }
    }
  }
}

/** After the last change of its pods a status says what is, and those that are ready have been so for long enough. */
const settled_ms = 50_000 // ASSUMED: minReadySeconds of at most 30; less than the quiet time of a cluster at rest.

const statusIsTrue = (): { line: (line: Line) => void; holds: () => string | undefined } => {
  const census = new Census()
  const changed_ms = new Map<string, number>()
  let now_ms = 0
  let clocksAgree = true
  const wrong = (uid: string, { metadata, spec, status }: ReplicaSet): string | undefined => {
    const pods = [...census.active.get(uid)?.values() ?? []]
    const ready = pods.filter(isReady).length
    const isSettled = clocksAgree && now_ms - (changed_ms.get(uid) ?? 0) > settled_ms
    const labels = Object.entries(spec.template.metadata.labels ?? {})
    const labelled = pods.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length
    const stranger = pods.find((pod) => !isSelectedBy(pod, census.sets.get(uid)!))
    if (status.replicas !== pods.length) return `replicas ${status.replicas}, it has ${pods.length}`
    if (pods.length !== spec.replicas) return `wants ${spec.replicas}, it has ${pods.length}`
    if ((status.readyReplicas ?? 0) !== ready) return `readyReplicas ${status.readyReplicas}, ${ready} are ready`
    if ((status.availableReplicas ?? 0) !== ready && ((spec.minReadySeconds ?? 0) === 0 || isSettled)) {
      return `availableReplicas ${status.availableReplicas}, ${ready} have long been ready`
    }
    if ((status.fullyLabeledReplicas ?? 0) !== labelled) {
      return `fullyLabeledReplicas ${status.fullyLabeledReplicas}, ${labelled} have the template's labels`
    }
    if (status.observedGeneration !== metadata.generation) {
      return `observedGeneration ${status.observedGeneration} of ${metadata.generation}`
    }
    return stranger === undefined ? undefined : `controls ${stranger.metadata.name}, which it does not select`
  }
  return {
    line: (line) => {
      now_ms = line.at_ms
      const { type } = line.event
      if (type === "machine.clockJumped" || type === "machine.clockRateChanged") clocksAgree = false
      for (const uid of census.line(line)) changed_ms.set(uid, line.at_ms)
    },
    holds: () => {
      for (const [uid, set] of census.sets) {
        const what = set.metadata.deletionTimestamp === undefined ? wrong(uid, set) : undefined
        if (what !== undefined) return `${set.metadata.namespace}/${set.metadata.name}: ${what}`
      }
      return undefined
    }
  }
}

/** Of several sets that select an orphan any one may be first. */
const orphansAreAdopted = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const sets = new Map<string, { readonly set: ReplicaSet; readonly since_ms: number }>()
  const orphans = new Map<string, { readonly pod: Pod; readonly since_ms: number }>()
  return {
    line: ({ at_ms, entity, event }) => {
      if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return
      const isGone = event.type === "object.deleted"
      if (event.resource === "replicasets") {
        if (isGone) sets.delete(entity)
        else sets.set(entity, { set: event.object as ReplicaSet, since_ms: sets.get(entity)?.since_ms ?? at_ms })
      } else if (event.resource === "pods") {
        const pod = event.object as Pod
        if (isGone || !isActive(pod) || controllerOf(pod) !== undefined) orphans.delete(entity)
        else if (orphans.get(entity)?.pod.metadata.labels !== pod.metadata.labels) {
          orphans.set(entity, { pod, since_ms: at_ms })
        }
      }
    },
    open: function*() {
      for (const { pod, since_ms } of orphans.values()) {
        for (const { set, since_ms: setSince_ms } of sets.values()) {
          if (set.metadata.deletionTimestamp !== undefined || !isSelectedBy(pod, set)) continue
          const entity = `${pod.metadata.name} for ${set.metadata.name}`
          yield { entity, since_ms: Math.max(since_ms, setSince_ms), within_ms: converge_ms }
          break
        }
      }
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

const newOwner = (before: Pod, after: Pod): OwnerReference | undefined => {
  if (before.metadata.ownerReferences === after.metadata.ownerReferences) return undefined
  const owner = controllerOf(after)
  return owner === undefined || controllerOf(before)?.uid === owner.uid ? undefined : owner
}

/** Its last words may cross with the adoption, not more. Source: FilterActivePods before ClaimPods, replica_set.go. */
const adoptsTheActive = (): (line: Line) => string | undefined => {
  const endedAt_ms = new Map<string, number>()
  return ({ at_ms, entity, event }) => {
    if (event.type === "object.deleted") endedAt_ms.delete(entity)
    if (event.type !== "object.created" && event.type !== "object.updated") return undefined
    if (event.resource !== "pods") return undefined
    const pod = event.object as Pod
    const owner = event.type === "object.updated" ? newOwner(event.previous as Pod, pod) : undefined
    const ended_ms = endedAt_ms.get(entity)
    if (ended_ms === undefined && !isActive(pod)) endedAt_ms.set(entity, at_ms)
    return owner === undefined || ended_ms === undefined || at_ms - ended_ms <= adoptionRace_ms ? undefined
      : `${event.key} was adopted by ${owner.name} although it has ended at ${Math.round(ended_ms)} ms`
  }
}

/** It is made or adopted for: a creation too may cross with the end of its owner. */
const livesWithTheLiving = (): (line: Line) => string | undefined => {
  const live = new Set<string>()
  const goneAt_ms = new Map<string, number>()
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
    if (event.resource !== "pods" || event.type === "object.deleted") return undefined
    const owner = event.type === "object.created" ? controllerOf(event.object as Pod)
      : newOwner(event.previous as Pod, event.object as Pod)
    if (owner === undefined || owner.kind !== "ReplicaSet" || live.has(owner.uid)) return undefined
    const gone_ms = goneAt_ms.get(owner.uid)
    return gone_ms !== undefined && at_ms - gone_ms <= adoptionRace_ms ? undefined
      : `${event.key} came to ${owner.name} (${owner.uid}), which ` +
        (gone_ms === undefined ? "never was" : "is gone")
  }
}

/** What it creates is its own by its selector and its reference, is made by its template, and named after it. */
const createsItsOwn = (): (line: Line) => string | undefined => {
  const sets = new Map<string, ReplicaSet>()
  /** Templates' containers as text: the controller's view may be behind the newest. */
  const templates = new Map<string, Set<string>>()
  const wrong = (set: ReplicaSet, pod: Pod, owner: OwnerReference): string | undefined => {
    const { metadata, spec } = pod
    const labels = Object.entries({ ...set.spec.template.metadata.labels, ...set.spec.selector.matchLabels })
    if (labels.some(([key, value]) => metadata.labels?.[key] !== value)) return "without the labels of its template"
    if (!metadata.name.startsWith(`${set.metadata.name}-`)) return "under another name"
    if (pod.apiVersion !== "v1" || pod.kind !== "Pod") return `as ${pod.kind} of ${pod.apiVersion}`
    if (owner.kind !== "ReplicaSet" || owner.apiVersion !== "apps/v1" || owner.blockOwnerDeletion !== true) {
      return `with the reference ${JSON.stringify(owner)}`
    }
    return templates.get(set.metadata.uid)!.has(JSON.stringify(spec.containers)) ? undefined : "by another template"
  }
  return ({ entity, event }) => {
    if (event.type === "object.deleted") sets.delete(entity)
    if (event.type !== "object.created" && event.type !== "object.updated") return undefined
    if (event.resource === "replicasets") {
      const set = event.object as ReplicaSet
      sets.set(entity, set)
      if (event.type === "object.updated" && (event.previous as ReplicaSet).spec === set.spec) return undefined
      const known = templates.get(entity) ?? new Set()
      templates.set(entity, known.add(JSON.stringify(set.spec.template.spec.containers)))
    }
    if (event.type !== "object.created" || event.resource !== "pods") return undefined
    const pod = event.object as Pod
    const owner = controllerOf(pod)
    const set = owner === undefined ? undefined : sets.get(owner.uid)
    const what = owner === undefined || set === undefined ? undefined : wrong(set, pod, owner)
    return what === undefined ? undefined : `${event.key} was created for ${owner!.name} ${what}`
  }
}

const heardBySyncs = ["object.created", "object.deleted", "key.taken", "key.done", "retry.postponed", "request.",
  "replicaSet.", "process.crashed", "process.stopped"]

export const properties: ReadonlyArray<Property> = [
  leadsTo("an orphan that a ReplicaSet selects is adopted", [81], orphansAreAdopted, ["object."]),
  leadsTo("a ReplicaSet comes to have as many active pods as it wants", [79], converges,
    ["object.", "replicaSet.createsEnded", "replicaSet.deletesEnded", "replicaSet.expectations", "process.crashed",
      "process.stopped"]),
  eventually("at rest a ReplicaSet has what it wants and its status says so", [79], statusIsTrue,
    ["object.", "machine.clock"]),
  always("a ReplicaSet never creates more pods than it wants", [80], neverOvershoots,
    ["object.", "controllerManager.led", "replicaSet.podCreateFailed", "replicaSet.expectationsExpired",
      "replicaSet.podAdopted", "process.resumed", "process.crashed", "process.stopped"]),
  always("a ReplicaSet decides on the pods that its informer showed, and deletes those first that rank first", [79],
    decidesOnItsView, ["replicaSet."]),
  always("a ReplicaSet reports what its informer showed", [79], statusIsOfItsView,
    ["replicaSet."]),
  always("a ReplicaSet acts only when it has seen what it did before", [80], actsOnItsOwnNews,
    ["object.", "replicaSet.", "controllerManager.led", "process.crashed", "process.stopped"]),
  always("while nothing is wrong a ReplicaSet is as it should be within ten seconds", [79], actsSoon,
    ["object.", ...heardByHealth]),
  always("a ReplicaSet that is being deleted leaves its pods alone", [], leavesAlone,
    ["object.updated", "object.deleted", "replicaSet.", "process.crashed", "process.stopped"]),
  always("nothing is done for a ReplicaSet that is gone", [], isDoneWithTheGone,
    ["replicaSet.", "process.crashed", "process.stopped"]),
  leadsTo("a ReplicaSet's controller notices its end", [], noticesTheEnd,
    ["object.deleted", "replicaSet.", "process.crashed", "process.stopped"]),
  always("a pod has at most one controller", [81], () => oneController, ["object."]),
  always("a pod is created or adopted only for an owner that exists", [81], livesWithTheLiving, ["object."]),
  always("a pod that has ended is not adopted", [81], adoptsTheActive, ["object."]),
  always("a pod created for a ReplicaSet is made by its template", [], createsItsOwn, ["object."]),
  always("a pod comes to one owner or leaves one at a time, and its other owners stay", [81], changesOneOwner,
    ["object.created", "object.updated"]),
  always("who says that it adopted a pod has become its controller", [81], adoptsAsItSays,
    ["object.updated", "replicaSet.podAdopted"]),
  leadsTo("a pod leaves its ReplicaSet by the set's own controller", [81], leavesByItsController,
    ["object.updated", "replicaSet.podReleased", "request.outcomeUnknown", "process.crashed", "process.stopped"]),
  always("a ReplicaSet's sync that failed is tried again", [107], triesAgain, heardBySyncs),
  always("while no fault has struck a ReplicaSet is put off only if something failed", [107], failsForAReason,
    ["fault.injected", ...heardBySyncs]),
  always("while no fault has struck a ReplicaSet is looked at only if something of it has changed", [107],
    looksForAReason, ["fault.injected", "object.", "key.added", "retry.postponed", "replicaSet.createsE",
      "replicaSet.deletesE", "controllerManager.controllerStarted"]),
  always("while no fault has struck a pod that was ready for minReadySeconds is soon available", [79],
    availableInTime, ["fault.injected", "object."]),
  always("a ReplicaSet's status is written only when it says something new", [],
    saysSomethingNew("kube-controller-manager", "replicasets"),
    ["write.", "process.crashed", "process.stopped"]),
  ...order,

  sometimes("a ReplicaSet deletes pods", () => ({ event }) => event.type === "replicaSet.podDeleted",
    ["replicaSet.podDeleted"]),
  sometimes("a ReplicaSet waits for what it wrote", () => ({ event, state }) =>
    event.type === "replicaSet.createsEnded" && state === "expecting", ["replicaSet.createsEnded"]),
  sometimes("a ReplicaSet adopts a pod", () => () => true, ["replicaSet.podAdopted"]),
  sometimes("a ReplicaSet that is being deleted is reported on", () => {
    const going = new Set<string>()
    return ({ entity, event }) => {
      if (event.type === "object.updated" && event.resource === "replicasets") {
        if (event.object.metadata.deletionTimestamp !== undefined) going.add(entity)
      } else return event.type === "replicaSet.statusWritten" && going.has(entity)
      return false
    }
  }, ["object.updated", "replicaSet.statusWritten"]),
  sometimes("a ReplicaSet releases a pod", () => () => true, ["replicaSet.podReleased"]),
  sometimes("a pod could not be created for a ReplicaSet", () => () => true, ["replicaSet.podCreateFailed"])
]
