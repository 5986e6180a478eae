/**
 * controller/claims: whose a pod is. A set adopts what it selects and nobody controls, and lets go of what it does not
 * select any more. And the status of a ReplicaSet is what its pods were lately. On committed objects alone, of clusters
 * of others.
 *
 * Legal exceptions: whoever is going or has ended is not adopted; two that select one pod compete for it.
 * Source: pkg/controller/controller_ref_manager.go (ClaimObject), replicaset/replica_set_utils.go (calculateStatus),
 * v1.36; invariants 74, 75, 81.
 */
import { isActive, selects } from "#model/controllers/replica-set.ts"
import { isReady } from "#model/controllers/replica-set/ranking.ts"
import { isSelected } from "#model/controller.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { controllerIn } from "#properties/controller/dependents.ts"
import { Eyes, revisionsLately } from "#properties/controller/recent.ts"
import { committed, type History } from "#properties/history.ts"
import { always, eventually, kept, needing, type Property, type Said } from "#properties/property.ts"

interface Selecting {
  readonly metadata: ApiObject["metadata"]
  readonly spec: { readonly selector?: ReplicaSet["spec"]["selector"] }
}
const adopters = ["replicasets", "statefulsets", "daemonsets", "jobs"] as const

const claimsAtRest = (history: History) => {
  const wrong = (
    things: ReadonlyArray<ApiObject>, owners: ReadonlyArray<Selecting>, canBeAdopted: (thing: ApiObject) => boolean
  ): string | number => {
    let held = 0
    const byUid = new Map(owners.map((owner) => [owner.metadata.uid, owner]))
    for (const thing of things) {
      if (!canBeAdopted(thing)) continue
      const { name, namespace } = thing.metadata
      const reference = controllerIn(thing)
      const owner = byUid.get(reference?.uid ?? "")
      if (owner !== undefined) {
        if (!isSelected(owner.spec.selector ?? {}, thing)) {
          return `${name} is ${reference!.name}'s, which does not select it`
        }
        held++
      } else if (reference === undefined) {
        const [one] = owners.filter((other) => other.metadata.namespace === namespace
          && isSelected(other.spec.selector ?? {}, thing))
        if (one !== undefined) return `${name} has no controller; ${one.metadata.name} selects it`
      }
    }
    return held
  }
  const live = (owners: ReadonlyArray<Selecting>): ReadonlyArray<Selecting> =>
    owners.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  return {
    holds: (): Said => {
      const { now } = history
      const sets = live(adopters.flatMap((resource) => now[resource].all() as unknown as ReadonlyArray<Selecting>))
      const pods = wrong(now.pods.all(), sets, (pod) => isActive(pod as Pod))
      if (typeof pods === "string") return pods
      const ofDeployments = wrong(now.replicasets.all(), live(now.deployments.all() as ReadonlyArray<Selecting>),
        ({ metadata }) => metadata.deletionTimestamp === undefined)
      return typeof ofDeployments === "string" ? ofDeployments : pods + ofDeployments
    }
  }
}

const isSaid = (set: ReplicaSet, pods: ReadonlyArray<Pod>): boolean => {
  const active = pods.filter((pod) => isActive(pod))
  const labelled = active.filter((pod) => Object.entries(set.spec.template.metadata.labels ?? {})
    .every(([key, value]) => pod.metadata.labels?.[key] === value))
  const { availableReplicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, replicas } = set.status
  const ready = active.filter((pod) => isReady(pod)).length
  return replicas === active.length && readyReplicas === ready && fullyLabeledReplicas === labelled.length
    && ((set.spec.minReadySeconds ?? 0) > 0 ? availableReplicas <= ready : availableReplicas === ready)
}
/**
 * One worker has a set at a time, and what its informer shows never goes back: so each status is of no earlier revision
 * than the last. Of those that explain it the earliest is taken. Source: util/workqueue Get; reflector's
 * relistResourceVersion, v1.36.
 */
const saysWhatWas = (history: History) => {
  const eyes = history.part(Eyes)
  /** By set: the earliest revision that its last status can be of. */
  const views = new Map<string, number>()
  return (line: Line): Said => {
    const change = committed(line, "replicasets")
    if (change?.type === "object.deleted") views.delete(line.entity)
    if (change?.type !== "object.updated") return undefined
    if (!eyes.areClear(line.at_ms, line.entity)) {
      views.delete(line.entity)
      return undefined
    }
    const { object, previous } = change
    if (JSON.stringify({ ...object.status, conditions: 0 }) === JSON.stringify({ ...previous.status, conditions: 0 })) {
      return undefined
    }
    const last = views.get(line.entity) ?? 0
    let view = Infinity
    for (const revision of [last, ...revisionsLately(history, "replicasets", "pods", line)]) {
      if (revision < last || revision >= view) continue
      const pods = history.at(revision).pods.by("owner", line.entity).filter((pod) => selects(object, pod))
      if (isSaid(object, pods)) view = revision
    }
    if (view < Infinity) views.set(line.entity, view)
    if (view < Infinity) return kept
    const { conditions: _, ...figures } = object.status
    const since = last > 0 ? ` since revision ${last}, as it said before` : ""
    return `${object.metadata.name} says ${JSON.stringify(figures)}, which its pods have not been lately${since}`
  }
}

export const claimProperties: ReadonlyArray<Property> = [
  needing(["pods", "deployments", ...adopters], eventually("at rest who is selected has a controller, and who has one "
    + "is selected by it", [81], claimsAtRest, ["object."])),
  needing(["pods", "replicasets", "leases", "times"], always("a ReplicaSet's status says what its pods were at some "
    + "revision not long ago", [], saysWhatWas, ["replicasets.updated", "replicasets.deleted"]))
]
