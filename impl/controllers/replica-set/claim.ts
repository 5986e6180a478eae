/**
 * Which pods belong to a ReplicaSet: those it controls and that match, and matching orphans, which it adopts.
 * Source: pkg/controller/controller_ref_manager.go, v1.36.
 * Deviates: a set that is being deleted is not looked out for: nothing holds it until garbage collection is modelled.
 */
import { Effect } from "effect"
import type { ApiError, Client } from "#impl/client.ts"
import type { OwnerReference } from "#model/objects/metadata.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

export const controllerOf = (pod: Pod): OwnerReference | undefined =>
  pod.metadata.ownerReferences?.find(({ controller }) => controller === true)

export const isActive = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined &&
  pod.status.phase !== "Succeeded" && pod.status.phase !== "Failed"

/** An empty selector matches nothing here; the API server does not take one. */
export const matches = (replicaSet: ReplicaSet, pod: Pod): boolean => {
  const wanted = replicaSet.spec.selector.matchLabels ?? {}
  const labels = pod.metadata.labels
  let any = false
  for (const key in wanted) {
    if (labels?.[key] !== wanted[key]) return false
    any = true
  }
  return any
}

export const ownerReference = (replicaSet: ReplicaSet): OwnerReference => ({
  apiVersion: "apps/v1", kind: "ReplicaSet", name: replicaSet.metadata.name, uid: replicaSet.metadata.uid,
  controller: true, blockOwnerDeletion: true
})

/** Conditional on the version that was looked at: a merge patch replaces the list of owners. */
const withOwners = (pod: Pod, ownerReferences: ReadonlyArray<OwnerReference>): object => ({
  metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion, ownerReferences }
})

const isGone = (error: ApiError): boolean => error._tag === "StatusError" && error.status.reason === "NotFound"

export interface Claiming {
  readonly client: typeof Client.Service
  readonly replicaSet: ReplicaSet
  readonly adopted: (uid: string) => void
  readonly released: (uid: string) => void
}

/** The set still exists under its uid and is not being deleted: asked of the API server, never of the informer. */
export const mayAdopt = ({ client, replicaSet }: Claiming): Effect.Effect<boolean, ApiError> =>
  Effect.map(client.get("replicasets", replicaSet.metadata.namespace, replicaSet.metadata.name), (live) =>
    live.metadata.uid === replicaSet.metadata.uid && live.metadata.deletionTimestamp === undefined)

/** The pods that count. `owned`: active and controlled by the set. `orphans`: active, nobody's, in its namespace. */
export const claim = Effect.fnUntraced(function*(
  claiming: Claiming, owned: ReadonlyArray<Pod>, orphans: ReadonlyArray<Pod>
) {
  const { adopted, client, released, replicaSet } = claiming
  const claimed: Array<Pod> = []
  // One that is being deleted keeps what it has, for the garbage collector to see.
  const isGoing = replicaSet.metadata.deletionTimestamp !== undefined
  for (const pod of owned) {
    if (matches(replicaSet, pod)) claimed.push(pod)
    else if (!isGoing) {
      const owners = (pod.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== replicaSet.metadata.uid)
      const { namespace, name } = pod.metadata
      yield* Effect.catchIf(
        Effect.map(client.patch("pods", namespace, name, withOwners(pod, owners)),
          () => released(pod.metadata.uid)),
        isGone, () => Effect.void)
    }
  }
  const wanted = orphans.filter((pod) => matches(replicaSet, pod))
  if (wanted.length === 0 || isGoing || !(yield* mayAdopt(claiming))) return claimed
  for (const pod of wanted) {
    const owners = [...pod.metadata.ownerReferences ?? [], ownerReference(replicaSet)]
    const { namespace, name } = pod.metadata
    const isAdopted = yield* Effect.catchIf(
      Effect.as(client.patch("pods", namespace, name, withOwners(pod, owners)), true),
      isGone, () => Effect.succeed(false))
    if (!isAdopted) continue
    adopted(pod.metadata.uid)
    claimed.push(pod)
  }
  return claimed
})
