/**
 * The table of kinds: every kind that the API server stores, by the plural name of its resource. API server, caches,
 * client, informers, users, ground truth, teeth and the judge derive from it. A new kind is a row here and a file
 * objects/<kind>.ts. Charts are named, not imported: impl/ reads this table and must not import charts by value.
 *
 * Source: discovery and conversion functions of kubernetes v1.36 (subresources, short names, selectable fields);
 * PrepareForCreate of each kind's strategy (who counts generations).
 */
import { guaranteedLease, type GivenLease, type Lease } from "#model/objects/lease.ts"
import { guaranteedMeta } from "#model/objects/metadata.ts"
import { guaranteedNamespace, type GivenNamespace, type Namespace } from "#model/objects/namespace.ts"
import { guaranteedNode, type GivenNode, type Node } from "#model/objects/node.ts"
import { guaranteedPod, type GivenPod, type Pod } from "#model/objects/pod.ts"
import { guaranteedReplicaSet, type GivenReplicaSet, type ReplicaSet } from "#model/objects/replica-set.ts"
import {
  guaranteedServiceAccount, type GivenServiceAccount, type ServiceAccount
} from "#model/objects/service-account.ts"

/** As stored, by resource. */
export interface Objects {
  readonly pods: Pod
  readonly nodes: Node
  readonly replicasets: ReplicaSet
  readonly leases: Lease
  readonly namespaces: Namespace
  readonly serviceaccounts: ServiceAccount
}
/** As a client may give it: the published schema, before defaulting. */
export interface GivenObjects {
  readonly pods: GivenPod
  readonly nodes: GivenNode
  readonly replicasets: GivenReplicaSet
  readonly leases: GivenLease
  readonly namespaces: GivenNamespace
  readonly serviceaccounts: GivenServiceAccount
}
export type Resource = keyof Objects
export type ApiObject = Objects[Resource]
/** Also what is stored is such a one. */
export type GivenObject = GivenObjects[Resource]

export interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly singular: string
  readonly shortNames: ReadonlyArray<string>
  readonly namespaced: boolean
  readonly subresources: ReadonlyArray<string>
  /** metadata.generation begins at 1 and counts changes of the spec; else it is absent. */
  readonly countsGenerations: boolean
  /** Beside metadata.name and, of namespaced kinds, metadata.namespace. */
  readonly selectableFields: ReadonlyArray<string>
  /** The chart of its committed life. */
  readonly chart: string
  /** Name of its schema in objects/schemas.json. */
  readonly schema: string
  /** Paths that every stored object has; "[]" stands for each element. */
  readonly guaranteed: ReadonlyArray<string>
}

const guaranteed = (own: ReadonlyArray<string>): ReadonlyArray<string> => [...guaranteedMeta, ...own]

export const kinds: { readonly [R in Resource]: Kind } = {
  pods: {
    group: "", version: "v1", kind: "Pod", singular: "pod", shortNames: ["po"], namespaced: true,
    subresources: ["binding", "status"], countsGenerations: true,
    selectableFields: ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
      "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
    chart: "pod.pod", schema: "io.k8s.api.core.v1.Pod", guaranteed: guaranteed(guaranteedPod)
  },
  nodes: {
    group: "", version: "v1", kind: "Node", singular: "node", shortNames: ["no"], namespaced: false,
    subresources: ["status"], countsGenerations: false, selectableFields: ["spec.unschedulable"],
    chart: "api-server.object", schema: "io.k8s.api.core.v1.Node", guaranteed: guaranteed(guaranteedNode)
  },
  replicasets: {
    group: "apps", version: "v1", kind: "ReplicaSet", singular: "replicaset", shortNames: ["rs"], namespaced: true,
    subresources: ["status"], countsGenerations: true, selectableFields: ["status.replicas"],
    chart: "replica-set.replicaSet", schema: "io.k8s.api.apps.v1.ReplicaSet",
    guaranteed: guaranteed(guaranteedReplicaSet)
  },
  leases: {
    group: "coordination.k8s.io", version: "v1", kind: "Lease", singular: "lease", shortNames: [], namespaced: true,
    subresources: [], countsGenerations: false, selectableFields: [],
    chart: "leader-election.lease", schema: "io.k8s.api.coordination.v1.Lease",
    guaranteed: guaranteed(guaranteedLease)
  },
  namespaces: {
    group: "", version: "v1", kind: "Namespace", singular: "namespace", shortNames: ["ns"], namespaced: false,
    subresources: ["finalize", "status"], countsGenerations: false, selectableFields: ["status.phase"],
    chart: "namespace.namespace", schema: "io.k8s.api.core.v1.Namespace", guaranteed: guaranteed(guaranteedNamespace)
  },
  serviceaccounts: {
    group: "", version: "v1", kind: "ServiceAccount", singular: "serviceaccount", shortNames: ["sa"],
    namespaced: true, subresources: [], countsGenerations: false, selectableFields: [],
    chart: "api-server.object", schema: "io.k8s.api.core.v1.ServiceAccount",
    guaranteed: guaranteed(guaranteedServiceAccount)
  }
}

export const resources = Object.keys(kinds) as ReadonlyArray<Resource>
export const isResource = (text: string): text is Resource => Object.hasOwn(kinds, text)

/** "v1", "apps/v1". */
export const apiVersionOf = ({ group, version }: Pick<Kind, "group" | "version">): string =>
  group === "" ? version : `${group}/${version}`

const byKind = new Map(resources.map((resource) => [kinds[resource].kind, resource]))
/** "pods" of "Pod". */
export const resourceOfKind = (kind: string): Resource | undefined => byKind.get(kind)

/** "namespace/name", or "name" for a cluster-scoped object: the key of stores and work queues. */
export const keyOf = ({ metadata: { name, namespace } }: {
  readonly metadata: { readonly name: string; readonly namespace?: string }
}): string => namespace === undefined ? name : `${namespace}/${name}`
