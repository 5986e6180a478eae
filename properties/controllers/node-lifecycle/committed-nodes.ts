/** node-lifecycle/committed-nodes: nodes and their pods as the node controller minds them, from the history. */
import type { Node, Taint } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { noExecuteTaints, notReadyKey, unreachableKey, zoneLabel } from "#model/objects/taints.ts"
import type { Stored } from "#properties/history/store.ts"

export type Ready = "none" | "True" | "False" | "Unknown"

type Conditioned<C> = { readonly status: { readonly conditions?: ReadonlyArray<C> } }
const conditionOf = <C extends { readonly type: string }>(object: Conditioned<C>, type: string): C | undefined =>
  object.status.conditions?.find((condition) => condition.type === type)
export const readyOf = (node: Node): Ready => (conditionOf(node, "Ready")?.status ?? "none") as Ready
export const isReady = (pod: Pod): boolean => conditionOf(pod, "Ready")?.status === "True"
/** As it was made. */
export const zoneOf = ({ nodes }: Stored, { metadata: { uid } }: Node): string =>
  nodes.first(uid)?.object?.metadata.labels?.[zoneLabel] ?? ""
export const hasDisruptionTarget = (pod: Pod): boolean => {
  const condition = conditionOf(pod, "DisruptionTarget")
  return condition?.status === "True" && condition.reason === "DeletionByTaintManager"
}
export const evictingKeys = (node: Node): ReadonlyArray<string> =>
  noExecuteTaints(node).map(({ key }) => key).filter((key) => key === notReadyKey || key === unreachableKey)

/** Users' taints carry no time: neither kubectl nor the API server stamps them. */
export const isTaintedByController = (node: Node): boolean => noExecuteTaints(node).some(({ key, timeAdded }) =>
  timeAdded !== undefined && (key === notReadyKey || key === unreachableKey))

/** When Ready became what it is. */
export const readySince_ms = ({ nodes }: Stored, { metadata }: Node): number =>
  nodes.since(metadata.uid, (a, b) => readyOf(a) === readyOf(b))?.at_ms ?? -Infinity
export const podReadySince_ms = ({ pods }: Stored, { metadata }: Pod): number =>
  pods.since(metadata.uid, (a, b) => isReady(a) === isReady(b))?.at_ms ?? -Infinity
export const boundSince_ms = ({ pods }: Stored, { metadata }: Pod): number =>
  pods.since(metadata.uid, (a, b) => a.spec.nodeName === b.spec.nodeName)?.at_ms ?? -Infinity

const beatOf = (node: Node): string | undefined => conditionOf(node, "Ready")?.lastHeartbeatTime ?? undefined

/** When the status or the lease of the node's kubelet last changed, and the time before that. */
export const heartbeats_ms = (
  { leases, nodes }: Stored, { metadata: { name, uid } }: Node
): readonly [last_ms: number, before_ms: number] => {
  const versions = nodes.versions(uid)
  const seen_ms = versions[0]?.at_ms ?? -Infinity
  const seen = versions[0]?.seq ?? -Infinity
  const beats: Array<number> = []
  for (let i = versions.length - 1; i > 0 && beats.length < 2; i--) {
    const [now, before] = [versions[i]!.object, versions[i - 1]!.object]
    if (now !== undefined && before !== undefined && beatOf(now) !== beatOf(before)) beats.push(versions[i]!.at_ms)
  }
  let leased = 0
  for (const { at_ms, object, seq } of leases.history(`kube-node-lease/${name}`)) {
    if (seq < seen || leased === 2) break
    if (object !== undefined && ++leased > 0) beats.push(at_ms)
  }
  const [last = seen_ms, before = beats.length === 1 ? seen_ms : -Infinity] = beats.sort((a, b) => b - a)
  return [last, before]
}

export interface Episode {
  /** The NoExecute taints that it has had since it was last without; none: it is without. */
  readonly taints: ReadonlyArray<Taint>
  readonly taintedSince_ms: number
  readonly untaintedSince_ms: number
}
const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.value === b.value

export const episodeOf = ({ nodes }: Stored, { metadata: { uid } }: Node): Episode => {
  const versions = nodes.versions(uid)
  const first_ms = versions[0]?.at_ms ?? -Infinity
  const taints: Array<Taint> = []
  let taintedSince_ms = first_ms
  let untaintedSince_ms = first_ms
  for (const { at_ms, object } of versions) {
    const now = object === undefined ? [] : noExecuteTaints(object)
    if (now.length === 0) {
      if (taints.length > 0) untaintedSince_ms = at_ms
      taints.length = 0
    } else if (taints.length === 0) taintedSince_ms = at_ms
    for (const taint of now) if (!taints.some((other) => isSame(other, taint))) taints.push(taint)
  }
  return { taints, taintedSince_ms, untaintedSince_ms }
}
