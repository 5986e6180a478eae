/**
 * api-server/admission/topology-labels: a pod that gets its node also gets the labels that say where the node stands.
 * Spec: model/pod.ts. A node that the cache does not know says nothing.
 *
 * Source: kubernetes plugin/pkg/admission/podtopologylabels/admission.go, v1.36.
 */
import type { Surroundings } from "#impl/api-server/admission.ts"
import { keyFor } from "#impl/api-server/codec.ts"

const copied = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]

export const ofNode = ({ cachers }: Surroundings, node: string): Readonly<Record<string, string>> | undefined => {
  const { labels = {} } = cachers.nodes.cache.get(keyFor("nodes", "", node))?.metadata ?? {}
  const found = copied.filter((key) => labels[key] !== undefined).map((key) => [key, labels[key]!] as const)
  return found.length === 0 ? undefined : Object.fromEntries(found)
}
