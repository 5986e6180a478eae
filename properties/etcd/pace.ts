/**
 * How soon etcd does what it does: no later than its messages and its disk need while nothing is wrong, and no later
 * than its time-outs say while nothing is wrong but that processes died.
 */
import type { Line } from "#model/events.ts"
import { electionTimeout_ms, heartbeat_ms, requestTimeout_ms } from "#model/limits/etcd.ts"
import { ByActor } from "#properties/by-actor.ts"
import { heardByHealth } from "#properties/etcd/health.ts"
import { Calm } from "#properties/history/calm.ts"
import { latest } from "#properties/history/kept.ts"
import { always, type Property } from "#properties/property.ts"

/** Some round trips and writes to a disk, each of a few milliseconds. */
const work_ms = 50 // ASSUMED
/**
 * Whatever was not told at once, or overtaken on its way, is told with the next heartbeat, which carries the commit
 * index and the latest read, and finds out what a follower lacks: raft.go, bcastHeartbeat and MsgHeartbeatResp.
 */
const repaired_ms = 2 * heartbeat_ms + work_ms

/** The same for the answer and for the progress notification after it. */
const copied_ms = 2 * repaired_ms

/** Of so many in a row most must need no heartbeat. */
const row = 10 // ASSUMED

/** Counts who needed a heartbeat; true when most of the last ones did. */
class Row {
  #count = 0
  #late = 0

  isLate(took_ms: number): boolean {
    this.#count++
    if (took_ms > work_ms) this.#late++
    if (this.#count < row) return false
    const isBroken = this.#late * 2 > row
    this.#count = 0
    this.#late = 0
    return isBroken
  }
}

const rowOf = (rows: Map<string, Row>, name: string): Row => {
  const known = rows.get(name) ?? new Row()
  rows.set(name, known)
  return known
}

const prompt: ReadonlyArray<Property> = [
  // Source: etcd.io/docs/v3.6/op-guide/performance: a request takes a round trip and a write, not a timer.
  always("a healthy etcd answers without waiting for a timer", [12, 114], ({ calm }) => {
    const rows = new Map<string, Row>()
    const invoked = new ByActor<{ readonly at_ms: number; readonly key: string }>()
    return ({ actor, at_ms, event }) => {
      if (event.type === "kv.invoked") invoked.set(actor, event.id, { at_ms, key: event.key })
      if (event.type !== "kv.returned") return undefined
      const call = invoked.take(actor, event.id)
      if (call === undefined || !calm.wasSettled(call.at_ms)) return undefined
      const took_ms = at_ms - call.at_ms
      if (took_ms > repaired_ms || event.outcome === "unknown") {
        return `${call.key}: outcome ${event.outcome} after ${Math.round(took_ms)} ms at ${actor}`
      }
      return rowOf(rows, actor).isLate(took_ms) ? `most of the last ${row} answers at ${actor} waited for a heartbeat`
        : undefined
    }
  }, ["kv."]),

  // A linearizable read asks etcd for its newest revision, and waits until the server's copy has come so far.
  always("a healthy API server reads what is newest without waiting for a timer", [25, 114], ({ calm }) => {
    const asked = new ByActor<number>()
    return ({ actor, at_ms, entity, event }) => {
      if (event.type === "read.requested" && event.mode === "consistent") asked.set(actor, entity, at_ms)
      if (event.type !== "read.served" && event.type !== "read.refused") return undefined
      const asked_ms = asked.take(actor, entity)
      if (asked_ms === undefined || !calm.wasSettled(asked_ms)) return undefined
      const took_ms = at_ms - asked_ms
      return took_ms <= copied_ms ? undefined : `${actor} answered a consistent read after ${Math.round(took_ms)} ms`
    }
  }, ["read."]),

  always("a healthy member applies what is committed without waiting for a timer", [12], ({ calm }) => {
    const rows = new Map<string, Row>()
    let newest = 0
    let newest_ms = 0
    return ({ actor, at_ms, event }) => {
      if (event.type !== "entry.applied") return undefined
      if (event.index > newest) {
        newest = event.index
        newest_ms = at_ms
        return undefined
      }
      // Only the newest entry is remembered: who is behind by more shows at that one.
      if (event.index < newest || !calm.wasSettled(newest_ms)) return undefined
      const took_ms = at_ms - newest_ms
      if (took_ms > repaired_ms) return `${actor} applied entry ${newest} ${Math.round(took_ms)} ms after the first`
      return rowOf(rows, actor).isLate(took_ms) ? `${actor} waited for a heartbeat with most of its last ${row} entries`
        : undefined
    }
  }, ["entry.applied"])
]

/** Faults that leave the network, the disks, the clocks and whoever runs alone. */
const isEndOfProcess = ({ event }: Line): boolean =>
  event.type === "fault.injected" && (event.fault.type === "process.crash" || event.fault.type === "process.restart")

/** Which members run, and since when, in a world where processes die and nothing else is wrong. */
class Survivors {
  readonly since_ms = new Map<string, number>()
  /** Of what it is told. */
  readonly #calm = new Calm(latest)
  size = 0

  hear(line: Line): void {
    const { actor, at_ms, event } = line
    if (event.type === "raft.recovered") {
      this.size = event.members
      this.since_ms.set(actor, at_ms)
    } else if (event.type === "process.crashed" || event.type === "process.stopped") this.since_ms.delete(event.process)
    else if (event.type !== "process.started" && !isEndOfProcess(line)) this.#calm.hear(line)
  }
  /** Nothing else is wrong, and what was is over. */
  isElseWell(at_ms: number): boolean {
    return this.#calm.wasSettled(at_ms)
  }
}

/** A dial is repeated after at most 8 s (gRPC's back-off), and what was under way is over. */
const connected_ms = 20_000 // ASSUMED
/** Timers go off after what stands before them; a clock may be a little slow. */
const slack_ms = 1_000 // ASSUMED
/** Some split votes; each costs an election timeout, which is random in [1, 2) of it. */
const elects_ms = 10 * electionTimeout_ms // ASSUMED

const bounded: ReadonlyArray<Property> = [
  // Source: etcd's ReqTimeout (server/config, 3.8): 5 s for the disk and two elections; then the request has failed.
  always("a write that etcd cannot commit is given up after its time-out", [12], () => {
    const survivors = new Survivors()
    const invoked = new ByActor<{ readonly at_ms: number; readonly key: string }>()
    return (line) => {
      survivors.hear(line)
      const { actor, at_ms, event } = line
      if (event.type === "kv.invoked" && event.kind !== "get" && event.kind !== "range") {
        const isConnected = [...survivors.since_ms.values()].some((since_ms) => at_ms - since_ms > connected_ms)
        if (isConnected) invoked.set(actor, event.id, { at_ms, key: event.key })
        return undefined
      }
      if (event.type !== "kv.returned") return undefined
      const call = invoked.take(actor, event.id)
      if (call === undefined || !survivors.isElseWell(call.at_ms) || !survivors.isElseWell(at_ms)) return undefined
      const took_ms = at_ms - call.at_ms
      return took_ms <= requestTimeout_ms + slack_ms ? undefined
        : `${call.key}: given up by ${actor} only after ${Math.round(took_ms)} ms`
    }
  }, [...heardByHealth, "raft.recovered", "kv."]),

  always("a majority whose leader died elects another", [12], () => {
    const survivors = new Survivors()
    const leading = new Set<string>()
    /** Since when a majority runs and nobody leads it. */
    let since_ms: number | undefined
    return (line) => {
      survivors.hear(line)
      const { actor, at_ms, event } = line
      if (event.type === "raft.elected") leading.add(actor)
      else if (event.type === "raft.followed" || event.type === "raft.quorumLost") leading.delete(actor)
      else if (event.type === "process.crashed" || event.type === "process.stopped") leading.delete(event.process)
      const isOwed = leading.size === 0 && survivors.since_ms.size * 2 > survivors.size && survivors.isElseWell(at_ms)
      if (!isOwed || event.type === "raft.recovered" || event.type.startsWith("process.")) {
        since_ms = isOwed ? at_ms : undefined
        return undefined
      }
      since_ms ??= at_ms
      return at_ms - since_ms <= elects_ms ? undefined
        : `${[...survivors.since_ms.keys()].join(", ")} have had no leader for ${Math.round(at_ms - since_ms)} ms`
    }
  }, [...heardByHealth, "raft."])
]

export const properties: ReadonlyArray<Property> = [...prompt, ...bounded]
