/**
 * What the Deployment controller promises, on committed objects alone: a recorded cluster has Deployments.
 *
 * It acts on copies that are a little old, and counts by them. Legal exceptions: who else scales its sets (told by
 * managedFields; where these are stripped nothing is judged), a Deployment that was scaled or changed meanwhile, pods
 * that fail of themselves, a change of the leader.
 * Source: pkg/controller/deployment/{rolling,recreate,sync}.go, util/deployment_util.go, v1.36; invariants 82, 83.
 */
import { isSelected } from "#model/controller.ts"
import { conditionOf } from "#model/api-server/status-laws.ts"
import { maxUnavailableOf } from "#model/controllers/deployment.ts"
import type { Line } from "#model/events.ts"
import { equal } from "#model/objects/equality.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import type { ObservedObjects } from "#model/observed.ts"
import { controllerIn, isReportedOn, madeForTheLiving } from "#properties/controller/dependents.ts"
import { Eyes, lately, revisionsLately } from "#properties/controller/recent.ts"
import { committed, type Committed, type History } from "#properties/history.ts"
import {
  always, eventually, kept, leadsTo, needing, type Property, type Said, sometimes
} from "#properties/property.ts"

type Deployment = ObservedObjects["deployments"]
const isRolling = ({ spec }: Deployment): boolean => spec.strategy?.type === "RollingUpdate"

const prefix = "deployment.kubernetes.io/"
const noteOf = ({ metadata }: ReplicaSet, name: string): number | undefined => {
  const text = metadata.annotations?.[prefix + name]
  return text === undefined ? undefined : Number(text)
}
const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, one) => total + one, 0)
const revisionOf = (set: ReplicaSet): number => noteOf(set, "revision") ?? 0

/** Nobody but the controllers' process has set how many it is to have. */
const isScaledByControllers = ({ metadata }: ReplicaSet): boolean => {
  const owners = (metadata.managedFields ?? []).filter(({ fieldsV1 }) =>
    (fieldsV1 as Readonly<Record<string, object>> | undefined)?.["f:spec"]?.hasOwnProperty("f:replicas") === true)
  return owners.length > 0 && owners.every(({ manager }) => manager === "kube-controller-manager")
}

/** The template of the set, without what tells it from others. */
const isOf = ({ spec: { template } }: Deployment, { spec }: ReplicaSet): boolean => {
  const { "pod-template-hash": _, ...labels } = spec.template.metadata.labels ?? {}
  return equal({ ...spec.template, metadata: { ...spec.template.metadata, labels } },
    { ...template, metadata: { ...template.metadata, labels: template.metadata?.labels ?? {} } })
}

/** The Deployment of a set that was written, if it is a live one. */
const deploymentOf = ({ now }: History, set: ReplicaSet): Deployment | undefined => {
  const reference = controllerIn(set)
  const deployment = reference?.kind === "Deployment" ? now.deployments.get(reference.uid) : undefined
  return deployment?.metadata.deletionTimestamp === undefined ? deployment : undefined
}
/** It has been as it is, in what counts here, for as long as a copy may be old. */
const isSteady = (
  { now }: History, { metadata, spec }: Deployment, at_ms: number, fields: ReadonlyArray<keyof Deployment["spec"]>
): boolean => [...lately(now.deployments, metadata.uid, at_ms)].every((one) =>
  one === undefined || fields.every((field) => equal(one.spec[field], spec[field])))

const grows = (change: Committed<"replicasets">): boolean => change.type === "object.created"
  ? change.object.spec.replicas > 0
  : change.type === "object.updated" && change.object.spec.replicas > change.previous.spec.replicas

/** 82. `max-replicas` is what the controller took for the limit when it scaled the set. */
const staysWithinSurge = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "replicasets")
    if (change === undefined || !grows(change)) return undefined
    const deployment = deploymentOf(history, change.object)
    const limit = noteOf(change.object, "max-replicas")
    if (deployment === undefined || limit === undefined || !isRolling(deployment)
      || !eyes.areClear(line.at_ms, deployment.metadata.uid)) return undefined
    const sets = history.now.replicasets.by("owner", deployment.metadata.uid)
    if (!sets.every(isScaledByControllers)) return undefined
    // Of the others it may not have seen yet what they were scaled up to.
    const total = sum(sets.map(({ metadata: { uid }, spec }) => uid === line.entity ? spec.replicas
      : Math.min(...[...lately(history.now.replicasets, uid, line.at_ms)].map((one) => one?.spec.replicas ?? 0))))
    return total <= limit ? kept : `${change.object.metadata.name} was scaled up to ${change.object.spec.replicas}: `
      + `the sets of ${deployment.metadata.name} ask for ${total} pods, ${limit} are allowed`
  }
}

/** 82. An old set gives up only who is unavailable, or whom the Deployment can do without. */
const keepsEnoughAvailable = (history: History) => {
  const eyes = history.part(Eyes)
  /** The most that it had available in the last while, as far as it still asks for them. */
  const availableOf = (set: ReplicaSet, at_ms: number): number => Math.min(set.spec.replicas,
    Math.max(...[...lately(history.now.replicasets, set.metadata.uid, at_ms)]
      .map((one) => one?.status.availableReplicas ?? 0)))
  return (line: Line): Said => {
    const change = committed(line, "replicasets")
    if (change?.type !== "object.updated" || change.object.spec.replicas >= change.previous.spec.replicas) {
      return undefined
    }
    const deployment = deploymentOf(history, change.object)
    if (deployment === undefined || !isRolling(deployment) || isOf(deployment, change.object)
      || !eyes.areClear(line.at_ms, deployment.metadata.uid)
      || !isSteady(history, deployment, line.at_ms, ["strategy"])) return undefined
    const sets = history.now.replicasets.by("owner", deployment.metadata.uid)
    const wanted = deployment.spec.replicas ?? 1
    // Where the Deployment itself is scaled all sets give up their share.
    const isScaling = [change.previous, ...sets].some((set) => (noteOf(set, "desired-replicas") ?? wanted) !== wanted)
    if (isScaling || !sets.every(isScaledByControllers)) return undefined
    // What is not available may always go.
    const { at_ms } = line
    if (change.object.spec.replicas >= Math.max(...[...lately(history.now.replicasets, line.entity, at_ms)]
      .map((one) => one?.status.availableReplicas ?? 0))) return kept
    const available = sum(sets.map((set) => availableOf(set, at_ms)))
    const needed = wanted - maxUnavailableOf(deployment)
    return available >= needed ? kept : `${change.object.metadata.name} was scaled down to `
      + `${change.object.spec.replicas}: ${available} pods of ${deployment.metadata.name} stay available, `
      + `${needed} are needed`
  }
}

const isOver = ({ status: { phase } }: Pod): boolean => phase === "Succeeded" || phase === "Failed"
/** 83. */
const recreatesInTurn = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "replicasets")
    if (change === undefined || !grows(change)) return undefined
    const deployment = deploymentOf(history, change.object)
    if (deployment === undefined || deployment.spec.strategy?.type !== "Recreate" || !isOf(deployment, change.object)
      || !isScaledByControllers(change.object) || !eyes.areClear(line.at_ms, deployment.metadata.uid)
      || !isSteady(history, deployment, line.at_ms, ["strategy"])) return undefined
    const others = history.now.replicasets.by("owner", deployment.metadata.uid)
      .filter(({ metadata }) => metadata.uid !== line.entity)
    if (others.length === 0) return undefined
    const old = others.flatMap(({ metadata }) => history.now.pods.by("owner", metadata.uid)).find((pod) => !isOver(pod))
    return old === undefined ? kept
      : `${change.object.metadata.name} is to have ${change.object.spec.replicas} pods while `
        + `${old.metadata.name} is there`
  }
}

/** A set's revision is the last one at some time, and never an earlier one. */
const revisionsRise = (): (line: Line) => Said => (line) => {
  const change = committed(line, "replicasets")
  if (change?.type !== "object.updated" || controllerIn(change.object)?.kind !== "Deployment") return undefined
  const [before, after] = [revisionOf(change.previous), revisionOf(change.object)]
  // Only a user takes it away.
  if (before === 0 || after === 0 || before === after) return undefined
  return after > before ? kept : `${change.object.metadata.name} was of revision ${before} and is of ${after}`
}

/** What its status says of its sets, in the order in which it is looked at. */
const figuresOf = (deployment: Deployment, sets: ReadonlyArray<ReplicaSet>): Readonly<Record<string, number>> => {
  const of = (count: (set: ReplicaSet) => number | undefined): number => sum(sets.map((set) => count(set) ?? 0))
  const available = of(({ status }) => status.availableReplicas)
  return {
    replicas: of(({ status }) => status.replicas), readyReplicas: of(({ status }) => status.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, of(({ spec }) => spec.replicas) - available),
    updatedReplicas: sets.find((set) => isOf(deployment, set))?.status.replicas ?? 0,
    terminatingReplicas: of(({ status }) => status.terminatingReplicas)
  }
}
const isSaid = ({ status }: Deployment, figures: Readonly<Record<string, number>>): boolean =>
  Object.entries(figures).every(([field, figure]) =>
    ((status as Readonly<Record<string, unknown>>)[field] ?? 0) === figure)

/**
 * What it says is what its sets were at one revision, the one that its copy had come to; of the new set it may know
 * more, since it has just written that.
 */
const saysWhatWas = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "deployments")
    if (change?.type !== "object.updated") return undefined
    const { object, previous } = change
    const isReport = object.status.observedGeneration === object.metadata.generation
      && !equal({ ...object.status, conditions: [] }, { ...previous.status, conditions: [] })
    const { uid } = object.metadata
    if (!isReport || !eyes.areClear(line.at_ms, uid)) return undefined
    const seen: Array<ReadonlyArray<ReplicaSet>> = []
    for (const revision of revisionsLately(history, "deployments", "replicasets", line)) {
      const sets = history.at(revision).replicasets.by("owner", uid)
      if (isSaid(object, figuresOf(object, sets))) return kept
      seen.push(sets)
    }
    const fresh = [...new Set(seen.flat().filter((set) => isOf(object, set)))]
    for (const sets of seen) {
      const others = sets.filter((set) => !isOf(object, set))
      if (fresh.some((set) => isSaid(object, figuresOf(object, [...others, set])))) return kept
    }
    const { conditions: _, ...figures } = object.status
    return `${object.metadata.name} says ${JSON.stringify(figures)}, which its sets have not been lately`
  }
}
const wrongAtRest = ({ now }: History, deployment: Deployment): string | undefined => {
  const { metadata, spec, status } = deployment
  const sets = now.replicasets.by("owner", metadata.uid)
  for (const [field, figure] of Object.entries(figuresOf(deployment, sets))) {
    const said = (status as Readonly<Record<string, unknown>>)[field] ?? 0
    if (said !== figure) return `says ${field} ${String(said)}; its sets have ${figure}`
  }
  if (spec.paused === true) return undefined
  const current = sets.filter((set) => isOf(deployment, set))
  if (current.length === 0) {
    return conditionOf(status.conditions, "Progressing")?.status === "False" ? undefined : "has no set of its template"
  }
  const revision = metadata.annotations?.[`${prefix}revision`]
  if (Number(revision) !== Math.max(...current.map(revisionOf))) return `says revision ${revision}`
  const wanted = spec.replicas ?? 1
  const asked = sum(sets.map((set) => set.spec.replicas))
  const isComplete = status.updatedReplicas === wanted && status.availableReplicas === wanted
  if (isComplete && asked !== wanted) return `wants ${wanted} pods; its sets ask for ${asked}`
  const least = wanted - maxUnavailableOf(deployment)
  return isRolling(deployment) && asked < least ? `needs ${least} pods; its sets ask for ${asked}` : undefined
}

/** "at rest …": its status is true, and it has what it wants unless its pods do not come up. */
const isTrueAtRest = (history: History) => ({
  holds: (): Said => {
    let held = 0
    for (const deployment of history.now.deployments.all()) {
      if (deployment.metadata.deletionTimestamp !== undefined) continue
      const wrong = wrongAtRest(history, deployment)
      if (wrong !== undefined) return `${deployment.metadata.namespace}/${deployment.metadata.name} ${wrong}`
      held++
    }
    return held
  }
})

const wrongSet = (owner: unknown, made: unknown): string | undefined => {
  const [deployment, set] = [owner as Deployment, made as ReplicaSet]
  if (!isSelected(deployment.spec.selector, set)) return `${set.metadata.name} is not selected by its Deployment`
  return set.metadata.name.startsWith(`${deployment.metadata.name}-`)
    && set.metadata.name.endsWith(`-${set.metadata.labels?.["pod-template-hash"]}`) ? undefined
    : `${set.metadata.name} is not named after its Deployment and its template`
}

const kinds = ["deployments", "replicasets", "leases", "times"] as const
export const properties: ReadonlyArray<Property> = [
  needing(["deployments", "replicasets", "times"], always(
    "a Deployment's set is made for one that exists, and named after it", [],
    madeForTheLiving("deployments", "replicasets", wrongSet), ["replicasets.created"])),
  needing(kinds, always("no set of a rolling Deployment is scaled up beyond what may be there at once", [82],
    staysWithinSurge, ["replicasets."])),
  needing(kinds, always("no old set of a rolling Deployment gives up pods that are needed", [82], keepsEnoughAvailable,
    ["replicasets.updated"])),
  needing([...kinds, "pods"], always("a Deployment that recreates asks for new pods only when the old ones are gone",
    [83], recreatesInTurn, ["replicasets."])),
  needing(kinds, always("a Deployment's status says what its sets were at some revision not long ago", [], saysWhatWas,
    ["deployments.updated"])),
  always("the revision of a Deployment's set only rises", [], revisionsRise, ["replicasets.updated"]),
  needing(["deployments", "namespaces"], leadsTo("every generation of a Deployment is soon reported on", [],
    isReportedOn("deployments"), ["deployments.", "object.seen"])),
  needing(["deployments", "replicasets"], eventually(
    "at rest a Deployment's status is true, and its sets ask for what it wants", [], isTrueAtRest, ["deployments."]))
]

export const situations: ReadonlyArray<Property> = [
  sometimes("a Deployment rolls from one template to the next", (history) => (line) => {
    const change = committed(line, "replicasets")
    return change?.type === "object.created" && revisionOf(change.object) > 1
      && deploymentOf(history, change.object)?.spec.strategy?.type === "RollingUpdate"
  }, ["replicasets.created"]),
  sometimes("a Deployment that recreates waits for its old pods", () => (line) => {
    const change = committed(line, "deployments")
    return change?.type === "object.updated" && change.object.spec.strategy?.type === "Recreate"
      && (change.object.status.terminatingReplicas ?? 0) > 0 && change.object.status.replicas === undefined
  }, ["deployments.updated"]),
  sometimes("an old set is scaled down step by step", () => (line) => {
    const change = committed(line, "replicasets")
    return change?.type === "object.updated" && controllerIn(change.object)?.kind === "Deployment"
      && change.object.spec.replicas > 0 && change.object.spec.replicas < change.previous.spec.replicas
  }, ["replicasets.updated"])
]
