/**
 * What the StatefulSet controller promises, on committed objects alone: a recorded cluster has StatefulSets.
 *
 * It acts on copies that are a little old. Legal exceptions: who else makes and deletes its pods, a set that was
 * changed meanwhile, a change of the leader. Who deleted a pod is not seen: in which order pods are taken away (85) is
 * not judged.
 * Source: pkg/controller/statefulset/{stateful_set_control,stateful_set_utils}.go, v1.36; invariants 84, 86.
 */
import { isReady } from "#model/controllers/replica-set/ranking.ts"
import { isSelected } from "#model/controller.ts"
import type { Line } from "#model/events.ts"
import { equal } from "#model/objects/equality.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ObservedObjects } from "#model/observed.ts"
import { controllerIn, isReportedOn, madeForTheLiving, reportsInOrder } from "#properties/controller/dependents.ts"
import { Eyes, lately, latelyNamed, revisionsLately } from "#properties/controller/recent.ts"
import { committed, type History } from "#properties/history.ts"
import {
  always, eventually, kept, leadsTo, needing, type Property, type Said, sometimes
} from "#properties/property.ts"

type StatefulSet = ObservedObjects["statefulsets"]
const isOrdered = ({ spec }: StatefulSet): boolean => (spec.podManagementPolicy ?? "OrderedReady") === "OrderedReady"
const startOf = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0
const isGoing = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined
const isUp = (pod: Pod): boolean => pod.status.phase === "Running" && isReady(pod)

/** Undefined: it is not named after the set. */
const ordinalOf = ({ metadata: { name } }: Pod, set: StatefulSet): number | undefined => {
  const text = name.startsWith(`${set.metadata.name}-`) ? name.slice(set.metadata.name.length + 1) : ""
  return /^(0|[1-9]\d*)$/.test(text) ? Number(text) : undefined
}
const nameOf = ({ metadata: { name, namespace } }: StatefulSet, ordinal: number): string =>
  `${namespace}/${name}-${ordinal}`

const made = (line: Line, { now }: History): { readonly pod: Pod; readonly set: StatefulSet } | undefined => {
  const change = committed(line, "pods")
  if (change?.type !== "object.created") return undefined
  const reference = controllerIn(change.object)
  const set = reference?.kind === "StatefulSet" ? now.statefulsets.known(reference.uid) : undefined
  return set === undefined ? undefined : { pod: change.object, set }
}

/** Its labels say what its name says, and its ordinal is one of those that were wanted. */
const wrongPod = (owner: unknown, object: unknown, { at_ms }: Line, { now }: History): string | undefined => {
  const [set, pod] = [owner as StatefulSet, object as Pod]
  const { labels = {}, name } = pod.metadata
  const ordinal = ordinalOf(pod, set)
  if (ordinal === undefined) return `${name} is not named after its StatefulSet and an ordinal`
  if (labels["statefulset.kubernetes.io/pod-name"] !== name
    || labels["apps.kubernetes.io/pod-index"] !== String(ordinal)) return `${name} is labelled as another`
  if (!isSelected(set.spec.selector, pod)) return `${name} is not selected by its StatefulSet`
  const isWanted = [...lately(now.statefulsets, set.metadata.uid, at_ms)].some((one) => one !== undefined
    && ordinal >= startOf(one) && ordinal < startOf(one) + (one.spec.replicas ?? 1))
  return isWanted ? undefined : `${name} is beyond the ${set.spec.replicas ?? 1} that its StatefulSet wants`
}

/** 84. */
const startsInOrder = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const { pod, set } = made(line, history) ?? {}
    const ordinal = pod === undefined ? undefined : ordinalOf(pod, set!)
    if (ordinal === undefined || !eyes.areClear(line.at_ms, set!.metadata.uid)) return undefined
    const { statefulsets } = history.now
    if (![...lately(statefulsets, set!.metadata.uid, line.at_ms)].every((one) => one === undefined
      || (isOrdered(one) && startOf(one) === startOf(set!)))) return undefined
    for (let before = startOf(set!); before < ordinal; before++) {
      const wasUp = [...latelyNamed(history.now.pods, nameOf(set!, before), line.at_ms)]
        .some((one) => one !== undefined && isUp(one) && !isGoing(one))
      if (!wasUp) return `${pod!.metadata.name} was made while ${nameOf(set!, before)} was not up`
    }
    return ordinal > startOf(set!) ? kept : undefined
  }
}

/** 86. */
const mountsItsClaims = (history: History) => (line: Line): Said => {
  const { pod, set } = made(line, history) ?? {}
  if (pod === undefined || (set!.spec.volumeClaimTemplates ?? []).length === 0) return undefined
  for (const { metadata } of set!.spec.volumeClaimTemplates!) {
    const claim = `${metadata?.name}-${pod.metadata.name}`
    const volume = (pod.spec.volumes ?? []).find(({ name }) => name === metadata?.name)
    if (volume?.persistentVolumeClaim?.claimName !== claim) {
      return `${pod.metadata.name} mounts ${JSON.stringify(volume)} as ${metadata?.name}, not the claim ${claim}`
    }
  }
  return kept
}

const revisionOf = ({ metadata }: Pod): string | undefined => metadata.labels?.["controller-revision-hash"]

const figuresOf = ({ status }: StatefulSet, pods: ReadonlyArray<Pod>): Readonly<Record<string, number>> => {
  const stay = pods.filter((pod) => !isGoing(pod))
  return {
    replicas: pods.length, readyReplicas: pods.filter(isUp).length,
    currentReplicas: stay.filter((pod) => revisionOf(pod) === status.currentRevision).length,
    updatedReplicas: stay.filter((pod) => revisionOf(pod) === status.updateRevision).length
  }
}
/** What it says is what its pods were at one revision, the one that its copy had come to. */
const saysWhatWas = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "statefulsets")
    if (change?.type !== "object.updated" || !eyes.areClear(line.at_ms, line.entity)) return undefined
    const { metadata: { name }, status } = change.object
    if (equal(change.previous.status, status) || status.observedGeneration !== change.object.metadata.generation) {
      return undefined
    }
    for (const revision of revisionsLately(history, "statefulsets", "pods", line)) {
      const { currentReplicas, readyReplicas, replicas, updatedReplicas } = figuresOf(change.object,
        history.at(revision).pods.by("owner", line.entity))
      if (status.replicas === replicas && (status.readyReplicas ?? 0) === readyReplicas
        && (status.updatedReplicas ?? 0) === updatedReplicas
        // Whom it has just deleted counts no more.
        && [currentReplicas, currentReplicas! - 1].includes(status.currentReplicas ?? 0)) return kept
    }
    return `${name} says ${JSON.stringify(status)}, which its pods have not been lately`
  }
}

/** An ordered set makes no more while one is not up. */
const wrongPods = (set: StatefulSet, pods: ReadonlyArray<Pod>): string | undefined => {
  const [start, wanted] = [startOf(set), set.spec.replicas ?? 1]
  const there = new Map(pods.map((pod) => [ordinalOf(pod, set), pod]))
  for (let ordinal = start; ordinal < start + wanted; ordinal++) {
    const pod = there.get(ordinal)
    if (pod === undefined) return `has no pod ${ordinal}`
    if (isOrdered(set) && !isUp(pod)) return undefined
  }
  const surplus = pods.find((pod) => (ordinalOf(pod, set) ?? start) >= start + wanted)
  return surplus === undefined ? undefined : `still has ${surplus.metadata.name}, and wants ${wanted}`
}
/** All are up: none is of an older revision than its strategy leaves. */
const wrongRevision = (set: StatefulSet, pods: ReadonlyArray<Pod>): string | undefined => {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === "OnDelete" || !pods.every(isUp)) return undefined
  const partition = Math.max(rollingUpdate?.partition ?? 0, startOf(set))
  const old = pods.find((pod) =>
    (ordinalOf(pod, set) ?? 0) >= partition && revisionOf(pod) !== set.status.updateRevision)
  if (old !== undefined) return `leaves ${old.metadata.name} at revision ${revisionOf(old)}`
  return partition > startOf(set) || set.status.currentRevision === set.status.updateRevision ? undefined
    : `says that its revision is ${set.status.currentRevision}`
}
const wrongAtRest = ({ now }: History, set: StatefulSet): string | undefined => {
  const pods = now.pods.by("owner", set.metadata.uid)
  for (const [field, figure] of Object.entries(figuresOf(set, pods))) {
    const said = (set.status as Readonly<Record<string, unknown>>)[field] ?? 0
    if (said !== figure) return `says ${field} ${String(said)}; there are ${figure}`
  }
  return wrongPods(set, pods) ?? wrongRevision(set, pods)
}
const isTrueAtRest = (history: History) => ({
  holds: (): Said => {
    let held = 0
    for (const set of history.now.statefulsets.all()) {
      if (set.metadata.deletionTimestamp !== undefined) continue
      const wrong = wrongAtRest(history, set)
      if (wrong !== undefined) return `${set.metadata.namespace}/${set.metadata.name} ${wrong}`
      held++
    }
    return held
  }
})

const ofPods = ["statefulsets", "pods", "leases", "times"] as const
export const properties: ReadonlyArray<Property> = [
  needing(["statefulsets", "pods", "times"], always("a StatefulSet's pod is made for one that exists, under the name "
    + "of an ordinal that is wanted", [81], madeForTheLiving("statefulsets", "pods", wrongPod), ["pods.created"])),
  needing(ofPods, always("a pod of an ordered StatefulSet is made only when all before it are up", [84], startsInOrder,
    ["pods.created"])),
  needing(["statefulsets", "pods"], always("a pod of a StatefulSet mounts the claims of its own name", [86],
    mountsItsClaims, ["pods.created"])),
  needing(ofPods, always("a StatefulSet's status says what its pods were at some revision not long ago", [],
    saysWhatWas, ["statefulsets.updated"])),
  needing(["statefulsets", "leases", "times"], always(
    "a StatefulSet's status is of no earlier generation than the last", [], reportsInOrder("statefulsets"),
    ["statefulsets.updated"])),
  needing(["statefulsets", "namespaces"], leadsTo("every generation of a StatefulSet is soon reported on", [],
    isReportedOn("statefulsets"), ["statefulsets.", "object.seen"])),
  needing(["statefulsets", "pods"], eventually("at rest a StatefulSet's status is true, and it has the pods that it "
    + "wants, of the revision that it wants", [], isTrueAtRest, ["statefulsets."]))
]

export const situations: ReadonlyArray<Property> = [
  sometimes("a StatefulSet's pod waits for the one before it", (history) => (line) => {
    const { pod, set } = made(line, history) ?? {}
    return pod !== undefined && (ordinalOf(pod, set!) ?? 0) > startOf(set!)
  }, ["pods.created"]),
  sometimes("a StatefulSet rolls to another revision", () => (line) => {
    const change = committed(line, "statefulsets")
    return change?.type === "object.updated" && change.previous.status.currentRevision !== undefined
      && change.previous.status.currentRevision !== change.object.status.currentRevision
  }, ["statefulsets.updated"])
]
