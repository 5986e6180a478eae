/**
 * pods: the stored form. Spec: model/pod.ts.
 *
 * Source: kubernetes apis/core/v1/defaults.go (SetDefaults_Pod, _PodSpec, _Container), registry/core/pod/strategy.go
 * (PrepareForCreate sets phase and QoS class), v1.36.
 */
import { terminationGracePeriod_s } from "#model/limits.ts"
import type { GivenMeta, NamespacedMeta, Quantities, Replace, Schemas, With } from "#model/objects/metadata.ts"

export type GivenPod = Schemas["io.k8s.api.core.v1.Pod"]
export type GivenPodSpec = Schemas["io.k8s.api.core.v1.PodSpec"]
export type GivenContainer = Schemas["io.k8s.api.core.v1.Container"]

export type Container = Replace<
  With<GivenContainer, "image" | "imagePullPolicy" | "terminationMessagePath" | "terminationMessagePolicy">,
  { readonly resources: { readonly requests?: Quantities; readonly limits?: Quantities } }>
/** Of a pod and of a template alike. */
export type PodSpec = Replace<
  With<GivenPodSpec, "restartPolicy" | "terminationGracePeriodSeconds" | "dnsPolicy" | "securityContext" | "schedulerName">,
  { readonly containers: ReadonlyArray<Container>; readonly initContainers?: ReadonlyArray<Container> }>
export type PodTemplate = { readonly metadata: GivenMeta; readonly spec: PodSpec }

export type Toleration = Schemas["io.k8s.api.core.v1.Toleration"]
export type NodeSelectorTerm = Schemas["io.k8s.api.core.v1.NodeSelectorTerm"]
export type PodCondition = Schemas["io.k8s.api.core.v1.PodCondition"]
export type ContainerState = Schemas["io.k8s.api.core.v1.ContainerState"]
export type ContainerStatus = With<Schemas["io.k8s.api.core.v1.ContainerStatus"], "state" | "lastState">

/** "Unknown" is written by nobody since v1.2. */
export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed"
export type PodStatus = Replace<With<Schemas["io.k8s.api.core.v1.PodStatus"], "qosClass">,
  { readonly phase: PodPhase; readonly containerStatuses?: ReadonlyArray<ContainerStatus> }>

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

const withDefaults = (given: GivenContainer): Container => {
  const { image = "", imagePullPolicy, resources = {}, terminationMessagePath, terminationMessagePolicy } = given
  const isLatest = image.endsWith(":latest") || !image.slice(image.lastIndexOf("/") + 1).includes(":")
  return {
    ...given, image, resources: resources as Container["resources"],
    imagePullPolicy: imagePullPolicy ?? (isLatest && !image.includes("@") ? "Always" : "IfNotPresent"),
    terminationMessagePath: terminationMessagePath ?? "/dev/termination-log",
    terminationMessagePolicy: terminationMessagePolicy ?? "File"
  }
}

const filled = new WeakMap<object, PodSpec>()

/** Of a pod and of a template. The same given spec gives the same stored one, so that pods of a template share it. */
export const defaultPodSpec = (given: GivenPodSpec): PodSpec => {
  const before = filled.get(given)
  if (before !== undefined) return before
  const { containers, initContainers, ...rest } = given
  const spec: PodSpec = {
    ...rest, containers: (containers ?? []).map(withDefaults),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withDefaults) }),
    restartPolicy: given.restartPolicy ?? "Always",
    terminationGracePeriodSeconds: given.terminationGracePeriodSeconds ?? terminationGracePeriod_s,
    dnsPolicy: given.dnsPolicy ?? "ClusterFirst", securityContext: given.securityContext ?? {},
    schedulerName: given.schedulerName ?? "default-scheduler"
  }
  filled.set(given, spec)
  filled.set(spec, spec)
  return spec
}

export const defaultPod = (given: Pod): Pod =>
  ({ ...given, spec: { ...defaultPodSpec(given.spec), enableServiceLinks: given.spec.enableServiceLinks ?? true } })

const computed = ["cpu", "memory"] as const

/** Source: ComputePodQOS in apis/core/v1/helper/qos/qos.go, v1.36. */
export const qosClassOf = ({ containers, initContainers = [] }: PodSpec): PodStatus["qosClass"] => {
  const all = [...containers, ...initContainers]
  const says = ({ resources: { limits, requests } }: Container, one: string): boolean =>
    requests?.[one] !== undefined || limits?.[one] !== undefined
  if (!all.some((container) => computed.some((one) => says(container, one)))) return "BestEffort"
  const isGuaranteed = all.every(({ resources: { limits = {}, requests = {} } }) =>
    computed.every((one) => limits[one] !== undefined && (requests[one] ?? limits[one]) === limits[one]))
  return isGuaranteed ? "Guaranteed" : "Burstable"
}
