/**
 * What the DaemonSet controller promises, on committed objects alone: a recorded cluster has DaemonSets.
 *
 * It acts on copies that are a little old. Legal exceptions: a second pod while it surges; one that two leaders made,
 * until the younger is deleted; a node that comes, goes or is tainted meanwhile.
 * Source: pkg/controller/daemon/daemon_controller.go (podsShouldBeOnNode, nodeShouldRunDaemonPod,
 * updateDaemonSetStatus), util/daemonset_util.go (AddOrUpdateDaemonPodTolerations, GetTargetNodeName), v1.36;
 * invariant 87.
 */
import { isReady } from "#model/controllers/replica-set/ranking.ts"
import { isSelected } from "#model/controller.ts"
import type { Line } from "#model/events.ts"
import { equal } from "#model/objects/equality.ts"
import type { Node } from "#model/objects/node.ts"
import { matchesTerm } from "#model/objects/node-selector.ts"
import type { NodeSelectorTerm, Pod, Toleration } from "#model/objects/pod.ts"
import { toleratesTaint } from "#model/objects/taints.ts"
import type { ObservedObjects } from "#model/observed.ts"
import { controllerIn, isReportedOn, madeForTheLiving, reportsInOrder } from "#properties/controller/dependents.ts"
import { Eyes, lag_ms, revisionsLately } from "#properties/controller/recent.ts"
import { committed, type History } from "#properties/history.ts"
import {
  always, eventually, kept, leadsTo, needing, type Obligation, type Property, type Said, sometimes
} from "#properties/property.ts"

type DaemonSet = ObservedObjects["daemonsets"]
const isOver = ({ status: { phase } }: Pod): boolean => phase === "Succeeded" || phase === "Failed"
const isLive = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined && !isOver(pod)
const isSurging = ({ spec }: DaemonSet): boolean => {
  const surge = spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0
  return surge !== 0 && surge !== "0%"
}

/** The node that it was made for: it is bound to that one, or to be. */
const targetOf = ({ spec }: Pod): string | undefined => {
  const { nodeSelectorTerms = [] } = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {}
  const named = nodeSelectorTerms.flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === "metadata.name" && operator === "In")
  return spec.nodeName ?? named?.values?.[0]
}
const podsFor = ({ now }: History, set: string, node: string): ReadonlyArray<Pod> =>
  now.pods.by("owner", set).filter((pod) => isLive(pod) && targetOf(pod) === node)

const setOf = ({ now }: History, pod: Pod): DaemonSet | undefined => {
  const reference = controllerIn(pod)
  return reference?.kind === "DaemonSet" ? now.daemonsets.get(reference.uid) : undefined
}

/** No copy is so old that the other pod is not in it. */
const old_ms = 60_000 // ASSUMED

/** 87, of who acts on its own copy. */
const makesNoSecond = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "pods")
    if (change?.type !== "object.created") return undefined
    const set = setOf(history, change.object)
    const node = targetOf(change.object)
    if (set === undefined || node === undefined || isSurging(set) || !eyes.areClear(line.at_ms, set.metadata.uid)) {
      return undefined
    }
    const other = podsFor(history, set.metadata.uid, node).find(({ metadata: { uid } }) => uid !== line.entity
      && line.at_ms - (history.now.pods.since(uid, (a, b) => isLive(a) === isLive(b))?.at_ms ?? line.at_ms) > old_ms)
    return other === undefined ? kept : `${change.object.metadata.name} was made for ${node}, where `
      + `${other.metadata.name} has been for a while`
  }
}

/** A new leader, its informers, a sync. */
const prunes_ms = 60_000 // ASSUMED

/** 87, whoever made them. */
const prunesTheSecond = (history: History) => {
  const open = new Map<string, Obligation>()
  return {
    line: ({ at_ms, event }: Line): number | void => {
      if (!("object" in event) || event.resource !== "pods") return
      const pod = event.object as Pod
      const [set, node] = [setOf(history, pod), targetOf(pod)]
      if (controllerIn(pod)?.kind !== "DaemonSet" || node === undefined) return
      const key = `${controllerIn(pod)!.uid} ${node}`
      const count = set === undefined || set.metadata.deletionTimestamp !== undefined ? 0
        : podsFor(history, set.metadata.uid, node).length
      if (count <= (set !== undefined && isSurging(set) ? 2 : 1)) open.delete(key)
      else if (!open.has(key)) {
        open.set(key, { entity: `${count} pods on ${node}`, since_ms: at_ms, within_ms: prunes_ms })
        return 1
      }
    },
    open: () => open.values()
  }
}

/** What every pod of a DaemonSet tolerates. */
const tolerated = (hostNetwork: boolean): ReadonlyArray<Toleration> => [
  ...["not-ready", "unreachable"].map((key) => [key, "NoExecute"]),
  ...["disk-pressure", "memory-pressure", "pid-pressure", "unschedulable",
    ...(hostNetwork ? ["network-unavailable"] : [])].map((key) => [key, "NoSchedule"])
].map(([key, effect]) => ({ key: `node.kubernetes.io/${key}`, operator: "Exists", effect }) as Toleration)

/** A pod is to be there, or may stay if it is. */
const runsOn = ({ spec: { template } }: DaemonSet, { metadata, spec }: Node): { is: boolean; stays: boolean } => {
  const { affinity, hostNetwork, nodeName, nodeSelector = {}, tolerations = [] } = template.spec ?? {}
  const { labels = {}, name } = metadata
  const { nodeSelectorTerms } = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {}
  const fits = (nodeName === undefined || nodeName === name)
    && Object.entries(nodeSelector).every(([key, value]) => labels[key] === value)
    && (nodeSelectorTerms === undefined
      || (nodeSelectorTerms as ReadonlyArray<NodeSelectorTerm>).some((term) => matchesTerm(term, labels, name)))
  const all = [...tolerations, ...tolerated(hostNetwork === true)]
  const untolerated = (spec.taints ?? []).filter((taint) => taint.effect !== "PreferNoSchedule"
    && !all.some((one) => toleratesTaint(one, taint)))
  const stays = fits && !untolerated.some(({ effect }) => effect === "NoExecute")
  return { is: fits && untolerated.length === 0, stays }
}

/** The newest of its revisions is the one that it rolls to; pods say of which they are. */
const isUpdated = ({ now }: History, set: DaemonSet): ((pod: Pod) => boolean) | undefined => {
  const [newest] = now.controllerrevisions.by("owner", set.metadata.uid).toSorted((a, b) => b.revision - a.revision)
  if (newest === undefined) return undefined
  const [hash, count] = ["controller-revision-hash", "pod-template-generation"]
  const generation = set.metadata.annotations?.["deprecated.daemonset.template.generation"]
  return ({ metadata: { labels = {} } }) => labels[hash] === newest.metadata.labels?.[hash]
    || (generation !== undefined && labels[count] === generation)
}

/** By node: whoever is there, and whether somebody should be. Who has ended and is being deleted is there no more. */
const figuresOf = (
  set: DaemonSet, nodes: ReadonlyArray<Node>, pods: ReadonlyArray<Pod>, isOfNow: ((pod: Pod) => boolean) | undefined
): Readonly<Record<string, number>> => {
  const figures = { desiredNumberScheduled: 0, currentNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 }
  let updated = 0
  for (const node of nodes) {
    const { is } = runsOn(set, node)
    const there = pods.filter((pod) => targetOf(pod) === node.metadata.name
      && !(isOver(pod) && pod.metadata.deletionTimestamp !== undefined))
    if (is) figures.desiredNumberScheduled++
    if (there.length === 0) continue
    if (!is) figures.numberMisscheduled++
    else {
      figures.currentNumberScheduled++
      const oldest = there.reduce((a, b) => b.metadata.creationTimestamp < a.metadata.creationTimestamp ? b : a)
      if (isReady(oldest)) figures.numberReady++
      if (isOfNow?.(oldest) === true) updated++
    }
  }
  return isOfNow === undefined ? figures : { ...figures, updatedNumberScheduled: updated }
}
const isSaid = ({ status }: DaemonSet, figures: Readonly<Record<string, number>>): boolean =>
  Object.entries(figures).every(([field, figure]) =>
    ((status as unknown as Readonly<Record<string, unknown>>)[field] ?? 0) === figure)

/** What it says is what its pods and the nodes were, each at one revision, those that its copies had come to. */
const saysWhatWas = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "daemonsets")
    if (change?.type !== "object.updated" || !eyes.areClear(line.at_ms, line.entity)) return undefined
    const { metadata, status } = change.object
    if (equal(change.previous.status, status) || status.observedGeneration !== metadata.generation) return undefined
    const { nodes } = history.now
    const before = history.at(Number(change.previous.metadata.resourceVersion)).nodes.all()
    const all = new Set([...nodes.all(), ...before].map((node) => node.metadata.uid))
    const isLate = (version: { readonly at_ms: number }): boolean => line.at_ms - version.at_ms <= lag_ms
    // What matters of a node changes seldom.
    const ofNodes = new Set([change.revision, ...[...all].flatMap((uid) => {
      const last = nodes.since(uid, (a, b) => equal(a.spec, b.spec) && equal(a.metadata.labels, b.metadata.labels))
      return last !== undefined && isLate(last) ? [last.revision - 1] : []
    })])
    const seen = [...ofNodes].map((revision) => history.at(revision).nodes.all())
    const isOfNow = isUpdated(history, change.object)
    for (const revision of revisionsLately(history, "daemonsets", "pods", line)) {
      const pods = history.at(revision).pods.by("owner", line.entity)
      if (seen.some((there) => isSaid(change.object, figuresOf(change.object, there, pods, isOfNow)))) return kept
    }
    return `${metadata.name} says ${JSON.stringify(status)}, which its pods and nodes have not been lately`
  }
}

const wrongPods = (history: History, set: DaemonSet): string | undefined => {
  for (const node of history.now.nodes.all()) {
    const { name } = node.metadata
    const { is, stays } = runsOn(set, node)
    const pods = podsFor(history, set.metadata.uid, name)
    if (is && pods.length === 0 && !isHindered(history, set, name)) return `has no pod for ${name}`
    if (!stays && pods.length > 0) return `still has ${pods[0]!.metadata.name} on ${name}`
    if (pods.length > 1 && !isSurging(set)) return `has ${pods.length} pods on ${name}`
  }
  return undefined
}
/** A pod that failed is deleted, and made anew after a back-off; one that terminates is waited for. */
const isHindered = ({ now }: History, { metadata }: DaemonSet, node: string): boolean =>
  now.pods.by("owner", metadata.uid).some((pod) => targetOf(pod) === node && !isLive(pod))

const wrongAtRest = (history: History, set: DaemonSet): string | undefined => {
  const pods = history.now.pods.by("owner", set.metadata.uid)
  const figures = figuresOf(set, history.now.nodes.all(), pods, isUpdated(history, set))
  return wrongPods(history, set) ?? (isSaid(set, figures) ? undefined
    : `says ${JSON.stringify(set.status)}; there are ${JSON.stringify(figures)}`)
}
const isTrueAtRest = (history: History) => ({
  holds: (): Said => {
    let held = 0
    for (const set of history.now.daemonsets.all()) {
      if (set.metadata.deletionTimestamp !== undefined) continue
      const wrong = wrongAtRest(history, set)
      if (wrong !== undefined) return `${set.metadata.namespace}/${set.metadata.name} ${wrong}`
      held++
    }
    return held
  }
})

/** Selected, named after it, for one node, and of a template that it has had. */
const wrongPod = (owner: unknown, object: unknown): string | undefined => {
  const [set, pod] = [owner as DaemonSet, object as Pod]
  const { labels = {}, name } = pod.metadata
  if (!name.startsWith(`${set.metadata.name}-`)) return `${name} is not named after its DaemonSet`
  if (!isSelected(set.spec.selector, pod)) return `${name} is not selected by its DaemonSet`
  if (targetOf(pod) === undefined) return `${name} was made for no node`
  return labels["controller-revision-hash"] === undefined ? `${name} does not say of which template it is` : undefined
}

const ofPods = ["daemonsets", "pods", "leases", "times"] as const
export const properties: ReadonlyArray<Property> = [
  needing(["daemonsets", "pods", "times"], always("a DaemonSet's pod is made for one that exists, and for one node",
    [81], madeForTheLiving("daemonsets", "pods", wrongPod), ["pods.created"])),
  needing(ofPods, always("a DaemonSet makes no second pod for a node that has one", [87], makesNoSecond,
    ["pods.created"])),
  needing(["daemonsets", "pods", "times"], leadsTo("of two pods of a DaemonSet on a node one goes soon", [87],
    prunesTheSecond, ["pods.", "object.seen"])),
  needing([...ofPods, "nodes", "controllerrevisions"], always("a DaemonSet's status says what its pods and "
    + "the nodes were not long ago", [], saysWhatWas, ["daemonsets.updated"])),
  needing(["daemonsets", "leases", "times"], always(
    "a DaemonSet's status is of no earlier generation than the last", [], reportsInOrder("daemonsets"),
    ["daemonsets.updated"])),
  needing(["daemonsets", "namespaces"], leadsTo("every generation of a DaemonSet is soon reported on", [],
    isReportedOn("daemonsets"), ["daemonsets.", "object.seen"])),
  needing(["daemonsets", "pods", "nodes", "controllerrevisions"], eventually("at rest a DaemonSet's status is "
    + "true, and each node that should has its pod", [], isTrueAtRest, ["daemonsets."]))
]

export const situations: ReadonlyArray<Property> = [
  sometimes("a DaemonSet follows a new node", (history) => (line) => {
    const change = committed(line, "pods")
    const set = change?.type === "object.created" ? setOf(history, change.object) : undefined
    const node = set === undefined ? undefined : history.now.nodes.named(targetOf(change!.object) ?? "")
    return node !== undefined && history.now.nodes.first(node.metadata.uid)!.revision
      > history.now.daemonsets.first(set!.metadata.uid)!.revision
  }, ["pods.created"]),
  sometimes("a DaemonSet rolls to another template", () => (line) => {
    const change = committed(line, "daemonsets")
    const of = ({ status }: DaemonSet): number => status.updatedNumberScheduled ?? 0
    return change?.type === "object.updated" && of(change.object) < of(change.previous)
  }, ["daemonsets.updated"])
]
