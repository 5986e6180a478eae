/**
 * What etcd promises while nothing is wrong: it keeps its leader (how soon it answers: pace.ts). And what a member
 * remembers.
 */
import type { Line } from "#model/events.ts"
import { noLeaderWatchCancel_ms } from "#model/limits/etcd.ts"
import { always, type Property } from "#properties/property.ts"

export const heardByHealth = ["run.started", "phase.began", "fault.injected", "process.", "member.dataLost"]

export class Health {
  /** Nothing has been wrong since; undefined: something is. What has just started counts as wrong until now. */
  #since_ms: number | undefined
  /** Nothing was ever wrong: there is nothing left over that has to be found out about. */
  #isUntouched = true
  /** Only a change of membership brings back a member that lost its data. */
  #isWholeNoMore = false
  readonly #down = new Set<string>()

  hear({ at_ms, event }: Line): void {
    switch (event.type) {
      case "run.started":
        this.#since_ms = at_ms
        return
      case "member.dataLost":
        this.#isWholeNoMore = true
        this.#since_ms = undefined
        return
      case "fault.injected":
        this.#since_ms = undefined
        this.#isUntouched = false
        return
      case "phase.began":
        if (event.phase === "healed" && !this.#isWholeNoMore) this.#since_ms = at_ms
        return
      case "process.crashed":
      case "process.stopped":
        this.#down.add(event.process)
        return
      case "process.started":
      case "process.resumed":
        this.#down.delete(event.process)
        if (this.#since_ms !== undefined) this.#since_ms = at_ms
    }
  }

  /** The cluster has been whole for so long. */
  hasBeenWellFor(ms: number, at_ms: number): boolean {
    return this.#since_ms !== undefined && this.#down.size === 0 && at_ms - this.#since_ms >= ms
  }
  /** And what was wrong is over. */
  isSettled(at_ms: number): boolean {
    return this.hasBeenWellFor(this.#isUntouched ? leads_ms : answers_ms, at_ms)
  }
}

/** Elections of the beginning are over, and machines that reboot late have found the leader. */
const leads_ms = 15_000 // ASSUMED
/** Dead connections were noticed (45 s) and dialled anew, and what had piled up behind them is done. */
const answers_ms = 75_000 // ASSUMED
/** A timer that is due goes off after what stands before it. */
const slack_ms = 1_000 // ASSUMED

export const healthy: ReadonlyArray<Property> = [
  // Source: raft §5.2, "a steady leader"; pre-vote and check-quorum keep those who come back from disturbing it.
  always("a healthy cluster keeps its leader", [12], () => {
    const health = new Health()
    return (line) => {
      health.hear(line)
      const { actor, at_ms, event } = line
      const isElection = event.type === "raft.electionTimedOut" || event.type === "raft.quorumLost"
      return isElection && health.hasBeenWellFor(leads_ms, at_ms)
        ? `${actor}: ${event.type} in term ${event.term}, while nothing is wrong` : undefined
    }
  }, [...heardByHealth, "raft."]),

  always("a vote that a member remembers was asked for", [10], () => {
    const asked = new Set<string>()
    return ({ actor, event }) => {
      if (event.type === "raft.campaigned") asked.add(`${event.term} ${actor}`)
      if (event.type !== "raft.recovered" || event.vote === "" || event.vote === actor) return undefined
      return asked.has(`${event.term} ${event.vote}`) ? undefined
        : `${actor} remembers a vote for ${event.vote} in term ${event.term}, in which that was no candidate`
    }
  }, ["raft."]),

  // 113: what was synced is there again. Only a replaced disk is empty; only a lost page cache tears a log's end.
  always("a member loses its data only with its disk, and the end of its log only with its memory", [113], () => {
    const machineOf = new Map<string, string>()
    const members = new Set<string>()
    const emptied = new Set<string>()
    const lostMemory = new Set<string>()
    return ({ actor, event }) => {
      switch (event.type) {
        case "process.started":
          machineOf.set(event.process, actor)
          return undefined
        case "machine.diskReplaced":
          emptied.add(actor)
          return undefined
        case "machine.powerLost":
        case "machine.panicked":
        case "machine.reset":
          lostMemory.add(actor)
          return undefined
        case "member.bootstrapped":
          members.add(actor)
          return undefined
        case "member.dataLost":
          // Who stopped before its first record was durable finds nothing, and cannot know why.
          if (event.reason === "empty" && !members.has(actor)) return undefined
          return event.reason === "empty" && emptied.has(machineOf.get(actor) ?? "") ? undefined
            : `${actor} finds its data ${event.reason}, on a disk that kept all that was synced`
        case "wal.truncated":
          return lostMemory.has(machineOf.get(actor) ?? "") ? undefined
            : `${actor} finds ${event.cut} torn records, on a machine that never lost its memory`
        default:
          return undefined
      }
    }
  }, ["process.started", "machine.", "member.", "wal.truncated"]),

  // Source: etcd's WithRequireLeader, which API servers use: whoever watches a member without a leader must be told.
  always("a watch does not outlive its member's leader for long", [5], () => {
    const leaderless_ms = new Map<string, number>()
    const open = new Map<string, Set<string>>()
    const paused = new Set<string>()
    return ({ actor, clock_ms, entity, event }) => {
      switch (event.type) {
        case "raft.electionTimedOut":
        case "raft.quorumLost":
          if (!leaderless_ms.has(actor)) leaderless_ms.set(actor, clock_ms)
          break
        case "raft.elected":
          leaderless_ms.delete(actor)
          return undefined
        case "raft.followed":
          if (event.leader !== "") leaderless_ms.delete(actor)
          return undefined
        case "etcdWatch.opened":
          open.set(actor, (open.get(actor) ?? new Set()).add(entity))
          return undefined
        case "etcdWatch.canceled":
        case "etcdWatch.closed":
          open.get(actor)?.delete(entity)
          return undefined
        case "process.paused":
          paused.add(event.process)
          return undefined
        case "process.crashed":
        case "process.stopped":
          for (const known of [leaderless_ms, open, paused]) known.delete(event.process)
          return undefined
        default:
          return undefined
      }
      // Only who times out has no leader for certain: that it leads is told when its disk has it, and acted on before.
      const lasts_ms = clock_ms - (leaderless_ms.get(actor) ?? clock_ms)
      const watches = open.get(actor)?.size ?? 0
      return watches === 0 || lasts_ms <= noLeaderWatchCancel_ms + slack_ms || paused.has(actor) ? undefined
        : `${actor} has had no leader for ${Math.round(lasts_ms)} ms and still serves ${watches} watches`
    }
  }, ["raft.", "etcdWatch.", "process."])
]
