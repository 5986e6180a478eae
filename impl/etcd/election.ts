/**
 * Elections: pre-votes, votes, and the time that starts them. Spec: model/etcd.ts, chart etcd.raft.
 */
import { electionTimeout_ms } from "#model/limits/etcd.ts"
import * as Log from "#impl/etcd/log.ts"
import type { Message } from "#impl/etcd/messages.ts"
import {
  becomeCandidate, becomeFollower, becomePreCandidate, isQuorum, record, resetElectionTimer, send, setTermAndVote,
  type Raft, type RaftParts
} from "#impl/etcd/raft.ts"
import { becomeLeader, tickLeader } from "#impl/etcd/replication.ts"

type VoteRequest = Message & { readonly type: "vote" | "preVote" }

/**
 * When `tick` has something to do; may lie earlier than needed, never later. While term or vote wait for the disk, a
 * member's time stands still, as etcd's does: `synced` starts it again.
 */
export const nextTick_ms = (raft: Raft): number => raft.role === "leader"
  ? Math.min(raft.heartbeatDue_ms, raft.quorumCheckDue_ms)
  : raft.hardStateIsUnsynced ? Infinity : raft.quietSince_ms + raft.electionTimeout_ms

export const tick = (raft: Raft, now_ms: number): void => {
  if (raft.role === "leader") tickLeader(raft, now_ms)
  else if (now_ms >= nextTick_ms(raft)) startPreVote(raft, now_ms)
}

const startPreVote = (raft: Raft, now_ms: number): void => {
  becomePreCandidate(raft, now_ms)
  raft.votes.set(raft.id, true)
  if (raft.peers.length === 0) {
    campaign(raft, now_ms)
    return
  }
  ask(raft, "preVote", raft.term + 1)
}

const ask = (raft: Raft, type: "preVote" | "vote", term: number): void => {
  const message: VoteRequest = { type, term, lastIndex: Log.lastIndex(raft.log), lastTerm: Log.lastTerm(raft.log) }
  for (const peer of raft.peers) send(raft, peer, message)
}

const granters = (raft: Raft): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (const [name, granted] of raft.votes) if (granted) names.push(name)
  return names
}

const campaign = (raft: Raft, now_ms: number): void => {
  becomeCandidate(raft, granters(raft), now_ms)
  ask(raft, "vote", raft.term)
  // Its own vote counts when it is durable: it arrives like any other, after the sync.
  send(raft, raft.id, { type: "voteResponse", term: raft.term, granted: true })
}

/**
 * With check-quorum, who heard a leader within the election timeout refuses to help depose it, whatever the term:
 * a member that comes back from a partition disturbs nobody.
 */
export const isInLease = (raft: Raft, now_ms: number): boolean =>
  raft.leader !== "" && (raft.role === "leader" || now_ms - raft.quietSince_ms < electionTimeout_ms)

/** One vote per term: to the same candidate again, or, while no leader is known, to the first that asks. */
export const mayVote: RaftParts["mayVote"] = (raft, from, message) =>
  raft.vote === from || (raft.vote === "" && raft.leader === "") ||
  (message.type === "preVote" && message.term > raft.term)

export const stepVoteRequest = (raft: Raft, from: string, message: VoteRequest, now_ms: number): void => {
  const granted = raft.parts.mayVote(raft, from, message) &&
    Log.isUpToDate(raft.log, message.lastIndex, message.lastTerm)
  if (message.type === "preVote") {
    // A granted pre-vote answers with the term asked about, which is not this member's own.
    send(raft, from, { type: "preVoteResponse", term: granted ? message.term : raft.term, granted })
    return
  }
  if (granted) {
    const isNew = raft.vote !== from
    setTermAndVote(raft, raft.term, from)
    resetElectionTimer(raft, now_ms)
    if (isNew) record(raft, { type: "vote.granted", term: raft.term, candidate: from })
  }
  send(raft, from, { type: "voteResponse", term: raft.term, granted })
}

export const stepVoteResponse = (
  raft: Raft, from: string, message: Message & { readonly type: "preVoteResponse" | "voteResponse" }, now_ms: number
): void => {
  const isExpected = message.type === "preVoteResponse" ? raft.role === "preCandidate" : raft.role === "candidate"
  if (!isExpected || raft.votes.has(from)) return
  // A grant speaks of the term that was asked about: an older candidacy's must not count for this one.
  if (message.type === "preVoteResponse" && message.granted && message.term !== raft.term + 1) return
  raft.votes.set(from, message.granted)
  const granted = granters(raft)
  if (isQuorum(raft, granted.length)) {
    if (raft.role === "preCandidate") campaign(raft, now_ms)
    else becomeLeader(raft, granted, now_ms)
  } else if (isQuorum(raft, raft.votes.size - granted.length)) {
    becomeFollower(raft, raft.term, "", now_ms, "raft.outvoted")
  }
}
