/**
 * pods: the stored form; pod/ has its defaulting, and what is lawful. Spec: model/pod.ts.
 */
import type { GivenMeta, NamespacedMeta, Quantities, Replace, Schemas, With } from "#model/objects/metadata.ts"

export type GivenPod = Replace<Schemas["io.k8s.api.core.v1.Pod"], {
  readonly status?: Replace<Schemas["io.k8s.api.core.v1.PodStatus"],
    { readonly conditions?: ReadonlyArray<PodCondition> }>
}>
export type GivenPodSpec = Schemas["io.k8s.api.core.v1.PodSpec"]
export type GivenContainer = Schemas["io.k8s.api.core.v1.Container"]

export type Container = Replace<
  With<GivenContainer, "image" | "imagePullPolicy" | "terminationMessagePath" | "terminationMessagePolicy">,
  { readonly resources: { readonly requests?: Quantities; readonly limits?: Quantities } }>
/** Of a pod and of a template alike. */
export type PodSpec = Replace<
  With<GivenPodSpec, "restartPolicy" | "terminationGracePeriodSeconds" | "dnsPolicy" |
    "securityContext" | "schedulerName">,
  { readonly containers: ReadonlyArray<Container>; readonly initContainers?: ReadonlyArray<Container> }>
export type PodTemplate = { readonly metadata: GivenMeta; readonly spec: PodSpec }

export type Toleration = Schemas["io.k8s.api.core.v1.Toleration"]
export type NodeSelectorTerm = Schemas["io.k8s.api.core.v1.NodeSelectorTerm"]
/** Stamps that are none are written as null: they are no pointers in Go. */
export type PodCondition = Replace<Schemas["io.k8s.api.core.v1.PodCondition"],
  { readonly lastProbeTime?: string | null; readonly lastTransitionTime?: string | null }>
export type ContainerState = Schemas["io.k8s.api.core.v1.ContainerState"]
export type ContainerStatus = With<Schemas["io.k8s.api.core.v1.ContainerStatus"], "state" | "lastState">

/** "Unknown" is written by nobody since v1.2. */
export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed"
export type PodStatus = Replace<With<Schemas["io.k8s.api.core.v1.PodStatus"], "qosClass">,
  { readonly phase: PodPhase; readonly conditions?: ReadonlyArray<PodCondition>
    readonly containerStatuses?: ReadonlyArray<ContainerStatus> }>

export interface Pod {
  readonly apiVersion: "v1"
  readonly kind: "Pod"
  readonly metadata: With<NamespacedMeta, "generation">
  readonly spec: With<PodSpec, "enableServiceLinks">
  readonly status: PodStatus
}

/** Body of the subresource binding. */
export type Binding = Schemas["io.k8s.api.core.v1.Binding"]

/** Every stored pod has these, whoever made it; "[]" stands for each element. */
export const guaranteedPodSpec = ["restartPolicy", "terminationGracePeriodSeconds", "dnsPolicy", "securityContext",
  "schedulerName", "containers[].name", "containers[].image", "containers[].imagePullPolicy", "containers[].resources",
  "containers[].terminationMessagePath", "containers[].terminationMessagePolicy"] as const
export const guaranteedPod: ReadonlyArray<string> = ["metadata.namespace", "metadata.generation",
  ...guaranteedPodSpec.map((path) => `spec.${path}`), "spec.enableServiceLinks", "status.phase", "status.qosClass",
  "status.containerStatuses[].state", "status.containerStatuses[].lastState"]
