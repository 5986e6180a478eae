/**
 * What the spec of a pod, or of a template, must be. Source: ValidatePodSpec and those under it in kubernetes
 * apis/core/validation/validation.go, v1.36.
 *
 * Deviates: security contexts, resource claims, host aliases, overhead and what concerns Windows are taken as they
 * come; of the sources of volumes only their number is looked at.
 */
import {
  between, type Causes, duplicate, each, forbidden, notSupported, oneOf, required
} from "#model/objects/causes.ts"
import { validateLabels } from "#model/objects/metadata-rules.ts"
import { dnsLabel, dnsSubdomain, qualifiedName } from "#model/objects/names.ts"
import type { PodSpec } from "#model/objects/pod.ts"
import { validateContainers, validateInitContainers } from "#model/objects/pod/containers.ts"
import { validateAffinity, validateGates, validateSpread, validateTolerations } from "#model/objects/pod/placement.ts"

type Volume = NonNullable<PodSpec["volumes"]>[number]

const sourcesOf = ({ name: _name, ...sources }: Volume): ReadonlyArray<string> => Object.keys(sources)
/** In the order in which Kubernetes looks: the first that is there may stay. */
const sourceOrder = ["emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs",
  "iscsi", "glusterfs", "persistentVolumeClaim", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "downwardAPI",
  "fc", "azureFile", "configMap", "projected", "csi", "ephemeral", "image"]

const validateVolume = (volume: Volume, earlier: ReadonlyArray<Volume>, field: string): Causes => {
  const sources = sourcesOf(volume).toSorted((a, b) => sourceOrder.indexOf(a) - sourceOrder.indexOf(b))
  return [
    ...sources.slice(1).map((one) => forbidden(`${field}.${one}`, "may not specify more than 1 volume type")),
    ...(sources.length === 0 ? [required(field, "must specify a volume type")] : []),
    ...(volume.name === "" ? [required(`${field}.name`)] : each(`${field}.name`, volume.name, dnsLabel(volume.name))),
    ...(earlier.some(({ name }) => name === volume.name) ? [duplicate(`${field}.name`, volume.name)] : [])
  ]
}

/** What is lawful is remembered by the lists that pods of one template share. */
const lawful = new WeakMap<object, PodSpec["volumes"]>()
const noVolumes: NonNullable<PodSpec["volumes"]> = []

const validateParts = (spec: PodSpec, field: string): Causes => {
  const volumes = spec.volumes ?? noVolumes
  const isPlain = spec.initContainers === undefined
  if (isPlain && lawful.get(spec.containers) === volumes) return []
  const names = new Set(volumes.map(({ name }) => name))
  const causes = [
    ...volumes.flatMap((volume, i) => validateVolume(volume, volumes.slice(0, i), `${field}.volumes[${i}]`)),
    ...validateContainers(spec, names, `${field}.containers`),
    ...validateInitContainers(spec, names, `${field}.initContainers`)
  ]
  if (isPlain && causes.length === 0) lawful.set(spec.containers, volumes)
  return causes
}

/** Pod-level resources. Source: validatePodResources; IsSupportedPodLevelResource. */
const podResources = ["cpu", "hugepages-", "memory"]
const validatePodResources = (resources: NonNullable<PodSpec["resources"]>, field: string): Causes =>
  (["limits", "requests"] as const).flatMap((part) => Object.keys(resources[part] ?? {})
    .filter((name) => !podResources.some((one) => name === one || (one.endsWith("-") && name.startsWith(one))))
    .map((name) => notSupported(`${field}.${part}[${name}]`, name, podResources)))

const int32_max = 2_147_483_647
export const restartPolicies = ["Always", "OnFailure", "Never"]
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]

export const validatePodSpec = (spec: PodSpec, field: string): Causes => {
  const { activeDeadlineSeconds, affinity, dnsConfig, dnsPolicy, hostname = "", nodeName = "", nodeSelector,
    preemptionPolicy, priorityClassName = "", readinessGates = [], resources, restartPolicy, schedulingGates,
    serviceAccountName = "", subdomain = "", tolerations, topologySpreadConstraints } = spec
  const named = (name: string, value: string, rule: (text: string) => ReadonlyArray<string>): Causes =>
    value === "" ? [] : each(`${field}.${name}`, value, rule(value))
  return [
    ...validateParts(spec, field),
    ...(resources === undefined ? [] : validatePodResources(resources, `${field}.resources`)),
    ...oneOf(`${field}.restartPolicy`, restartPolicy, restartPolicies),
    ...oneOf(`${field}.dnsPolicy`, dnsPolicy, dnsPolicies),
    ...(nodeSelector === undefined ? [] : validateLabels(nodeSelector, `${field}.nodeSelector`)),
    ...(affinity === undefined ? [] : validateAffinity(affinity, `${field}.affinity`)),
    ...(dnsPolicy === "None" && dnsConfig === undefined
      ? [required(`${field}.dnsConfig`, "must provide `dnsConfig` when `dnsPolicy` is None")] : []),
    ...readinessGates.flatMap(({ conditionType }, i) =>
      each(`${field}.readinessGates[${i}].conditionType`, conditionType, qualifiedName(conditionType))),
    ...(schedulingGates === undefined ? [] : validateGates(schedulingGates, `${field}.schedulingGates`)),
    ...(topologySpreadConstraints === undefined ? []
      : validateSpread(topologySpreadConstraints, `${field}.topologySpreadConstraints`)),
    ...named("serviceAccountName", serviceAccountName, dnsSubdomain), ...named("nodeName", nodeName, dnsSubdomain),
    ...(activeDeadlineSeconds === undefined ? []
      : between(`${field}.activeDeadlineSeconds`, activeDeadlineSeconds, 1, int32_max)),
    ...named("hostname", hostname, dnsLabel), ...named("subdomain", subdomain, dnsLabel),
    ...(tolerations === undefined ? [] : validateTolerations(tolerations, `${field}.tolerations`)),
    ...named("priorityClassName", priorityClassName, dnsSubdomain),
    ...oneOf(`${field}.preemptionPolicy`, preemptionPolicy, ["PreemptLowerPriority", "Never"])
  ]
}
