/**
 * api-server/ground-truth: the lines that tell what etcd committed, in the charts' words. Spec: model/pod.ts,
 * model/api-server.ts, model/leader-election.ts.
 *
 * Pure: a line depends on the change alone. The world calls it once per change, when the first member applies it.
 */
import { compactionKey, decodeValue, isObjectKey, resourceOf, withVersion } from "#impl/api-server/codec.ts"
import type { StateOf } from "#impl/journal.ts"
import type { charts as apiServerCharts } from "#model/api-server.ts"
import type { charts as etcdCharts } from "#model/etcd.ts"
import type { EventOf, StoreChange } from "#model/events.ts"
import type { charts as namespaceCharts } from "#model/controllers/namespace.ts"
import type { charts as replicaSetCharts } from "#model/controllers/replica-set.ts"
import type { charts as leaseCharts } from "#model/leader-election.ts"
import type { charts as podCharts } from "#model/pod.ts"
import type { ApiObject } from "#model/kinds.ts"
import { contentFinalizer, type Namespace } from "#model/objects/namespace.ts"
import type { Pod, PodPhase } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

type PodState = StateOf<(typeof podCharts)["pod.pod"]>
type HistoryState = StateOf<(typeof etcdCharts)["etcd.history"]>
type LeaseState = StateOf<(typeof leaseCharts)["leader-election.lease"]>
type ReplicaSetState = StateOf<(typeof replicaSetCharts)["replica-set.replicaSet"]>
type NamespaceState = StateOf<(typeof namespaceCharts)["namespace.namespace"]>
type ObjectState = StateOf<(typeof apiServerCharts)["api-server.object"]>
export interface TruthLine {
  readonly chart: string
  readonly entity: string
  readonly event: EventOf<"object" | "history">
  readonly state: string | { readonly [region: string]: string }
}

const phases: { readonly [P in PodPhase]: PodState["phase"] } =
  { Pending: "pending", Running: "running", Succeeded: "succeeded", Failed: "failed" }

const lifeOf = (object: ApiObject): ObjectState =>
  object.metadata.deletionTimestamp === undefined ? "live" : "terminating"

const podState = (pod: Pod, life: ObjectState): PodState =>
  ({ life, phase: phases[pod.status.phase], binding: (pod.spec.nodeName ?? "") === "" ? "unbound" : "bound" })

const replicaSetState = ({ metadata, status }: ReplicaSet, life: ObjectState): ReplicaSetState => life !== "live" ? life
  : status.observedGeneration === metadata.generation ? "observed" : "unobserved"

const namespaceState = ({ spec }: Namespace, life: ObjectState): NamespaceState => life === "live" ? "active"
  : life === "removed" || spec.finalizers?.includes(contentFinalizer) === true ? life : "finalized"

const stateOf = (object: ApiObject, isRemoved: boolean): Pick<TruthLine, "chart" | "state"> => {
  const life = isRemoved ? "removed" : lifeOf(object)
  if (object.kind === "Pod") return { chart: "pod.pod", state: podState(object, life) }
  if (object.kind === "ReplicaSet") return { chart: "replica-set.replicaSet", state: replicaSetState(object, life) }
  if (object.kind === "Namespace") return { chart: "namespace.namespace", state: namespaceState(object, life) }
  if (object.kind !== "Lease") return { chart: "api-server.object", state: life }
  const isHeld = (object.spec.holderIdentity ?? "") !== ""
  const state: LeaseState = isRemoved ? "removed" : isHeld ? "held" : "free"
  return { chart: "leader-election.lease", state }
}

const marked = (revision: number, value: { readonly revision: number }): TruthLine => {
  const state: HistoryState = "marked"
  const event: EventOf<"history"> =
    { type: "history.marked", key: compactionKey, revision, compacted: value.revision }
  return { chart: "etcd.history", entity: compactionKey, event, state }
}

/** The line of one change of a revision; none for what is no object. */
export const groundTruth = (revision: number, change: StoreChange): TruthLine | undefined => {
  const { key, previous, value } = change
  if (key === compactionKey) return marked(revision, value as unknown as { readonly revision: number })
  if (!isObjectKey(key)) return undefined
  const resource = resourceOf(key)
  const object = value === undefined ? withVersion(previous!, revision) : decodeValue(value, revision)
  // The revision of `previous` was told by its own change, and its decoded form remembers it.
  const before = previous === undefined ? undefined : decodeValue(previous, 0)
  const event: EventOf<"object"> = value === undefined ? { type: "object.deleted", revision, resource, key, object }
    : before === undefined ? { type: "object.created", revision, resource, key, object }
    : { type: "object.updated", revision, resource, key, object, previous: before }
  return { entity: object.metadata.uid, event, ...stateOf(object, value === undefined) }
}
