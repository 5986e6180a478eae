/**
 * What the disruption controller and evictions promise, on committed objects alone: a recorded cluster has budgets.
 *
 * Legal exceptions: an eviction of a pod that is not ready, or under no budget or several, takes no permit; deletions,
 * preemption, taints and kubelets pass budgets by. Where a budget's pods have controllers whose scale is not known here
 * its numbers are not judged.
 * Source: pkg/controller/disruption/disruption.go; registry/core/pod/storage/eviction.go, v1.36; services-and-work.md
 * 7; invariants 103, 104.
 */
import { conditionOf, isTrue } from "#model/api-server/status-laws.ts"
import { isReady } from "#model/controllers/replica-set/ranking.ts"
import { isSelected } from "#model/controller.ts"
import type { Line } from "#model/events.ts"
import { scaled } from "#model/objects/int-or-string.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ObservedObjects } from "#model/observed.ts"
import { controllerIn, isReportedOn } from "#properties/controller/dependents.ts"
import { Eyes, lag_ms, lately } from "#properties/controller/recent.ts"
import { committed, type History } from "#properties/history.ts"
import {
  always, eventually, kept, leadsTo, needing, type Property, type Said, sometimes
} from "#properties/property.ts"

type Budget = ObservedObjects["poddisruptionbudgets"]

/** No selector selects nobody; an empty one everybody. */
const covers = ({ metadata: { namespace }, spec: { selector } }: Budget, pod: Pod): boolean =>
  selector !== undefined && pod.metadata.namespace === namespace
  && (((selector.matchExpressions ?? []).length === 0 && Object.keys(selector.matchLabels ?? {}).length === 0)
    || isSelected(selector, pod))

const isEvicted = ({ status }: Pod): boolean => {
  const said = status.conditions?.find(({ type }) => type === "DisruptionTarget")
  return said?.status === "True" && said.reason === "EvictionByEvictionAPI"
}

/** From the look for a budget to the deletion. */
const evicts_ms = 1_000 // ASSUMED

/** 103, 104. The permit is written before the pod is; the budget may have been made between the two. */
const evictsWithAPermit = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "pods")
    if (change?.type !== "object.updated" || !isEvicted(change.object) || isEvicted(change.previous)
      || !isReady(change.previous) || change.previous.status.phase !== "Running") return undefined
    const { name, namespace = "" } = change.object.metadata
    const budgets = history.now.poddisruptionbudgets.by("namespace", namespace)
      .filter((budget) => covers(budget, change.previous))
    const [budget] = budgets
    if (budget === undefined || budgets.length > 1 || !eyes.areClear(line.at_ms, budget.metadata.uid)) return undefined
    const { poddisruptionbudgets } = history.now
    const since_ms = poddisruptionbudgets.first(budget.metadata.uid)?.at_ms ?? line.at_ms
    if (line.at_ms - since_ms < evicts_ms) return undefined
    const versions = [...lately(poddisruptionbudgets, budget.metadata.uid, line.at_ms)]
    return versions.some((one) => one?.status.disruptedPods?.[name] !== undefined) ? kept
      : `${name} was evicted; ${budget.metadata.name} gave no permit for it`
  }
}

/** The revisions at which pods that it covers changed in the last while, and those just before, the newest first. */
function* latePods(history: History, budget: Budget, newest: number, at_ms: number): Generator<number> {
  yield newest
  const { pods } = history.now
  const revisions = new Set<number>()
  const namespace = budget.metadata.namespace
  const around = [pods.by("namespace", namespace), ...history.now.poddisruptionbudgets.versions(budget.metadata.uid)
    .filter((version) => at_ms - version.at_ms <= lag_ms)
    .map(({ revision }) => history.at(revision).pods.by("namespace", namespace))].flat()
  for (const uid of new Set(around.filter((pod) => covers(budget, pod)).map(({ metadata }) => metadata.uid))) {
    for (const version of pods.versions(uid)) {
      if (at_ms - version.at_ms <= lag_ms) revisions.add(version.revision).add(version.revision - 1)
    }
  }
  yield* [...revisions].toSorted((a, b) => b - a)
}
/** What it says is what its pods were at one revision, the one that its copy had come to. */
const saysWhatWas = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "poddisruptionbudgets")
    if (change?.type !== "object.updated" || !eyes.areClear(line.at_ms, line.entity)) return undefined
    const { object, previous } = change
    const { currentHealthy, expectedPods, observedGeneration } = object.status
    if (observedGeneration !== object.metadata.generation || (currentHealthy === previous.status.currentHealthy
      && expectedPods === previous.status.expectedPods)) return undefined
    const disrupted = previous.status.disruptedPods ?? {}
    const counts = typeof object.spec.minAvailable === "number"
    for (const revision of latePods(history, object, change.revision, line.at_ms)) {
      const pods = history.at(revision).pods.by("namespace", object.metadata.namespace)
        .filter((pod) => covers(object, pod))
      const ready = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && isReady(pod))
      const least = ready.filter(({ metadata: { name } }) => disrupted[name] === undefined).length
      // A permit that nobody used is forgotten after a while.
      if ((currentHealthy ?? 0) >= least && (currentHealthy ?? 0) <= ready.length
        && (!counts || expectedPods === pods.length)) return kept
    }
    return `${object.metadata.name} says that ${currentHealthy} of ${expectedPods} are healthy; it was not so lately`
  }
}

/** 103: whoever takes a permit leaves enough, as the status tells. */
const leavesEnough = (): (line: Line) => Said => (line) => {
  const change = committed(line, "poddisruptionbudgets")
  if (change?.type !== "object.updated") return undefined
  const [before, now] = [change.previous.status, change.object.status]
  const taken = Object.keys(now.disruptedPods ?? {}).filter((pod) => before.disruptedPods?.[pod] === undefined)
  if (taken.length === 0) return undefined
  const permits = (before.currentHealthy ?? 0) - (before.desiredHealthy ?? 0)
  return (before.disruptionsAllowed ?? 0) >= taken.length && permits >= taken.length
    && before.observedGeneration === change.previous.metadata.generation ? kept
    : `${change.object.metadata.name} lets ${taken.join()} go: ${before.currentHealthy} are healthy, `
      + `${before.desiredHealthy} must be, ${before.disruptionsAllowed} may go`
}

/** Of the controllers of these pods, together; undefined: one is not known here. */
const scaleOf = ({ now }: History, pods: ReadonlyArray<Pod>): number | undefined => {
  const scales = new Map<string, number>()
  for (const pod of pods) {
    const reference = controllerIn(pod)
    if (reference === undefined) continue
    const set = reference.kind === "ReplicaSet" ? now.replicasets.get(reference.uid) : undefined
    const above = set === undefined ? undefined : controllerIn(set)
    const scaling = above?.kind === "Deployment" ? now.deployments.get(above.uid)
      : set ?? (reference.kind === "StatefulSet" ? now.statefulsets.get(reference.uid) : undefined)
    if (scaling === undefined) return undefined
    scales.set(scaling.metadata.uid, scaling.spec.replicas ?? 1)
  }
  return [...scales.values()].reduce((total, one) => total + one, 0)
}
/** How many it counts on, and how many of them must be healthy. */
const demandOf = (history: History, { spec }: Budget, pods: ReadonlyArray<Pod>) => {
  const { maxUnavailable, minAvailable } = spec
  if (maxUnavailable === undefined && typeof minAvailable === "number") {
    return { expected: pods.length, desired: minAvailable }
  }
  const expected = scaleOf(history, pods)
  if (expected === undefined) return undefined
  const desired = maxUnavailable === undefined ? scaled(minAvailable, expected, "up")
    : Math.max(0, expected - scaled(maxUnavailable, expected, "up"))
  return { expected, desired }
}

const wrongAtRest = (history: History, budget: Budget): string | undefined => {
  const { conditions, currentHealthy = 0, desiredHealthy = 0, disruptedPods = {}, disruptionsAllowed = 0,
    expectedPods = 0, observedGeneration } = budget.status
  const { generation } = budget.metadata
  if (observedGeneration !== generation) return `says nothing of generation ${generation}`
  const pods = history.now.pods.by("namespace", budget.metadata.namespace).filter((pod) => covers(budget, pod))
  const demand = demandOf(history, budget, pods)
  if (demand === undefined) return undefined
  const healthy = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && isReady(pod)
    && disruptedPods[pod.metadata.name] === undefined).length
  if (currentHealthy !== healthy) return `says that ${currentHealthy} are healthy; there are ${healthy}`
  if (expectedPods !== demand.expected) return `expects ${expectedPods} pods; there are ${demand.expected}`
  if (desiredHealthy !== demand.desired) return `demands ${desiredHealthy} healthy pods; it is to be ${demand.desired}`
  const allowed = expectedPods === 0 ? 0 : Math.max(0, healthy - demand.desired)
  if (disruptionsAllowed !== allowed) return `allows ${disruptionsAllowed} evictions; it is to be ${allowed}`
  return isTrue(conditions, "DisruptionAllowed") === (allowed > 0) ? undefined : "says otherwise in its condition"
}
/** An error of its controller allows nobody to go: it says so, and its numbers are old. */
const hasFailed = (budget: unknown): boolean =>
  conditionOf((budget as Budget).status.conditions, "DisruptionAllowed")?.reason === "SyncFailed"
const isTrueAtRest = (history: History) => ({
  holds: (): Said => {
    let held = 0
    for (const budget of history.now.poddisruptionbudgets.all()) {
      if (budget.metadata.deletionTimestamp !== undefined || hasFailed(budget)) continue
      const wrong = wrongAtRest(history, budget)
      if (wrong !== undefined) return `${budget.metadata.namespace}/${budget.metadata.name} ${wrong}`
      held++
    }
    return held
  }
})

export const properties: ReadonlyArray<Property> = [
  needing(["poddisruptionbudgets", "pods", "leases", "times"], always("who is ready and evicted under a budget has "
    + "taken a permit of it", [103, 104], evictsWithAPermit, ["pods.updated"])),
  needing(["poddisruptionbudgets", "pods", "leases", "times"], always("a budget's status says how many of its pods "
    + "were healthy at some revision not long ago", [103], saysWhatWas, ["poddisruptionbudgets.updated"])),
  always("a budget lets a pod go only when more are healthy than must be", [103, 104], leavesEnough,
    ["poddisruptionbudgets.updated"]),
  needing(["poddisruptionbudgets", "namespaces"], leadsTo("every generation of a budget is soon reported on", [],
    isReportedOn("poddisruptionbudgets", hasFailed), ["poddisruptionbudgets.", "object.seen"])),
  needing(["poddisruptionbudgets", "pods", "deployments", "replicasets", "statefulsets"], eventually(
    "at rest a budget's numbers are those of its pods", [103], isTrueAtRest, ["poddisruptionbudgets."]))
]

export const situations: ReadonlyArray<Property> = [
  sometimes("a budget is exhausted by evictions", () => (line) => {
    const change = committed(line, "poddisruptionbudgets")
    return change?.type === "object.updated" && change.object.status.disruptionsAllowed === 0
      && (change.previous.status.disruptionsAllowed ?? 0) > 0
      && Object.keys(change.object.status.disruptedPods ?? {}).length > 0
  }, ["poddisruptionbudgets.updated"]),
  sometimes("a budget allows evictions again", () => (line) => {
    const change = committed(line, "poddisruptionbudgets")
    return change?.type === "object.updated" && change.previous.status.observedGeneration !== undefined
      && change.previous.status.disruptionsAllowed === 0 && (change.object.status.disruptionsAllowed ?? 0) > 0
  }, ["poddisruptionbudgets.updated"])
]
