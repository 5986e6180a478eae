/**
 * The kinds of a real cluster that our API server does not serve: what a recording of one shows beside model/kinds.ts.
 * The judge, the history and the recorder derive from both tables. A kind moves to kinds.ts when our API server stores
 * it. Of a kind that is in neither (a custom resource) nothing is claimed but what every object obeys.
 *
 * Source: discovery of a kube-apiserver 1.36.3; PrepareForCreate and PrepareForUpdate of each kind's strategy in
 * kubernetes pkg/registry, apiserver registry/rest/create.go and update.go, v1.36 (who counts generations, and what).
 */
import { apiVersionOf, isResource, kinds, type Kind, type Objects, type Resource, resources } from "#model/kinds.ts"
import type { NamespacedMeta, ObjectMeta, Replace, Schemas, With } from "#model/objects/metadata.ts"

/**
 * What metadata.generation counts, beside the beginning of the deletion.
 *
 * given: nothing; it is what the creator gave, mostly none. fixed: nothing; it is 1. spec: changes of the spec.
 * annotations: of the spec and of the annotations, unless these are written with the status. content: of everything
 * but the metadata, and of the labels.
 */
export type Generations = "given" | "fixed" | "spec" | "annotations" | "content"

export interface ObservedKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespaced: boolean
  readonly generations: Generations
  /** The chart of its committed life. */
  readonly chart: string
  /** Name of its schema in objects/schemas.json. */
  readonly schema: string
}

type Namespaced<S extends keyof Schemas> = Replace<Schemas[S], { readonly metadata: NamespacedMeta }>
type Clustered<S extends keyof Schemas> = Replace<Schemas[S], { readonly metadata: ObjectMeta }>
/** With a spec and a status, and generations that are counted. */
type Counted<S extends keyof Schemas> = Replace<
  With<Schemas[S], Extract<"spec" | "status", keyof Schemas[S]>>,
  { readonly metadata: With<NamespacedMeta, "generation"> }>

/** As a real API server returns them, by resource. */
export interface ObservedObjects {
  readonly deployments: Counted<"io.k8s.api.apps.v1.Deployment">
  readonly statefulsets: Counted<"io.k8s.api.apps.v1.StatefulSet">
  readonly daemonsets: Counted<"io.k8s.api.apps.v1.DaemonSet">
  readonly controllerrevisions: Namespaced<"io.k8s.api.apps.v1.ControllerRevision">
  readonly jobs: Counted<"io.k8s.api.batch.v1.Job">
  readonly cronjobs: Counted<"io.k8s.api.batch.v1.CronJob">
  readonly poddisruptionbudgets: Counted<"io.k8s.api.policy.v1.PodDisruptionBudget">
  readonly endpointslices: Counted<"io.k8s.api.discovery.v1.EndpointSlice">
  readonly services: With<Namespaced<"io.k8s.api.core.v1.Service">, "spec" | "status">
  readonly endpoints: Namespaced<"io.k8s.api.core.v1.Endpoints">
  readonly configmaps: Namespaced<"io.k8s.api.core.v1.ConfigMap">
  readonly secrets: Namespaced<"io.k8s.api.core.v1.Secret">
  readonly events: Namespaced<"io.k8s.api.events.v1.Event">
  readonly limitranges: Namespaced<"io.k8s.api.core.v1.LimitRange">
  readonly resourcequotas: With<Namespaced<"io.k8s.api.core.v1.ResourceQuota">, "spec" | "status">
  readonly persistentvolumeclaims: With<Namespaced<"io.k8s.api.core.v1.PersistentVolumeClaim">, "spec" | "status">
  readonly persistentvolumes: With<Clustered<"io.k8s.api.core.v1.PersistentVolume">, "spec" | "status">
  readonly replicationcontrollers: Counted<"io.k8s.api.core.v1.ReplicationController">
  readonly priorityclasses: Clustered<"io.k8s.api.scheduling.v1.PriorityClass">
  readonly storageclasses: Clustered<"io.k8s.api.storage.v1.StorageClass">
  readonly volumeattachments: With<Clustered<"io.k8s.api.storage.v1.VolumeAttachment">, "spec" | "status">
  readonly csinodes: Clustered<"io.k8s.api.storage.v1.CSINode">
  readonly horizontalpodautoscalers: With<Namespaced<"io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler">, "spec">
  readonly ingresses: Counted<"io.k8s.api.networking.v1.Ingress">
  readonly networkpolicies: Counted<"io.k8s.api.networking.v1.NetworkPolicy">
}
export type ObservedResource = keyof ObservedObjects

/** Of both tables. */
export type AnyObjects = Objects & ObservedObjects
export type AnyResource = Resource | ObservedResource

const row = (
  apiVersion: string, kind: string, generations: Generations, more: Partial<ObservedKind> = {}
): ObservedKind => {
  const [version, group] = apiVersion.split("/").toReversed()
  const source = (group ?? "core").split(".")[0]!
  return {
    group: group ?? "", version: version!, kind, namespaced: true, generations, chart: "api-server.object",
    schema: `io.k8s.api.${source}.${version!}.${kind}`, ...more
  }
}
const clustered = { namespaced: false } as const

export const observedKinds: { readonly [R in ObservedResource]: ObservedKind } = {
  deployments: row("apps/v1", "Deployment", "annotations", { chart: "deployment.deployment" }),
  statefulsets: row("apps/v1", "StatefulSet", "spec", { chart: "stateful-set.statefulSet" }),
  daemonsets: row("apps/v1", "DaemonSet", "spec", { chart: "daemon-set.daemonSet" }),
  controllerrevisions: row("apps/v1", "ControllerRevision", "given"),
  jobs: row("batch/v1", "Job", "spec", { chart: "job.job" }),
  cronjobs: row("batch/v1", "CronJob", "spec"),
  poddisruptionbudgets: row("policy/v1", "PodDisruptionBudget", "spec", { chart: "disruption.podDisruptionBudget" }),
  endpointslices: row("discovery.k8s.io/v1", "EndpointSlice", "content", { chart: "endpoint-slice.endpointSlice" }),
  services: row("v1", "Service", "given"),
  endpoints: row("v1", "Endpoints", "given"),
  configmaps: row("v1", "ConfigMap", "given"),
  secrets: row("v1", "Secret", "given"),
  events: row("events.k8s.io/v1", "Event", "given"),
  limitranges: row("v1", "LimitRange", "given"),
  resourcequotas: row("v1", "ResourceQuota", "given"),
  persistentvolumeclaims: row("v1", "PersistentVolumeClaim", "given"),
  persistentvolumes: row("v1", "PersistentVolume", "given", clustered),
  replicationcontrollers: row("v1", "ReplicationController", "spec"),
  priorityclasses: row("scheduling.k8s.io/v1", "PriorityClass", "fixed", clustered),
  storageclasses: row("storage.k8s.io/v1", "StorageClass", "given", clustered),
  volumeattachments: row("storage.k8s.io/v1", "VolumeAttachment", "given", clustered),
  csinodes: row("storage.k8s.io/v1", "CSINode", "given", clustered),
  horizontalpodautoscalers: row("autoscaling/v2", "HorizontalPodAutoscaler", "given"),
  ingresses: row("networking.k8s.io/v1", "Ingress", "spec"),
  networkpolicies: row("networking.k8s.io/v1", "NetworkPolicy", "spec")
}

export const observedResources = Object.keys(observedKinds) as ReadonlyArray<ObservedResource>
export const isObserved = (text: string): text is ObservedResource => Object.hasOwn(observedKinds, text)
/** So many, and no promise asks about them: the history does not keep them. */
const unkept = ["endpoints", "configmaps", "secrets", "events"] as const satisfies ReadonlyArray<ObservedResource>
type Unkept = (typeof unkept)[number]
export type KeptResource = Exclude<AnyResource, Unkept>
export const keptResources = [...resources, ...observedResources]
  .filter((resource): resource is KeptResource => !(unkept as ReadonlyArray<AnyResource>).includes(resource))

/** Undefined: a kind of which nothing is known. */
export const kindOf = (resource: string): Kind | ObservedKind | undefined =>
  isResource(resource) ? kinds[resource] : isObserved(resource) ? observedKinds[resource] : undefined

/** The chart that follows the committed life of such an object. */
export const chartOf = (resource: string): string => kindOf(resource)?.chart ?? "api-server.object"

/** Undefined: nothing is said about its generation. */
export const generationsOf = (resource: string): Generations | undefined =>
  isResource(resource) ? kinds[resource].countsGenerations ? "spec" : "given"
    : isObserved(resource) ? observedKinds[resource].generations : undefined

const byKind = new Map<string, AnyResource>([...resources, ...observedResources].map((resource) => {
  const kind = kindOf(resource)!
  return [`${apiVersionOf(kind)}/${kind.kind}`, resource]
}))
// Events are one kind under two groups.
byKind.set("v1/Event", "events")
/** "deployments" of "apps/v1" and "Deployment". */
export const anyResourceOf = (apiVersion: string, kind: string): AnyResource | undefined =>
  byKind.get(`${apiVersion}/${kind}`)
