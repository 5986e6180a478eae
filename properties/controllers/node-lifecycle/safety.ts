/** node-lifecycle/safety: what the node controller must never do. Invariants 71-75, judged on the committed history. */
import { keyOf } from "#model/kinds.ts"
import { nodeEvictionRate_per_s } from "#model/limits/controllers/node-lifecycle.ts"
import { nodeLeaseRenewInterval_ms, requestTimeout_ms } from "#model/limits.ts"
import type { Pod } from "#model/objects/pod.ts"
import { toleratedSeconds } from "#model/objects/taints.ts"
import {
  type Episode, episodeOf, evictingKeys, hasDisruptionTarget, heartbeats_ms, isTaintedByController, readyOf
} from "#properties/controllers/node-lifecycle/committed-nodes.ts"
import { disruption } from "#properties/controllers/node-lifecycle/disruption.ts"
import { Disturbance, disturbanceEvents } from "#properties/controllers/node-lifecycle/disturbance.ts"
import { committed } from "#properties/history.ts"
import type { Stored } from "#properties/history/store.ts"
import { always, kept, needing, type Property } from "#properties/property.ts"

/** A request that nobody waits for any more may still take effect: its time-out, on a slow clock, and some retries. */
const inFlight_ms = 2 * requestTimeout_ms
/** No rate of a lawful clock is higher; a controller's time may run that much faster than the world's. */
const fastestClock = 1.2

/**
 * Legal exception: the controller did not see the heartbeats. Whether it did is not in the history; when nothing has
 * disturbed the control plane for minutes it did.
 */
const livingNodesAreKept = always("a node that renews is not given up by an undisturbed control plane", [71],
  (history) => {
    const disturbance = new Disturbance()
    return (line) => {
      disturbance.hear(line)
      const change = committed(line, "nodes")
      if (change?.type !== "object.updated") return undefined
      const { object: node, previous, revision } = change
      if (readyOf(previous) === "Unknown" || readyOf(node) !== "Unknown") return undefined
      const { at_ms } = line
      // One that was silent and has just begun to renew may be given up by a write that is under way.
      const [last_ms, before_ms] = heartbeats_ms(history.at(revision - 1), previous)
      const renews = at_ms - last_ms < 2 * nodeLeaseRenewInterval_ms &&
        at_ms - before_ms < 4 * nodeLeaseRenewInterval_ms
      return renews && disturbance.isOver(at_ms)
        ? `${node.metadata.name} became Unknown at ${at_ms} ms, ${at_ms - last_ms} ms after its last heartbeat`
        : undefined
    }
  }, ["nodes.updated", ...disturbanceEvents])

/** Legal: both between the two writes of a swap, which adds the one before it takes away the other. */
const taintsExclude = always("a node never gets not-ready and unreachable (NoExecute) in one write", [72], () =>
  (line) => {
    const change = committed(line, "nodes")
    if (change?.type !== "object.updated" || evictingKeys(change.object).length === 0) return undefined
    if (evictingKeys(change.object).length === 1) return kept
    return evictingKeys(change.previous).length > 0 ? kept
      : `${change.key} got both at revision ${change.revision}`
  }, ["nodes.updated"])

interface Budget {
  tokens: number
  at_ms: number
}
/**
 * Legal exceptions: swaps; a new leader's bucket is full; writes that were under way arrive together when the control
 * plane is disturbed. The controller's own decisions are held to the exact bucket by the chart of zones.
 */
const firstTaintsAreLimited = always("first NoExecute taints come no faster than their zone's rate", [73], () => {
  const disturbance = new Disturbance()
  const zones = new Map<string, Budget>()
  const burst = (at_ms: number): number =>
    1.05 + (disturbance.isOver(at_ms) ? 0 : nodeEvictionRate_per_s * inFlight_ms / 1000)
  return (line) => {
    disturbance.hear(line)
    const { event, at_ms } = line
    if (event.type === "elector.acquired" && line.entity === "kube-controller-manager") {
      for (const budget of zones.values()) budget.tokens = Math.max(budget.tokens, 0) + 1
    }
    const change = committed(line, "nodes")
    if (change?.type !== "object.updated") return undefined
    const node = change.object
    if (!isTaintedByController(node) || evictingKeys(change.previous).length > 0) return undefined
    const zone = node.metadata.labels?.["topology.kubernetes.io/zone"] ?? ""
    let budget = zones.get(zone)
    if (budget === undefined) zones.set(zone, budget = { tokens: burst(at_ms), at_ms })
    const gained = (at_ms - budget.at_ms) * fastestClock * nodeEvictionRate_per_s / 1000
    budget.tokens = Math.min(Math.max(burst(at_ms), budget.tokens), budget.tokens + gained) - 1
    budget.at_ms = at_ms
    return budget.tokens >= 0 || !disturbance.isOver(at_ms) && budget.tokens > -burst(at_ms) ? undefined
      : `${node.metadata.name} is tainted at ${at_ms} ms; zone ${zone} was ${-budget.tokens} tokens short`
  }
}, ["nodes.updated", "elector.acquired", ...disturbanceEvents])

/** The shortest time that the pod was granted by any taint of the episode; undefined: for ever. */
const granted_s = ({ taints }: Episode, { spec }: Pod): number | undefined => {
  let shortest: number | undefined
  for (const taint of taints) {
    const seconds = toleratedSeconds([taint], spec.tolerations)
    if (seconds !== undefined) shortest = Math.min(shortest ?? seconds, seconds)
  }
  return shortest
}

const isSuccessor = ({ pods }: Stored, { metadata }: Pod): boolean => {
  for (const { object } of pods.history(keyOf({ metadata }))) {
    if (object !== undefined && object.metadata.uid !== metadata.uid) return true
  }
  return false
}

/**
 * Legal exceptions: an untolerated taint evicts at once; an eviction on its way when the taint went; a pod that was
 * created under the name of one on its way to eviction (Kubernetes deletes by name).
 */
const longest_s = 3_000 // ASSUMED: an hour is remembered.
const isInTime = "no pod is evicted before its tolerations have run out"
const tolerationsAreKept = needing(["pods", "nodes", "times"], always(isInTime, [75], ({ now }) => (line) => {
  const { at_ms } = line
  const change = committed(line, "pods")
  if (change?.type !== "object.updated") return undefined
  const { key, object: pod, previous } = change
  if (!hasDisruptionTarget(pod) || hasDisruptionTarget(previous)) return undefined
  const made_ms = now.pods.first(pod.metadata.uid)?.at_ms
  const node = now.nodes.named(pod.spec.nodeName ?? "")
  if (made_ms === undefined || node === undefined) return undefined
  if (at_ms - made_ms < inFlight_ms && isSuccessor(now, pod)) return undefined
  const episode = episodeOf(now, node)
  const { taintedSince_ms, untaintedSince_ms } = episode
  if (episode.taints.length === 0) {
    return at_ms - untaintedSince_ms < inFlight_ms ? kept
      : `${key} is evicted at ${at_ms} ms from ${node.metadata.name}, untainted since ${untaintedSince_ms} ms`
  }
  const seconds = granted_s(episode, pod)
  // Longer than whoever judges for days remembers.
  if (seconds !== undefined && seconds > longest_s) return undefined
  if (seconds === undefined) return `${key} is evicted at ${at_ms} ms and tolerates its node's taints for ever`
  const isOver = (at_ms - taintedSince_ms) * fastestClock >= seconds * 1000
  return isOver || at_ms - untaintedSince_ms < inFlight_ms ? kept
    : `${key} tolerates ${seconds} s and is evicted at ${at_ms} ms from a node tainted since ${taintedSince_ms} ms`
}, ["pods.updated"]))

export const safety: ReadonlyArray<Property> = [
  livingNodesAreKept, taintsExclude, firstTaintsAreLimited, tolerationsAreKept, ...disruption
]
