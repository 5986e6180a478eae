/** Stored objects for tests: what the API server would have made of little, with what a test says of them. */
import { defaultNode, type Node } from "#model/objects/node.ts"
import type { GivenPodSpec, Pod } from "#model/objects/pod.ts"
import { defaultPodSpec, qosClassOf } from "#model/objects/pod/defaults.ts"
import { timeOf } from "#model/objects/time.ts"

interface Said {
  readonly name?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly createdAt_ms?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}
const metaOf = ({ createdAt_ms = 0, name = "a", resourceVersion = "1", uid = name, ...rest }: Said) =>
  ({ name, uid, resourceVersion, creationTimestamp: timeOf(createdAt_ms), ...rest })

export const examplePod = (said: Said, spec: Partial<GivenPodSpec> = {}, status: Partial<Pod["status"]> = {}): Pod => {
  const full = defaultPodSpec({ containers: [{ name: "c", image: "web:1" }], ...spec })
  return {
    apiVersion: "v1", kind: "Pod", metadata: { ...metaOf(said), namespace: "default", generation: 1 },
    spec: { ...full, enableServiceLinks: true }, status: { phase: "Pending", qosClass: qosClassOf(full), ...status }
  }
}

export const exampleNode = (said: Said, spec: Node["spec"] = {}, status: Partial<Node["status"]> = {}): Node =>
  defaultNode({ apiVersion: "v1", kind: "Node", metadata: metaOf(said), spec, status: status as Node["status"] })
