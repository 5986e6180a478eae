/**
 * nodes: the stored form. Spec: model/kubelet.ts, model/controllers/node-lifecycle.ts.
 *
 * Source: kubernetes api/core/v1 types.go (spec, status and nodeInfo are no pointers, so they are always written).
 */
import type { ObjectMeta, Quantities, Replace, Schemas, With } from "#model/objects/metadata.ts"

export type GivenNode = Schemas["io.k8s.api.core.v1.Node"]
export type Taint = Replace<Schemas["io.k8s.api.core.v1.Taint"], {
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute"
}>
export type NodeCondition = Schemas["io.k8s.api.core.v1.NodeCondition"]
export type NodeSpec = Replace<Schemas["io.k8s.api.core.v1.NodeSpec"], { readonly taints?: ReadonlyArray<Taint> }>
export type NodeStatus = Replace<With<Schemas["io.k8s.api.core.v1.NodeStatus"], "nodeInfo" | "daemonEndpoints">,
  { readonly capacity?: Quantities; readonly allocatable?: Quantities }>

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

/** What is no pointer in Go is written, even when nobody said anything of it. */
export const defaultNode = (given: Node): Node => {
  const { allocatable, capacity, daemonEndpoints, nodeInfo, ...status } = given.status ?? {}
  const room = allocatable ?? capacity
  return {
    ...given, spec: given.spec ?? {},
    status: {
      ...status, ...(capacity === undefined ? {} : { capacity }), ...(room === undefined ? {} : { allocatable: room }),
      daemonEndpoints: daemonEndpoints ?? { kubeletEndpoint: { Port: 0 } }, nodeInfo: nodeInfo ?? noInfo
    }
  }
}
