/**
 * What etcd promises: one history, raft's safety, watches that miss nothing, and progress while a majority works.
 * Linearizability of its operations stands in linearizability.ts. Source: ../reference/invariants.md 1, 3-12.
 */
import type { Line } from "#model/events.ts"
import { ByActor } from "#properties/by-actor.ts"
import {
  changeOf, heardByHistory, heardByMembers, heardByWatches, History, Members, Watches
} from "#properties/etcd/history.ts"
import { durable } from "#properties/etcd/durable.ts"
import { healthy } from "#properties/etcd/health.ts"
import { properties as lease } from "#properties/etcd/lease.ts"
import { members } from "#properties/etcd/members.ts"
import { order } from "#properties/etcd/order.ts"
import { properties as pace } from "#properties/etcd/pace.ts"
import { always, eventually, leadsTo, sometimes, type Obligation, type Property } from "#properties/property.ts"

/** An election takes a few rounds of at most 2 s, also after split votes; ASSUMED generous. */
const election_ms = 30_000
/** What was committed so long ago must have reached every member and watch that works; ASSUMED generous. */
const spread_ms = 10_000

const history: ReadonlyArray<Property> = [
  always("the revision rises by exactly one with every transaction that changes something", [1], () => {
    let last: number | undefined
    return (line) => {
      const change = changeOf(line)
      if (change === undefined) return undefined
      const before = last
      last = change.revision
      return before === undefined || change.revision === before || change.revision === before + 1 ? undefined
        : `revision ${change.revision} of ${change.key} follows revision ${before}`
    }
  }, heardByHistory),

  always("a revision is written whole: each of its keys once, on what that key held", [9], () => {
    const exists = new Set<string>()
    let revision = 0
    const keys = new Set<string>()
    return (line) => {
      const change = changeOf(line)
      if (change === undefined) return undefined
      if (change.revision !== revision) keys.clear()
      revision = change.revision
      if (keys.has(change.key)) return `revision ${revision} changed ${change.key} twice`
      keys.add(change.key)
      if (line.event.type === "history.marked") return undefined
      const had = exists.has(change.key)
      if (line.event.type === "object.deleted") exists.delete(change.key)
      else exists.add(change.key)
      return had === (line.event.type !== "object.created") ? undefined
        : `${line.event.type} of ${change.key} at revision ${revision}, which ${had ? "exists" : "does not exist"}`
    }
  }, heardByHistory),

  always("an acknowledged write is in the history", [11], () => {
    const history = new History()
    const writes = new ByActor<string>()
    return (line) => {
      if (history.hear(line)) return undefined
      const { actor, event } = line
      if (event.type === "kv.invoked") {
        if (event.kind === "put" || event.kind === "txn") writes.set(actor, event.id, event.key)
        return undefined
      }
      if (event.type !== "kv.returned") return undefined
      const key = writes.take(actor, event.id)
      return key === undefined || event.outcome !== "ok" || history.has(event.revision, key) ? undefined
        : `${key} was acknowledged at revision ${event.revision}, which does not hold it`
    }
  }, [...heardByHistory, "kv."])
]

const raft: ReadonlyArray<Property> = [
  always("there is at most one leader in a term", [10], () => {
    const leaders = new Map<number, string>()
    return ({ actor, event }) => {
      if (event.type !== "raft.elected" && event.type !== "raft.followed") return undefined
      const leader = event.type === "raft.elected" ? actor : event.leader
      if (leader === "") return undefined
      const known = leaders.get(event.term)
      leaders.set(event.term, leader)
      return known === undefined || known === leader ? undefined
        : `${known} and ${leader} both lead term ${event.term}`
    }
  }, ["raft."]),

  always("a member votes for one candidate in a term", [10], () => {
    const votes = new Map<string, { readonly term: number; readonly candidate: string }>()
    return ({ actor, event }) => {
      if (event.type !== "vote.granted" && event.type !== "raft.campaigned") return undefined
      const candidate = event.type === "vote.granted" ? event.candidate : actor
      const last = votes.get(actor)
      votes.set(actor, { term: event.term, candidate })
      if (last === undefined || event.term > last.term) return undefined
      return event.term === last.term && candidate === last.candidate ? undefined
        : `${actor} voted for ${last.candidate} in term ${last.term}, then for ${candidate} in term ${event.term}`
    }
  }, ["vote.granted", "raft.campaigned"]),

  always("a leader has the votes of a majority, each of them really given", [10], () => {
    const given = new Set<string>()
    let members = 0
    return ({ actor, event }) => {
      if (event.type === "raft.recovered") members = event.members
      else if (event.type === "vote.granted") given.add(`${actor} ${event.term} ${event.candidate}`)
      else if (event.type === "raft.campaigned") given.add(`${actor} ${event.term} ${actor}`)
      else if (event.type === "raft.elected") {
        const missing = event.voters.find((voter) => !given.has(`${voter} ${event.term} ${actor}`))
        if (missing !== undefined) return `${actor} leads term ${event.term} with a vote that ${missing} did not give`
        if (event.voters.length * 2 <= members) return `${actor} leads term ${event.term} with votes of ${event.voters}`
      }
      return undefined
    }
  }, ["raft.", "vote.granted"]),

  always("members apply the same entries in the same order, and keep them", [11], () => {
    const entries: Array<{ readonly term: number; readonly revision: number; readonly proposal: string }> = []
    const proposals = new Set<string>()
    return ({ actor, event }) => {
      if (event.type === "raft.recovered" && event.applied > 0) {
        const known = entries[event.applied - 1]
        if (known === undefined) return undefined
        if (known.term === event.appliedTerm && known.revision === event.revision) return undefined
        return `${actor} came back with revision ${event.revision} of term ${event.appliedTerm} at entry ${
          event.applied}; before it was revision ${known.revision} of term ${known.term}`
      }
      if (event.type !== "entry.applied") return undefined
      const known = entries[event.index - 1]
      if (known === undefined) {
        const { proposal, revision, term } = event
        entries[event.index - 1] = { proposal, revision, term }
        const before = entries[event.index - 2]
        if (before !== undefined && term < before.term) {
          return `entry ${event.index} is of term ${term}, the one before it of ${before.term}`
        }
        if (proposal === "") return undefined
        // A proposal that reached the log twice, by a duplicated datagram, takes effect once.
        const isRepeated = proposals.has(proposal) && revision !== before?.revision
        proposals.add(proposal)
        return isRepeated ? `proposal ${proposal} took effect twice` : undefined
      }
      return known.term === event.term && known.proposal === event.proposal && known.revision === event.revision
        ? undefined : `${actor} applied entry ${event.index} as ${event.proposal} of term ${event.term} at revision ${
          event.revision}; before it was ${known.proposal} of term ${known.term} at revision ${known.revision}`
    }
  }, ["raft.recovered", "entry.applied"]),

  always("a new leader has every entry that was applied before it was elected", [11], () => {
    /** The last applied entry of each term, in order. */
    const applied: Array<{ readonly term: number; index: number }> = [{ term: 0, index: 0 }]
    const owed = new Map<string, { readonly term: number; readonly index: number }>()
    return ({ actor, event }) => {
      if (event.type === "raft.elected") {
        // A leader says so when its disk has it: its own entries, kept by others, and those of a later leader may be
        // applied before that. Who voted when is another promise.
        owed.set(actor, { term: event.term, index: applied.findLast(({ term }) => term < event.term)!.index })
        return undefined
      }
      if (event.type !== "entry.applied") return undefined
      const last = applied.at(-1)!
      if (event.term > last.term) applied.push({ term: event.term, index: event.index })
      else if (event.term === last.term && event.index > last.index) last.index = event.index
      // Its first own entry stands behind everything that was committed before its term.
      const debt = owed.get(actor)
      if (debt === undefined || event.term < debt.term) return undefined
      owed.delete(actor)
      return event.term > debt.term || event.index > debt.index ? undefined
        : `${actor}'s first entry of term ${debt.term} is ${event.index}, but ${debt.index} was applied before`
    }
  }, ["raft.elected", "entry.applied"])
]

const watch: ReadonlyArray<Property> = [
  always("a watch never sees a revision that is not later than all it saw before", [3, 4], () => {
    const last = new ByActor<number>()
    return ({ actor, entity, event }) => {
      if (event.type === "etcdWatch.opened") {
        last.set(actor, entity, event.startRevision === 0 ? event.revision : event.startRevision - 1)
      } else if (event.type === "etcdWatch.sent") {
        const before = last.get(actor, entity) ?? 0
        last.set(actor, entity, event.revision)
        if (event.revision <= before) return `${actor} sent revision ${event.revision} after ${before} on ${entity}`
      } else if (event.type !== "etcdWatch.progressed") last.take(actor, entity)
      return undefined
    }
  }, ["etcdWatch."]),
  always("a watch sees every change of its keys from its start on, each revision in one piece", [5, 6, 7], () => {
    const watches = new Watches()
    return (line) => {
      const wrong = watches.hear(line)
      return wrong?.kind === "reliable" ? wrong.text : undefined
    }
  }, heardByWatches),
  always("a progress notification comes after everything up to its revision", [8], () => {
    const watches = new Watches()
    return (line) => {
      const wrong = watches.hear(line)
      return wrong?.kind === "bookmarkable" ? wrong.text : undefined
    }
  }, heardByWatches),
  eventually("every open watch of a working member has seen all that was committed", [5], () => {
    const watches = new Watches()
    const members = new Members()
    let now_ms = 0
    return {
      line: (line) => {
        now_ms = line.at_ms
        watches.hear(line)
        members.hear(line)
      },
      holds: () => {
        for (const [member, name, open] of watches.open) {
          const due = members.isFree(member) ? watches.next(open) : undefined
          if (due !== undefined && now_ms - due.at_ms > spread_ms) {
            return `${member} ${name} did not see revision ${due.revision}`
          }
        }
        return undefined
      }
    }
  }, [...heardByWatches, ...heardByMembers])
]

/** Who leads as far as the lines tell: elected, and neither deposed, outrun nor gone. */
const followLeader = (leading: Map<string, number>, { actor, event }: Line): boolean => {
  switch (event.type) {
    case "raft.elected":
      leading.set(actor, event.term)
      return false
    case "raft.quorumLost":
    case "raft.followed":
      return leading.delete(actor)
    case "process.crashed":
    case "process.stopped":
      return leading.delete(event.process)
    default:
      return false
  }
}

const progress: ReadonlyArray<Property> = [
  leadsTo("a majority of members that can reach each other has a leader", [12], () => {
    const members = new Members()
    const leading = new Map<string, number>()
    let lost: Pick<Line, "at_ms" | "seq"> = { at_ms: 0, seq: 0 }
    return {
      line: (line) => {
        members.hear(line)
        if (followLeader(leading, line)) lost = line
      },
      open: (): ReadonlyArray<Obligation> => {
        if (!members.canWork || [...leading.keys()].some((leader) => members.isFree(leader))) return []
        const { at_ms: since_ms, seq } = lost.at_ms >= members.since.at_ms ? lost : members.since
        return [{ entity: "etcd", since_ms, seq, within_ms: election_ms }]
      }
    }
  }, heardByMembers),
  leadsTo("a leader commits an entry of its own term", [12], () => {
    const members = new Members()
    const leading = new Map<string, number>()
    const owing = new Map<string, Obligation>()
    return {
      line: (line) => {
        members.hear(line)
        followLeader(leading, line)
        const { actor, at_ms, event, seq } = line
        if (event.type === "raft.elected") {
          owing.set(actor, { entity: actor, since_ms: at_ms, within_ms: election_ms, seq, by: actor })
        } else if (event.type === "entry.applied" && event.term === leading.get(actor)) owing.delete(actor)
      },
      open: () => {
        if (!members.canWork) return []
        const { at_ms: since_ms, seq } = members.since
        return [...owing.values()].filter(({ entity }) => leading.has(entity) && members.isFree(entity))
          .map((debt) => debt.since_ms >= since_ms ? debt : { ...debt, since_ms, seq })
      }
    }
  }, heardByMembers, true),
  eventually("every working member has applied what was committed", [12], () => {
    const members = new Members()
    const firstApplied_ms: Array<number> = []
    let now_ms = 0
    return {
      line: (line) => {
        now_ms = line.at_ms
        members.hear(line)
        if (line.event.type === "entry.applied") firstApplied_ms[line.event.index] ??= line.at_ms
      },
      holds: () => {
        for (const [member, applied] of members.applied) {
          const next_ms = firstApplied_ms[applied + 1]
          if (members.isFree(member) && members.canWork && next_ms !== undefined && now_ms - next_ms > spread_ms) {
            return `${member} has not applied entry ${applied + 1}`
          }
        }
        return undefined
      }
    }
  }, heardByMembers)
]

const reached: ReadonlyArray<Property> = [
  sometimes("a leader loses its quorum and steps down", () => ({ event }) => event.type === "raft.quorumLost",
    ["raft.quorumLost"]),
  sometimes("etcd changes its leader", () => ({ event }) => event.type === "raft.elected" && event.term > 1,
    ["raft.elected"]),
  sometimes("a member comes back with entries in its log", () => ({ event }) =>
    event.type === "member.recovered" && event.lastIndex > 0, ["member.recovered"]),
  sometimes("a watch begins in the past", () => ({ event }) =>
    event.type === "etcdWatch.opened" && event.startRevision > 0 && event.startRevision <= event.revision,
    ["etcdWatch.opened"])
]

export const properties: ReadonlyArray<Property> = [
  ...history, ...raft, ...durable, ...watch, ...healthy, ...pace, ...lease, ...progress, ...order, ...members,
  ...reached
]
