/** What leader election promises, and no more: it is no fence. Invariants 105, 106. */
import type { Line } from "#model/events.ts"
import { clockGrain_ms, slowRenewal_ms } from "#model/limits/client.ts"
import { leaseDuration_ms, renewDeadline_ms, retryPeriod_ms } from "#model/limits.ts"
import { committed } from "#properties/history.ts"
import { leadersRequests } from "#properties/leader-election/requests.ts"
import { losersStop } from "#properties/leader-election/losers.ts"
import { clockEvents, Clocks, processOf } from "#properties/leader-election/clocks.ts"
import { atOnce, said } from "#properties/order.ts"
import { itself } from "#properties/order/keys.ts"
import { always, kept, leadsTo, needing, type Obligation, type Property, sometimes } from "#properties/property.ts"

/** How far back a pause, a slow renewal or another rate can matter: a lease and the longest wait for it, with slack. */
const memory_ms = 2 * leaseDuration_ms / 0.8
/** A lease runs out on a slow clock, a candidate sleeps its longest, and an API server is found. ASSUMED generous. */
const succession_ms = 90_000

interface Leader {
  readonly actor: string
  /** The slowest renewal lately: its lease was written that much before the holder believed so. */
  slow_ms: number
  slowAt_ms: number
}

/** A leader ends by losing, by stopping, or with its process. */
const isEnd = ({ type }: Line["event"]): boolean => type === "elector.lost" || type === "elector.stopped"

/**
 * The old leader acts at most (slow answer + retry period + renew deadline) after its last write, on its own clock; the
 * new one waits leaseDuration on its own. client-go says that rates up to leaseDuration / renewDeadline = 1.5 are
 * tolerated and forgets the retry period, in which the old one sleeps.
 */
const mayOverlap = (old: Leader, next: string, clocks: Clocks, now_ms: number): boolean => {
  const since_ms = now_ms - memory_ms
  if (clocks.wasPausedSince(old.actor, since_ms) || clocks.wasPausedSince(next, since_ms)) return true
  const slow_ms = old.slowAt_ms >= since_ms ? Math.max(old.slow_ms, slowRenewal_ms) : slowRenewal_ms
  const oldActs_ms = (slow_ms + retryPeriod_ms + renewDeadline_ms) / clocks.ratesSince(old.actor, since_ms).min
  return oldActs_ms + clockGrain_ms >= leaseDuration_ms / clocks.ratesSince(next, since_ms).max
}

const oneLeader = always(
  "two instances believe to lead at once only if clocks differ, one was paused or answers came late", [105], () => {
    const clocks = new Clocks()
    const leaders = new Map<string, Map<string, Leader>>()
    return (line) => {
      clocks.hear(line)
      const { actor, entity, event, at_ms } = line
      if (event.type === "process.crashed" || event.type === "process.stopped") {
        for (const believers of leaders.values()) believers.delete(event.process)
        return undefined
      }
      const believers = leaders.get(entity)
      if (isEnd(event)) believers?.delete(actor)
      if (event.type === "elector.renewed") {
        const leader = believers?.get(actor)
        if (leader !== undefined && (event.took_ms >= leader.slow_ms || leader.slowAt_ms < at_ms - memory_ms)) {
          leader.slow_ms = event.took_ms
          leader.slowAt_ms = at_ms
        }
      }
      if (event.type !== "elector.acquired") return undefined
      const others = [...believers?.values() ?? []].filter((other) => !mayOverlap(other, actor, clocks, at_ms))
      const next: Leader = { actor, slow_ms: event.took_ms, slowAt_ms: at_ms }
      if (believers === undefined) leaders.set(entity, new Map([[actor, next]]))
      else believers.set(actor, next)
      return others.length === 0 ? undefined
        : `${actor} leads ${entity} at ${at_ms} ms while ${others.map((other) => other.actor).join(", ")} still does`
    }
  }, ["elector.", ...clockEvents])

const holderChangesInTime = needing(["leases", "times", "machines"], always(
  "a lease passes to another holder only if it was free, or unchanged for its duration on that one's clock", [106],
  ({ now }) => {
    const clocks = new Clocks()
    /** Where a trace begins in the midst nobody knows when they changed last. */
    const sights = new Set<number>()
    return (line) => {
      clocks.hear(line)
      const change = committed(line, "leases")
      if (change?.type === "object.seen") sights.add(line.seq)
      // A kubelet's own is no election: whoever speaks for the node writes it.
      if (change === undefined || change.object.metadata.namespace === "kube-node-lease") return undefined
      const before = now.leases.before(line)
      const holder = change.object.spec.holderIdentity ?? ""
      const last = before?.object?.spec.holderIdentity ?? ""
      if (before?.object === undefined || sights.has(before.seq)) return undefined
      if (last === "" || holder === "" || holder === last) return undefined
      const duration_ms = (before.object.spec.leaseDurationSeconds ?? 0) * 1000
      const kept_ms = line.at_ms - before.at_ms
      const waited_ms = (kept_ms + clockGrain_ms) * clocks.ratesSince(processOf(holder), before.at_ms).max
      return waited_ms >= duration_ms ? kept
        : `${holder} took ${change.key} from ${last} after ${kept_ms} ms; its duration is ${duration_ms} ms`
    }
  }, ["leases.created", "leases.seen", "leases.updated", ...clockEvents]))

const somebodyLeads = leadsTo("when nobody leads, somebody does soon", [12], () => {
  const leaders = new Map<string, Set<string>>()
  const leaderless = new Map<string, Line>()
  const gone = (actor: string, line: Line): void => {
    for (const [election, believers] of leaders) {
      if (believers.delete(actor) && believers.size === 0) leaderless.set(election, line)
    }
  }
  return {
    line: (line) => {
      const { actor, entity, event } = line
      if (event.type === "process.crashed" || event.type === "process.stopped") gone(event.process, line)
      else if (isEnd(event)) gone(actor, line)
      else if (event.type === "elector.started") {
        if (leaders.has(entity)) return
        leaders.set(entity, new Set())
        leaderless.set(entity, line)
      } else if (event.type === "elector.acquired") {
        leaders.get(entity)?.add(actor)
        leaderless.delete(entity)
      }
    },
    *open(): Iterable<Obligation> {
      for (const [entity, { at_ms: since_ms, seq }] of leaderless) {
        yield { entity, since_ms, seq, within_ms: succession_ms }
      }
    }
  }
}, ["elector.", "process.crashed", "process.stopped"])

const leadersAreNamed = always("Who says that it holds a lease is the one whom the history names, with its count", [],
  () => {
    const held = new Set<string>()
    return (line) => {
      const { entity, event } = line
      const lease = committed(line, "leases")?.object
      if (lease !== undefined) {
        const { holderIdentity = "", leaseTransitions = 0 } = lease.spec
        held.add(`${lease.metadata.name} ${holderIdentity} ${leaseTransitions}`)
      } else if (event.type === "elector.acquired") {
        return held.has(`${entity} ${event.identity} ${event.transitions}`) ? undefined
          : `${event.identity} says that it holds ${entity} after ${event.transitions} transitions; no version says so`
      }
      return undefined
    }
  }, ["leases.created", "leases.updated", "elector.acquired"])

export const properties: ReadonlyArray<Property> = [
  oneLeader,
  losersStop,
  ...leadersRequests,
  holderChangesInTime,
  somebodyLeads,
  leadersAreNamed,
  atOnce({ name: "A process that stands by competes for its lease from then on",
    first: { ...said("controllerManager.started", itself), ...said("schedulerProcess.started", itself) },
    second: said("elector.started", itself) }),
  sometimes("an instance takes over a lease that ran out", () => ({ event }) =>
    event.type === "elector.acquired" && event.how === "expired", ["elector.acquired"]),
  sometimes("a leader that stops gives its lease back", () => ({ event }) => event.type === "elector.released",
    ["elector.released"])
]
