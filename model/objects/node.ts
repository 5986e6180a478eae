/**
 * nodes: the stored form. Spec: model/kubelet.ts, model/controllers/node-lifecycle.ts.
 *
 * Source: kubernetes api/core/v1 types.go (spec, status and nodeInfo are no pointers, so they are always written);
 * apis/core/v1/defaults.go SetDefaults_NodeStatus, conversion.go (podCIDR is the first of podCIDRs);
 * apis/core/validation ValidateNode, ValidateNodeUpdate, v1.36.
 */
import { type Cause, type Causes, duplicate, each, forbidden, invalidValue, oneOf } from "#model/objects/causes.ts"
import type { ObjectMeta, Quantities, Replace, Schemas, With } from "#model/objects/metadata.ts"
import { validateMeta, validateMetaUpdate } from "#model/objects/metadata-rules.ts"
import { dnsSubdomain, labelValue, qualifiedName } from "#model/objects/names.ts"

export type GivenNode = Replace<Schemas["io.k8s.api.core.v1.Node"], {
  readonly status?: Replace<Schemas["io.k8s.api.core.v1.NodeStatus"],
    { readonly conditions?: ReadonlyArray<NodeCondition> }>
}>
export type Taint = Replace<Schemas["io.k8s.api.core.v1.Taint"], {
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute"
}>
/** Stamps that are none are written as null: they are no pointers in Go. */
export type NodeCondition = Replace<Schemas["io.k8s.api.core.v1.NodeCondition"],
  { readonly lastHeartbeatTime?: string | null; readonly lastTransitionTime?: string | null }>
export type NodeSpec = Replace<Schemas["io.k8s.api.core.v1.NodeSpec"], { readonly taints?: ReadonlyArray<Taint> }>
export type NodeStatus = Replace<With<Schemas["io.k8s.api.core.v1.NodeStatus"], "nodeInfo" | "daemonEndpoints">,
  { readonly capacity?: Quantities; readonly allocatable?: Quantities
    readonly conditions?: ReadonlyArray<NodeCondition> }>

export interface Node {
  readonly apiVersion: "v1"
  readonly kind: "Node"
  readonly metadata: ObjectMeta
  readonly spec: NodeSpec
  readonly status: NodeStatus
}

export const guaranteedNode: ReadonlyArray<string> = ["spec", "status.nodeInfo.bootID", "status.daemonEndpoints"]

const noInfo: NodeStatus["nodeInfo"] = {
  architecture: "", bootID: "", containerRuntimeVersion: "", kernelVersion: "", kubeProxyVersion: "",
  kubeletVersion: "", machineID: "", operatingSystem: "", osImage: "", systemUUID: ""
}

/** The old field says what the first of the list says. */
const withCidrs = (spec: NodeSpec): NodeSpec => {
  const { podCIDR, podCIDRs } = spec
  if (podCIDRs !== undefined) return podCIDR === podCIDRs[0] ? spec : { ...spec, podCIDR: podCIDRs[0]! }
  return podCIDR === undefined ? spec : { ...spec, podCIDRs: [podCIDR] }
}

/** What is no pointer in Go is written, even when nobody said anything of it. */
export const defaultNode = (given: Node): Node => {
  const { allocatable, capacity, daemonEndpoints, nodeInfo, ...status } = given.status ?? {}
  const room = allocatable ?? capacity
  return {
    ...given, spec: withCidrs(given.spec ?? {}),
    status: {
      ...status, ...(capacity === undefined ? {} : { capacity }), ...(room === undefined ? {} : { allocatable: room }),
      daemonEndpoints: daemonEndpoints ?? { kubeletEndpoint: { Port: 0 } }, nodeInfo: nodeInfo ?? noInfo
    }
  }
}

const validateTaints = (taints: ReadonlyArray<Taint>, field: string): Causes => taints.flatMap((taint, i) => {
  const { effect, key, value = "" } = taint
  const at = `${field}[${i}]`
  const complaints = labelValue(value)
  return [
    ...each(`${at}.key`, key, qualifiedName(key)),
    ...(complaints.length === 0 ? [] : [invalidValue(`${at}.value`, value, complaints.join(";"))]),
    ...oneOf(`${at}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ...(taints.slice(0, i).some((other) => other.key === key && other.effect === effect)
      ? [duplicate(at, taint, "taints must be unique by key and effect pair")] : [])
  ]
})

/** An address and how many of its bits count. Deviates: of IPv6 only the alphabet is looked at. */
const isCidr = (text: string): boolean => {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (v4 !== null) return v4.slice(1, 5).every((part) => Number(part) <= 255) && Number(v4[5]) <= 32
  const v6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*\/(\d{1,3})$/.exec(text)
  return v6 !== null && Number(v6[1]) <= 128
}

export const validateNode = ({ metadata, spec: { podCIDRs = [], taints = [] } }: Node): Causes => [
  ...validateMeta(metadata, false, dnsSubdomain, true),
  // In Kubernetes' words: its own path of the taints is wrong.
  ...validateTaints(taints, "metadata.taints"),
  ...podCIDRs.flatMap((one, i): Causes => isCidr(one) ? [] : [invalidValue(`spec.podCIDRs[${i}]`, one,
    "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")])
]

/** Of its spec and of its status. */
export const validateNodeUpdate = (node: Node, existing: Node): Causes => {
  const { podCIDRs: before = [], providerID = "" } = existing.spec
  const { podCIDRs = [], taints = [] } = node.spec
  const addresses = node.status.addresses ?? []
  const keeps = (field: string): Cause =>
    forbidden(`spec.${field}`,
      `node updates may not change ${field === "podCIDRs" ? "podCIDR" : field} except from "" to valid`)
  return [
    ...validateMetaUpdate(node.metadata, existing.metadata),
    ...addresses.flatMap((one, i): Causes => addresses.slice(0, i).some((other) => other.type === one.type
      && other.address === one.address) ? [duplicate(`status.addresses[${i}]`, one)] : []),
    ...(before.length === 0 || (before.length === podCIDRs.length && before.every((one, i) => one === podCIDRs[i])) ? []
      : [keeps("podCIDRs")]),
    ...(providerID === "" || node.spec.providerID === providerID ? [] : [keeps("providerID")]),
    ...(node.spec.taints === existing.spec.taints ? [] : validateTaints(taints, "metadata.taints"))
  ]
}
