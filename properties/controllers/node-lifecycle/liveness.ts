/** node-lifecycle/liveness: what becomes of a dead node and its pods, and of a living one. Invariants 71, 72, 76. */
import type { Line } from "#model/events.ts"
import { unhealthyZoneNodes_min } from "#model/limits/controllers/node-lifecycle.ts"
import { nodeLeaseRenewInterval_ms } from "#model/limits.ts"
import type { Pod } from "#model/objects/pod.ts"
import { notReadyKey, toleratedSeconds, unreachableKey } from "#model/objects/taints.ts"
import {
  boundSince_ms, evictingKeys, heartbeats_ms, isReady, podReadySince_ms, readyOf, readySince_ms, zoneOf
} from "#properties/controllers/node-lifecycle/committed-nodes.ts"
import { committed, type History } from "#properties/history.ts"
import { relist_ms } from "#properties/history/bounds.ts"
import type { Holder } from "#properties/history/holders.ts"
import type { Stored } from "#properties/history/store.ts"
import { processOf } from "#properties/leader-election/clocks.ts"
import { leadsTo, needing, type Invariants, type Obligation, type Property } from "#properties/property.ts"

/** Requests, conflicts and a reconnect on top of the periods. ASSUMED. */
const slack_ms = 60_000
const slowestClock = 0.8

/** Whether a zone's nodes are tainted at all, and since when; nothing is when every zone is without a ready node. */
class Zones {
  readonly #limits: History["limits"]
  readonly #since_ms = new Map<string, number>()
  readonly #perNode_ms = new Map<string, number>()

  constructor(limits: History["limits"]) {
    this.#limits = limits
  }

  /** Counts anew: called when some node changed. */
  count(now: Stored, at_ms: number): void {
    const { largeClusterThreshold, nodeEvictionRate_per_s, secondaryNodeEvictionRate_per_s, unhealthyZoneThreshold } =
      this.#limits
    const counts = new Map<string, { ready: number; notReady: number }>()
    for (const node of now.nodes.all()) {
      const zone = zoneOf(now, node)
      const count = counts.get(zone) ?? { ready: 0, notReady: 0 }
      counts.set(zone, count)
      if (readyOf(node) === "True") count.ready += 1
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
  readonly now: Stored
  readonly zones: Zones
  readonly limits: History["limits"]
  readonly #holders: History["holders"]
  now_ms = 0

  constructor({ holders, limits, now }: History) {
    this.now = now
    this.limits = limits
    this.zones = new Zones(limits)
    this.#holders = holders
  }

  hear(line: Line): void {
    this.now_ms = line.at_ms
    if (committed(line, "nodes") !== undefined) this.zones.count(this.now, line.at_ms)
  }
  get leader(): Holder | undefined {
    return this.#holders.of("kube-controller-manager", this.now_ms)
  }
}
/** Also what changes nothing here tells the time. */
const hears = ["object.", "phase.began"]
const needs = ["nodes", "pods", "leases", "times"] as const

/** `inCore`: a part of the cluster is enough for it, and shorter than that part works alone. */
const holds = (
  name: string, invariants: Invariants,
  concerns: (line: Line) => boolean, open: (view: View, leads_ms: number) => Iterable<Obligation>, inCore?: true
): Property =>
  needing(needs, leadsTo(name, invariants, (history) => {
    const view = new View(history)
    return {
      line: (line) => {
        view.hear(line)
        return concerns(line) ? 1 : 0
      },
      open: function*() {
        const { leader } = view
        if (leader === undefined) return
        for (const owed of open(view, leader.since_ms)) yield { ...owed, by: processOf(leader.identity) }
      }
    }
  }, hears, inCore))

/** A node's Ready changed to that. */
const becomes = (...to: ReadonlyArray<string>) => (line: Line): boolean => {
  const change = committed(line, "nodes")
  return change?.type === "object.updated" && to.includes(readyOf(change.object))
    && readyOf(change.previous) !== readyOf(change.object)
}

const becomesUnknown = "a node without heartbeats becomes Unknown"
const silentNodesAreGivenUp = holds(becomesUnknown, [71], becomes("Unknown"), function*(view, leads_ms) {
  const { nodeMonitorGracePeriod_ms, nodeMonitorPeriod_ms } = view.limits
  const within_ms = (nodeMonitorGracePeriod_ms + 2 * nodeMonitorPeriod_ms) / slowestClock + slack_ms
  for (const node of view.now.nodes.all()) {
    const ready = readyOf(node)
    if (ready === "Unknown" || ready === "none") continue
    const [heartbeatAt_ms] = heartbeats_ms(view.now, node)
    if (view.now_ms - heartbeatAt_ms < 3 * nodeLeaseRenewInterval_ms) continue
    // When a disruption of every zone ends, all nodes get their grace anew.
    const since_ms = Math.max(heartbeatAt_ms, leads_ms, view.zones.since_ms(zoneOf(view.now, node)) ?? 0)
    yield { entity: node.metadata.name, since_ms, within_ms }
  }
}, true)

const podsLoseReady = "the pods of an Unknown node become not ready"
const podsOfUnknownNodes = holds(podsLoseReady, [], becomes("Unknown"), function*({ now }, leads_ms) {
  for (const node of now.nodes.all()) {
    if (readyOf(node) !== "Unknown") continue
    const { name } = node.metadata
    for (const pod of now.pods.by("node", name)) {
      if (!isReady(pod)) continue
      const since_ms = Math.max(readySince_ms(now, node), podReadySince_ms(now, pod), leads_ms)
      yield { entity: `${pod.metadata.name} on ${name}`, since_ms, within_ms: slack_ms }
    }
  }
}, true)

const taintsMirrorConditions = holds("the taints of a node come to say what its Ready condition says", [72],
  becomes("True", "False", "Unknown"), function*({ now }, leads_ms) {
    for (const node of now.nodes.all()) {
      const ready = readyOf(node)
      if (ready === "none") continue
      const wanted = ready === "False" ? notReadyKey : ready === "Unknown" ? unreachableKey : undefined
      const noSchedule = (node.spec.taints ?? []).filter(({ key, effect }) =>
        effect === "NoSchedule" && (key === notReadyKey || key === unreachableKey)).map(({ key }) => key)
      const isRight = wanted === undefined ? noSchedule.length === 0
        : noSchedule.length === 1 && noSchedule[0] === wanted
      const wrong = evictingKeys(node).filter((key) => key !== wanted)
      if (isRight && wrong.length === 0) continue
      const since_ms = Math.max(readySince_ms(now, node), leads_ms)
      yield { entity: `${node.metadata.name}, which is ${ready}`, since_ms, within_ms: slack_ms + relist_ms }
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
  becomes("False", "Unknown"), function*({ limits: { nodeMonitorPeriod_ms }, now, zones }, leads_ms) {
    for (const node of now.nodes.all()) {
      const ready = readyOf(node)
      if (ready !== "False" && ready !== "Unknown") continue
      const { name } = node.metadata
      const zone = zoneOf(now, node)
      const evicting_ms = zones.since_ms(zone)
      if (evicting_ms === undefined) continue
      for (const pod of now.pods.by("node", name)) {
        const seconds = grantedOnDeadNode_s(pod)
        if (seconds === undefined || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) continue
        yield {
          entity: `${pod.metadata.name} on ${name}`,
          since_ms: Math.max(readySince_ms(now, node), boundSince_ms(now, pod), evicting_ms, leads_ms),
          within_ms: (nodeMonitorPeriod_ms + zones.wait_ms(zone) + seconds * 1000) / slowestClock + slack_ms
        }
      }
    }
  })

export const liveness: ReadonlyArray<Property> = [
  silentNodesAreGivenUp, podsOfUnknownNodes, taintsMirrorConditions, podsOfDeadNodesLeave
]
