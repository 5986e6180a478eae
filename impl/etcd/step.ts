/**
 * One message for raft: terms first, then what the role makes of it. Spec: model/etcd.ts, chart etcd.raft.
 */
import * as Log from "#impl/etcd/log.ts"
import type { Append, Message } from "#impl/etcd/messages.ts"
import { electionTimeout_ms, heartbeat_ms } from "#model/limits/etcd.ts"
import {
  becomeFollower, isQuorum, resetElectionTimer, send, type Batch, type Raft, type RaftParts
} from "#impl/etcd/raft.ts"
import { isInLease, mayVote, stepVoteRequest, stepVoteResponse } from "#impl/etcd/election.ts"
import {
  isOfOwnTerm, maybeCommit, propose, readIndex, stepAppendResponse, stepHeartbeatResponse, tellCommit
} from "#impl/etcd/replication.ts"

export const defaultRaftParts: RaftParts = {
  mayVote,
  readIndex,
  maintainsQuorum: isQuorum,
  acceptEntries: (raft, message) => Log.accept(raft.log, message.entries),
  ackIndex: (_raft, message) => message.prevIndex + message.entries.length,
  mayCommit: isOfOwnTerm
}

type Termed = Exclude<Message, { readonly type:
  "propose" | "readIndex" | "readIndexResponse" | "bootstrapQuery" | "bootstrapAnswer" }>

export const step = (raft: Raft, from: string, message: Message, now_ms: number): void => {
  switch (message.type) {
    case "propose":
      // Not forwarded a second time: the proposer's time-out decides.
      if (raft.role === "leader") propose(raft, message.proposal, message.command)
      return
    case "readIndex":
      if (raft.role === "leader") raft.parts.readIndex(raft, from, message.id)
      return
    case "readIndexResponse":
      raft.readStates.push({ id: message.id, index: message.index })
      return
    case "bootstrapQuery":
    case "bootstrapAnswer":
      return
  }
  if (message.term > raft.term) {
    if (!enterLaterTerm(raft, from, message, now_ms)) return
  } else if (message.term < raft.term) {
    answerEarlierTerm(raft, from, message)
    return
  }
  stepInTerm(raft, from, message, now_ms)
}

/** Returns whether the message is to be looked at further. */
const enterLaterTerm = (raft: Raft, from: string, message: Termed, now_ms: number): boolean => {
  if ((message.type === "vote" || message.type === "preVote") && isInLease(raft, now_ms)) return false
  // Neither a pre-vote nor its grant, which repeats the term asked about, raises a term.
  if (message.type === "preVote" || (message.type === "preVoteResponse" && message.granted)) return true
  const isFromLeader = message.type === "append" || message.type === "heartbeat"
  becomeFollower(raft, message.term, isFromLeader ? from : "", now_ms)
  return true
}

const answerEarlierTerm = (raft: Raft, from: string, message: Termed): void => {
  if (message.type === "append" || message.type === "heartbeat") {
    // A member that came back with a later term would be ignored for ever; this tells the old leader of that term.
    send(raft, from, { type: "appendResponse", term: raft.term, index: 0, rejected: false, hintIndex: 0, hintTerm: 0 })
  } else if (message.type === "preVote") {
    send(raft, from, { type: "preVoteResponse", term: raft.term, granted: false })
  }
}

const stepInTerm = (raft: Raft, from: string, message: Termed, now_ms: number): void => {
  switch (message.type) {
    case "vote":
    case "preVote":
      stepVoteRequest(raft, from, message, now_ms)
      return
    case "voteResponse":
    case "preVoteResponse":
      stepVoteResponse(raft, from, message, now_ms)
      return
    case "append":
      if (!follow(raft, from, now_ms)) return
      stepAppend(raft, from, message)
      return
    case "heartbeat":
      if (!follow(raft, from, now_ms)) return
      raft.commit = Math.max(raft.commit, message.commit)
      send(raft, from, { type: "heartbeatResponse", term: raft.term, read: message.read })
      return
    case "appendResponse":
      if (raft.role === "leader") stepAppendResponse(raft, from, message)
      return
    case "heartbeatResponse":
      if (raft.role === "leader") stepHeartbeatResponse(raft, from, message)
  }
}

/** The sender leads this term. Returns false if this member believes that it does itself, which must never be. */
const follow = (raft: Raft, from: string, now_ms: number): boolean => {
  if (raft.role === "leader") return false
  if (raft.role !== "follower" || raft.leader !== from) becomeFollower(raft, raft.term, from, now_ms)
  // Only the instant: the random part was drawn when this leader was first heard.
  else raft.quietSince_ms = now_ms
  return true
}

const stepAppend = (raft: Raft, from: string, message: Append): void => {
  if (Log.termAt(raft.log, message.prevIndex) !== message.prevTerm) {
    const hintIndex = Log.conflictHint(raft.log, message.prevIndex, message.prevTerm)
    send(raft, from, { type: "appendResponse", term: raft.term, index: message.prevIndex, rejected: true, hintIndex,
      hintTerm: Log.termAt(raft.log, hintIndex) })
    return
  }
  raft.parts.acceptEntries(raft, message)
  const matched = raft.parts.ackIndex(raft, message)
  raft.commit = Math.max(raft.commit, Math.min(message.commit, matched))
  send(raft, from, { type: "appendResponse", term: raft.term, index: matched, rejected: false, hintIndex: 0,
    hintTerm: 0 })
}

/** The disk holds the batch: its own votes and acknowledgements count from now on. */
export const synced = (raft: Raft, batch: Batch, now_ms: number): void => {
  if (batch.hardStateChanged && !raft.hardStateIsDirty) raft.hardStateIsUnsynced = false
  Log.persistedTo(raft.log, batch.lastIndex, batch.lastTerm)
  if (batch.hardStateChanged || batch.facts.length > 0) {
    if (raft.role === "leader") {
      raft.quorumCheckDue_ms = now_ms + electionTimeout_ms
      raft.heartbeatDue_ms = Math.min(raft.heartbeatDue_ms, now_ms + heartbeat_ms)
    } else resetElectionTimer(raft, now_ms)
  }
  if (raft.role === "leader" && maybeCommit(raft)) tellCommit(raft)
}
