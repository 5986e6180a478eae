/** node-lifecycle/liveness: what becomes of a dead node and its pods, and of a living one. Invariants 71, 72, 76. */
import type { Line } from "#model/events.ts"
import { reflectorBackoff_max_ms } from "#model/limits/client.ts"
import {
  largeClusterThreshold, nodeEvictionRate_per_s, secondaryNodeEvictionRate_per_s, unhealthyZoneNodes_min,
  unhealthyZoneThreshold
} from "#model/limits/controllers/node-lifecycle.ts"
import { nodeLeaseRenewInterval_ms, nodeMonitorGracePeriod_ms, nodeMonitorPeriod_ms } from "#model/limits.ts"
import type { Pod } from "#model/objects/pod.ts"
import { notReadyKey, toleratedSeconds, unreachableKey } from "#model/objects/taints.ts"
import {
  CommittedNodes, type CommittedNode, evictingKeys
} from "#properties/controllers/node-lifecycle/committed-nodes.ts"
import { leadsTo, type Invariants, type Obligation, type Property } from "#properties/property.ts"

/** Requests, conflicts and a reconnect on top of the periods. ASSUMED. */
const slack_ms = 60_000
/** What the controller does not know yet: its reflector may stand at its longest back-off, drawn up to twice that. */
const relist_ms = 2 * reflectorBackoff_max_ms
const slowestClock = 0.8

/** Whether a zone's nodes are tainted at all, and since when; nothing is when every zone is without a ready node. */
class Zones {
  readonly #since_ms = new Map<string, number>()
  readonly #nodes: Map<string, CommittedNode>
  #perNode_ms = new Map<string, number>()

  constructor(nodes: Map<string, CommittedNode>) {
    this.#nodes = nodes
  }

  /** Counts anew: called when some node's Ready changed. */
  count(at_ms: number): void {
    const counts = new Map<string, { ready: number; notReady: number }>()
    for (const { zone, ready } of this.#nodes.values()) {
      const count = counts.get(zone) ?? { ready: 0, notReady: 0 }
      counts.set(zone, count)
      if (ready === "True") count.ready += 1
      else count.notReady += 1
    }
    const areAllFull = [...counts.values()].every(({ ready }) => ready === 0)
    for (const [zone, { ready, notReady }] of counts) {
      const nodes = ready + notReady
      const isPartial = ready > 0 && notReady >= unhealthyZoneNodes_min && notReady / nodes >= unhealthyZoneThreshold
      const rate = !isPartial ? nodeEvictionRate_per_s
        : nodes > largeClusterThreshold ? secondaryNodeEvictionRate_per_s : 0
      if (areAllFull || rate === 0) this.#since_ms.delete(zone)
      else if (!this.#since_ms.has(zone)) this.#since_ms.set(zone, at_ms)
      if (rate > 0) this.#perNode_ms.set(zone, (notReady + 1) * 1000 / rate)
    }
  }

  /** Undefined: nothing is tainted there now. */
  since_ms(zone: string): number | undefined {
    return this.#since_ms.get(zone)
  }

  /** The longest that a node waits for its token. */
  wait_ms(zone: string): number {
    return this.#perNode_ms.get(zone) ?? 0
  }
}

/** The history, and since when a controller leads: a new one starts its timers anew. */
class View {
  readonly committed = new CommittedNodes()
  readonly zones = new Zones(this.committed.nodes)
  now_ms = 0
  leads_ms: number | undefined
  #leader: string | undefined

  hear(line: Line): void {
    const { actor, entity, event, at_ms } = line
    this.now_ms = at_ms
    const before = event.type.startsWith("object.") ? this.committed.nodes.size : -1
    this.committed.hear(line)
    const isOfNode = "resource" in event && event.resource === "nodes"
    if (isOfNode || before !== -1 && before !== this.committed.nodes.size) this.zones.count(at_ms)
    if (event.type === "elector.acquired" && entity === "kube-controller-manager") {
      this.#leader = actor
      this.leads_ms = at_ms
    }
    const isEnd = (event.type === "elector.lost" || event.type === "elector.stopped") && actor === this.#leader
    const isDead = (event.type === "process.crashed" || event.type === "process.stopped")
      && event.process === this.#leader
    if (isEnd || isDead) this.leads_ms = undefined
  }
}
const hears = ["object.", "elector.", "process.crashed", "process.stopped"]

/** `inCore`: a part of the cluster is enough for it, and shorter than that part works alone. */
const holds = (
  name: string, invariants: Invariants,
  open: (view: View, leads_ms: number) => Iterable<Obligation>, inCore?: true
): Property =>
  leadsTo(name, invariants, () => {
    const view = new View()
    return {
      line: (line) => view.hear(line),
      open: () => view.leads_ms === undefined ? [] : open(view, view.leads_ms)
    }
  }, hears, inCore)

const silentNodesAreGivenUp = holds("a node without heartbeats becomes Unknown", [71], function*(view, leads_ms) {
  const within_ms = (nodeMonitorGracePeriod_ms + 2 * nodeMonitorPeriod_ms) / slowestClock + slack_ms
  for (const { name, zone, ready, heartbeatAt_ms } of view.committed.nodes.values()) {
    if (ready === "Unknown" || ready === "none") continue
    if (view.now_ms - heartbeatAt_ms < 3 * nodeLeaseRenewInterval_ms) continue
    // When a disruption of every zone ends, all nodes get their grace anew.
    const since_ms = Math.max(heartbeatAt_ms, leads_ms, view.zones.since_ms(zone) ?? 0)
    yield { entity: name, since_ms, within_ms }
  }
}, true)

const podsOfUnknownNodes = holds("the pods of an Unknown node become not ready", [], function*(view, leads_ms) {
  for (const node of view.committed.nodes.values()) {
    if (node.ready !== "Unknown") continue
    for (const { pod, isReady, readySince_ms } of node.pods.values()) {
      if (!isReady) continue
      const since_ms = Math.max(node.readySince_ms, readySince_ms, leads_ms)
      yield { entity: `${pod.metadata.name} on ${node.name}`, since_ms, within_ms: slack_ms }
    }
  }
}, true)

const wantedKey = (node: CommittedNode): string | undefined =>
  node.ready === "False" ? notReadyKey : node.ready === "Unknown" ? unreachableKey : undefined

const taintsMirrorConditions = holds("the taints of a node come to say what its Ready condition says", [72],
  function*(view, leads_ms) {
    for (const node of view.committed.nodes.values()) {
      if (node.ready === "none") continue
      const wanted = wantedKey(node)
      const noSchedule = (node.node.spec.taints ?? []).filter(({ key, effect }) =>
        effect === "NoSchedule" && (key === notReadyKey || key === unreachableKey)).map(({ key }) => key)
      const isRight = wanted === undefined ? noSchedule.length === 0
        : noSchedule.length === 1 && noSchedule[0] === wanted
      const wrong = evictingKeys(node.node).filter((key) => key !== wanted)
      if (isRight && wrong.length === 0) continue
      const since_ms = Math.max(node.readySince_ms, leads_ms)
      yield { entity: `${node.name}, which is ${node.ready}`, since_ms, within_ms: slack_ms + relist_ms }
    }
  }, true)

/** Seconds that the pod stays on a node that is not ready, whichever way; undefined: for ever. */
const grantedOnDeadNode_s = ({ spec }: Pod): number | undefined => {
  const granted = [notReadyKey, unreachableKey].map((key) =>
    toleratedSeconds([{ key, effect: "NoExecute" }], spec.tolerations))
  return granted.includes(undefined) ? undefined : Math.max(...granted as Array<number>)
}
const isTerminal = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed"

/** Legal exceptions: its zone's rate is 0, every zone is disrupted, it tolerates the taint for ever. */
const podsOfDeadNodesLeave = holds(
  "a pod on a node that stays not ready is Terminating when its tolerations have run out", [76],
  function*(view, leads_ms) {
    for (const node of view.committed.nodes.values()) {
      if (node.ready !== "False" && node.ready !== "Unknown") continue
      const evicting_ms = view.zones.since_ms(node.zone)
      if (evicting_ms === undefined) continue
      for (const { pod, boundAt_ms } of node.pods.values()) {
        const seconds = grantedOnDeadNode_s(pod)
        if (seconds === undefined || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) continue
        yield {
          entity: `${pod.metadata.name} on ${node.name}`,
          since_ms: Math.max(node.readySince_ms, boundAt_ms, evicting_ms, leads_ms),
          within_ms: (nodeMonitorPeriod_ms + view.zones.wait_ms(node.zone) + seconds * 1000) / slowestClock + slack_ms
        }
      }
    }
  })

export const liveness: ReadonlyArray<Property> = [
  silentNodesAreGivenUp, podsOfUnknownNodes, taintsMirrorConditions, podsOfDeadNodesLeave
]
