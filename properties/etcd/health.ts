/**
 * What etcd promises while nothing is wrong: it keeps its leader (how soon it answers: pace.ts). And what a member
 * remembers.
 */
import { noLeaderWatchCancel_ms } from "#model/limits/etcd.ts"
import { leads_ms } from "#properties/history/calm.ts"
import { always, type Property } from "#properties/property.ts"

export const heardByHealth = ["run.started", "phase.began", "fault.injected", "process.", "member.dataLost"]

/** A timer that is due goes off after what stands before it. */
const slack_ms = 1_000 // ASSUMED

export const healthy: ReadonlyArray<Property> = [
  // Source: raft §5.2, "a steady leader"; pre-vote and check-quorum keep those who come back from disturbing it.
  always("a healthy cluster keeps its leader", [12], ({ calm }) => ({ actor, at_ms, event }) => {
    const isElection = event.type === "raft.electionTimedOut" || event.type === "raft.quorumLost"
    return isElection && calm.wasWellFor(leads_ms, at_ms)
      ? `${actor}: ${event.type} in term ${event.term}, while nothing is wrong` : undefined
  }, ["raft."]),

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
