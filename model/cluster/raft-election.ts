/**
 * Scope raft-election: the members of an etcd cluster choose a leader over a lossy network.
 *
 * Elections may time out at any moment (the chart's limit is 0 here), pre-votes are always granted: more than etcd
 * allows, so what holds here holds there. Datagrams are reordered, lost and duplicated; a queue that is full drops,
 * as etcd's streams do. A member that crashes comes back with its term and vote. Terms are bounded.
 */
import { charts } from "#model/etcd.ts"
import type { At, Channel, Component, Deed, Scope, View } from "#model/cluster/scope.ts"

interface Size {
  readonly members: ReadonlyArray<string>
  /** Those whose elections time out; the others only vote. */
  readonly candidates: ReadonlyArray<string>
  readonly term_max: number
  readonly crashes: number
  readonly losses: number
  readonly duplicates: number
}

const member = (me: string, { members, candidates, term_max }: Size): Component => ({
  chart: charts["etcd.raft"],
  limits: { electionTimeout_ms: 0 },
  begins: [{ type: "raft.recovered", term: 0, vote: "", lastIndex: 0, applied: 0, appliedTerm: 0, revision: 1,
    members: members.length }],
  instants: ["quietSince_ms"],
  horizon_ms: 0,
  within: ({ context }) => context.term <= term_max,
  does: (view) => candidates.includes(me) || view.state === "down" ? deeds(me, members, view) : []
})

const deeds = (me: string, members: ReadonlyArray<string>, { state, context }: View): ReadonlyArray<Deed> => {
  const { term, vote, applied, appliedTerm, appliedEver, revision } = context
  const timedOut: Deed = { event: { type: "raft.electionTimedOut", term } }
  switch (state) {
    case "down": return [{ event: { type: "raft.recovered", term, vote, lastIndex: appliedEver, applied, appliedTerm,
      revision, members: members.length } }]
    case "follower": return [timedOut]
    // Who grants a pre-vote promises nothing: any majority will do.
    case "preCandidate": return [
      { event: { type: "raft.campaigned", term: term + 1, voters: majorityWith(me, members) } }]
    case "candidate": return [timedOut]
    default: return [{ event: { type: "raft.quorumLost", term }, fair: false }]
  }
}

const majorityWith = (me: string, members: ReadonlyArray<string>): ReadonlyArray<string> =>
  [me, ...members.filter((name) => name !== me)].slice(0, Math.floor(members.length / 2) + 1)

/** Requests for votes, votes and heartbeats. A request tells of the term, and asks: the two parts may be reordered. */
const link = (from: string, to: string): Channel => ({
  from, to, kind: "datagram", lossy: true, capacity: 2, full: "dropped",
  sends: {
    "raft.campaigned": ({ event }) => [{ type: "raft.followed", term: event["term"], leader: "" },
      { type: "vote.granted", term: event["term"], candidate: from }],
    "vote.granted": ({ event }) => event["candidate"] === to
      ? { type: "raft.elected", term: event["term"], voters: [to, from] } : undefined,
    "raft.elected": ({ event }) => ({ type: "raft.followed", term: event["term"], leader: from })
  }
})

export const raftElection = (size: Size): Scope => {
  const { members, term_max } = size
  const leads = (at: At, name: string): boolean => at(name).state === "leader"
  const pairs = members.flatMap((a, i) => members.slice(i + 1).map((b) => [a, b] as const))
  return {
    name: "raft-election",
    says: `${members.length} members elect leaders in at most ${term_max} terms`,
    components: Object.fromEntries(members.map((name) => [name, member(name, size)])),
    channels: Object.fromEntries(members.flatMap((from) => members.filter((to) => to !== from)
      .map((to) => [`${from} to ${to}`, link(from, to)]))),
    faults: { losses: size.losses, duplicates: size.duplicates,
      crashes: { [members[0]!]: { of: [members[0]!], times: size.crashes } } },
    always: {
      "at most one member leads in a term": (at) => pairs.every(([a, b]) =>
        !(leads(at, a) && leads(at, b) && at(a).context.term === at(b).context.term)),
      "members of one term know one leader": (at) => pairs.every(([a, b]) => {
        const [one, other] = [at(a).context, at(b).context]
        return one.term !== other.term || one.leader === "" || other.leader === "" || one.leader === other.leader
      })
    },
    sometimes: {
      "a member leads": (at) => members.some((name) => leads(at, name)),
      "two members lead, in different terms": (at) => members.filter((name) => leads(at, name)).length === 2,
      "a leader is followed by all": (at) => members.some((leader) => leads(at, leader)
        && members.every((name) => at(name).context.leader === leader))
    }
  }
}
