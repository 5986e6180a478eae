/**
 * raft as a step machine: no clock, no network, no disk of its own. Spec: model/etcd.ts, chart etcd.raft.
 *
 * The caller gives it messages (`step` in step.ts) and the time (`tick` in election.ts), and takes away what it
 * wants sent, made durable and journalled. Nothing that depends on unsynced state leaves before the disk has it.
 * Source: etcd-io/raft raft.go; Ongaro's thesis 3, 6.4 (ReadIndex), 9.6 (pre-vote); check-quorum as in etcd.
 * Deviates: time is a clock's reading instead of ticks, so that an idle follower needs no timer ten times a second.
 */
import type { EventOf } from "#model/events.ts"
import type { StateOf } from "#impl/journal.ts"
import type { charts } from "#model/etcd.ts"
import { electionTimeout_ms, entriesPerMessage_max, heartbeat_ms } from "#model/limits/etcd.ts"
import * as Log from "#impl/etcd/log.ts"
import type { Append, Entry, HardState, Message, Outbound } from "#impl/etcd/messages.ts"

export type Role = Exclude<StateOf<(typeof charts)["etcd.raft"]>, "down">

/** Roles that may change: what a planted bug replaces. The defaults stand beside the code that uses them. */
export interface RaftParts {
  /** Whether this member may give its vote (or pre-vote) to `from`, logs aside. */
  readonly mayVote: (raft: Raft, from: string, message: Message & { readonly type: "vote" | "preVote" }) => boolean
  /** The leader's answer to a read: not before a majority has confirmed that it still leads. */
  readonly readIndex: (raft: Raft, from: string, id: number) => void
  /** Check-quorum: whether a leader that heard from `active` members, itself among them, may go on leading. */
  readonly maintainsQuorum: (raft: Raft, active: number) => boolean
  /** Puts a leader's entries into the log; the message's predecessor matched. */
  readonly acceptEntries: (raft: Raft, message: Append) => void
  /** Up to where an accepted append proves that the logs match. */
  readonly ackIndex: (raft: Raft, message: Append) => number
  /** Whether a leader may count the replicas of this entry, which a majority has, as its commitment. */
  readonly mayCommit: (raft: Raft, index: number) => boolean
}

/** What a leader knows of a follower. probe: one append at a time until the logs meet; then replicate. */
export interface Progress {
  match: number
  next: number
  replicating: boolean
  /** An append is on its way to a probed follower: wait for its answer or the next heartbeat's. */
  paused: boolean
  recentlyActive: boolean
  /** The latest read that this follower's heartbeat answers have confirmed. */
  readAck: number
}

export interface PendingRead {
  readonly sequence: number
  readonly from: string
  readonly id: number
  readonly index: number
}

export interface Fact {
  readonly event: EventOf<"raft" | "vote">
  readonly state: Role
}

export interface Raft {
  readonly id: string
  readonly members: ReadonlyArray<string>
  readonly peers: ReadonlyArray<string>
  readonly parts: RaftParts
  /** An integer in [0, n) for the random part of the election timeout. */
  readonly random: (n: number) => number
  readonly log: Log.Log
  readonly entriesPerMessage_max: number
  role: Role
  term: number
  vote: string
  /** "" while unknown. */
  leader: string
  commit: number
  /** Who answered this candidacy, and how. */
  readonly votes: Map<string, boolean>
  readonly progress: Map<string, Progress>
  /** When a leader was last heard, a vote given, or a role taken: elections count from here. */
  quietSince_ms: number
  electionTimeout_ms: number
  heartbeatDue_ms: number
  quorumCheckDue_ms: number
  /** Reads that wait for a heartbeat round, oldest first, and those that wait for the term's first commit. */
  reads: Array<PendingRead>
  earlyReads: Array<{ readonly from: string; readonly id: number }>
  readSequence: number
  /** Proposals that this leader has put into its log: a duplicated datagram must not become two entries. */
  readonly proposed: Set<string>

  // What the caller takes away.
  /** Term or vote changed and the disk does not have it yet. */
  hardStateIsUnsynced: boolean
  hardStateIsDirty: boolean
  /** To be sent at once. */
  outbox: Array<Outbound>
  /** To be sent when the disk holds everything up to now. */
  outboxAfterSync: Array<Outbound>
  facts: Array<Fact>
  factsAfterSync: Array<Fact>
  /** Confirmed reads of this member: serve when `index` is applied. */
  readStates: Array<{ readonly id: number; readonly index: number }>
}

export interface Recovered extends HardState {
  readonly entries: ReadonlyArray<Entry>
}

export const make = (
  id: string, members: ReadonlyArray<string>, recovered: Recovered, now_ms: number,
  random: (n: number) => number, parts: RaftParts, perMessage_max: number = entriesPerMessage_max
): Raft => {
  const raft: Raft = {
    id, members, peers: members.filter((member) => member !== id), parts, random,
    log: Log.make(recovered.entries, recovered.term),
    entriesPerMessage_max: perMessage_max, role: "follower", term: recovered.term, vote: recovered.vote, leader: "",
    commit: recovered.commit,
    votes: new Map(), progress: new Map(), quietSince_ms: now_ms, electionTimeout_ms, heartbeatDue_ms: 0,
    quorumCheckDue_ms: 0, reads: [], earlyReads: [], readSequence: 0, proposed: new Set(), hardStateIsUnsynced: false,
    hardStateIsDirty: false, outbox: [], outboxAfterSync: [], facts: [], factsAfterSync: [], readStates: []
  }
  resetElectionTimer(raft, now_ms)
  return raft
}

export const isQuorum = (raft: Raft, count: number): boolean => count * 2 > raft.members.length

/** Random in [T, 2T - 1 heartbeat]: raft counts ticks of one heartbeat. */
export const resetElectionTimer = (raft: Raft, now_ms: number): void => {
  raft.quietSince_ms = now_ms
  raft.electionTimeout_ms = electionTimeout_ms + heartbeat_ms * raft.random(electionTimeout_ms / heartbeat_ms)
}

/** Queues a message; what claims something that is not durable yet waits for the disk. */
export const send = (raft: Raft, to: string, message: Message): void => {
  const claimsUnsynced = raft.hardStateIsUnsynced ||
    (message.type === "appendResponse" && !message.rejected && message.index > raft.log.persisted)
  if (claimsUnsynced) raft.outboxAfterSync.push({ to, message })
  else raft.outbox.push({ to, message })
}

export const record = (raft: Raft, event: Fact["event"]): void => {
  const fact = { event, state: raft.role }
  if (raft.hardStateIsUnsynced) raft.factsAfterSync.push(fact)
  else raft.facts.push(fact)
}

export const setTermAndVote = (raft: Raft, term: number, vote: string): void => {
  if (raft.term === term && raft.vote === vote) return
  raft.term = term
  raft.log.term = term
  raft.vote = vote
  raft.hardStateIsDirty = true
  raft.hardStateIsUnsynced = true
}

const leaveRole = (raft: Raft): void => {
  raft.votes.clear()
  raft.proposed.clear()
  raft.reads = []
  raft.earlyReads = []
}

/** Follower of `leader` ("" when unknown) in `term`; why a role ended without one is the caller's fact. */
export const becomeFollower = (
  raft: Raft, term: number, leader: string, now_ms: number, why?: "raft.outvoted" | "raft.quorumLost"
): void => {
  leaveRole(raft)
  if (term !== raft.term) setTermAndVote(raft, term, "")
  raft.role = "follower"
  raft.leader = leader
  resetElectionTimer(raft, now_ms)
  record(raft, why === undefined ? { type: "raft.followed", term, leader } : { type: why, term })
}

export const becomePreCandidate = (raft: Raft, now_ms: number): void => {
  leaveRole(raft)
  raft.role = "preCandidate"
  raft.leader = ""
  resetElectionTimer(raft, now_ms)
  record(raft, { type: "raft.electionTimedOut", term: raft.term })
}

export const becomeCandidate = (raft: Raft, voters: ReadonlyArray<string>, now_ms: number): void => {
  leaveRole(raft)
  setTermAndVote(raft, raft.term + 1, raft.id)
  raft.role = "candidate"
  raft.leader = ""
  resetElectionTimer(raft, now_ms)
  record(raft, { type: "raft.campaigned", term: raft.term, voters })
}

/** A batch for the disk: one record, one sync. */
export interface Batch extends Log.Unstable {
  readonly hardState: HardState
  readonly hardStateChanged: boolean
  readonly lastIndex: number
  readonly lastTerm: number
  readonly messages: ReadonlyArray<Outbound>
  readonly facts: ReadonlyArray<Fact>
}

export const needsSync = (raft: Raft): boolean =>
  raft.hardStateIsDirty || raft.log.unstableFrom <= Log.lastIndex(raft.log)

export const takeBatch = (raft: Raft): Batch => {
  const batch: Batch = {
    hardState: { term: raft.term, vote: raft.vote, commit: raft.commit },
    hardStateChanged: raft.hardStateIsDirty,
    ...Log.takeUnstable(raft.log), lastIndex: Log.lastIndex(raft.log), lastTerm: Log.lastTerm(raft.log),
    messages: raft.outboxAfterSync, facts: raft.factsAfterSync
  }
  raft.hardStateIsDirty = false
  raft.outboxAfterSync = []
  raft.factsAfterSync = []
  return batch
}
