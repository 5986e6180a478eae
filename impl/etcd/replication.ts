/**
 * A leader's side of replication: appends, heartbeats, counting, and reads that a heartbeat round confirms.
 * Spec: model/etcd.ts, chart etcd.raft.
 */
import { appendsInFlight_max, electionTimeout_ms, heartbeat_ms } from "#model/limits/etcd.ts"
import * as Log from "#impl/etcd/log.ts"
import type { Command, Message } from "#impl/etcd/messages.ts"
import { becomeFollower, record, send, type Progress, type Raft } from "#impl/etcd/raft.ts"

export const becomeLeader = (raft: Raft, voters: ReadonlyArray<string>, now_ms: number): void => {
  raft.role = "leader"
  raft.leader = raft.id
  for (const peer of raft.peers) {
    raft.progress.set(peer, { match: 0, next: Log.lastIndex(raft.log) + 1, replicating: false, paused: false,
      recentlyActive: true, readAck: 0 })
  }
  raft.heartbeatDue_ms = now_ms + heartbeat_ms
  raft.quorumCheckDue_ms = now_ms + electionTimeout_ms
  record(raft, { type: "raft.elected", term: raft.term, voters })
  // Entries of earlier terms commit only beneath one of its own: so it begins with an empty one.
  appendOwn(raft, "", undefined)
}

const appendOwn = (raft: Raft, proposal: string, command: Command | undefined): void => {
  Log.append(raft.log, { index: Log.lastIndex(raft.log) + 1, term: raft.term, proposal, command })
  broadcastAppend(raft)
}

/** Only on the leader. */
export const propose = (raft: Raft, proposal: string, command: Command): void => {
  if (raft.proposed.has(proposal)) return
  raft.proposed.add(proposal)
  appendOwn(raft, proposal, command)
}

const broadcastAppend = (raft: Raft): void => {
  for (const [peer, progress] of raft.progress) maybeSendAppend(raft, peer, progress, false)
}

const isPaused = (raft: Raft, progress: Progress): boolean => progress.replicating
  ? progress.next - progress.match > appendsInFlight_max * raft.entriesPerMessage_max : progress.paused

/** `evenIfEmpty`: also an append without entries, which finds out where the follower's log ends. */
export const maybeSendAppend = (raft: Raft, peer: string, progress: Progress, evenIfEmpty: boolean): void => {
  if (isPaused(raft, progress)) return
  const entries = Log.slice(raft.log, progress.next, raft.entriesPerMessage_max)
  if (entries.length === 0 && !evenIfEmpty) return
  const prevIndex = progress.next - 1
  send(raft, peer, { type: "append", term: raft.term, prevIndex, prevTerm: Log.termAt(raft.log, prevIndex), entries,
    commit: raft.commit })
  if (progress.replicating) progress.next += entries.length
  else progress.paused = true
}

const broadcastHeartbeat = (raft: Raft): void => {
  let last: Message | undefined
  let lastCommit = -1
  for (const [peer, progress] of raft.progress) {
    // Never beyond what is known to match: the rest of that follower's log may still be another's.
    const commit = Math.min(progress.match, raft.commit)
    if (last === undefined || commit !== lastCommit) {
      last = { type: "heartbeat", term: raft.term, commit, read: raft.readSequence }
      lastCommit = commit
    }
    send(raft, peer, last)
  }
}

export const tickLeader = (raft: Raft, now_ms: number): void => {
  if (now_ms >= raft.quorumCheckDue_ms) {
    let active = 1
    for (const progress of raft.progress.values()) {
      if (progress.recentlyActive) active++
      progress.recentlyActive = false
    }
    if (!raft.parts.maintainsQuorum(raft, active)) {
      becomeFollower(raft, raft.term, "", now_ms, "raft.quorumLost")
      return
    }
    raft.quorumCheckDue_ms = now_ms + electionTimeout_ms
  }
  if (now_ms >= raft.heartbeatDue_ms) {
    broadcastHeartbeat(raft)
    raft.heartbeatDue_ms = now_ms + heartbeat_ms
  }
}

/** The highest value that a majority has reached; `own` is this member's. */
const quorumValue = (raft: Raft, own: number, of: (progress: Progress) => number): number => {
  const values = [own]
  for (const progress of raft.progress.values()) {
    const value = of(progress)
    // Highest first. There are a handful of members, and this is asked at every acknowledgement.
    values.push(value)
    for (let i = values.length - 1; i > 0 && values[i - 1]! < value; i--) {
      values[i] = values[i - 1]!
      values[i - 1] = value
    }
  }
  return values[values.length >> 1]!
}

/** Raft §5.4.2: counting commits only entries of the leader's own term; the earlier ones commit with them. */
export const isOfOwnTerm = (raft: Raft, index: number): boolean => Log.termAt(raft.log, index) === raft.term

export const maybeCommit = (raft: Raft): boolean => {
  const index = quorumValue(raft, raft.log.persisted, (progress) => progress.match)
  if (index <= raft.commit || !raft.parts.mayCommit(raft, index)) return false
  raft.commit = index
  const early = raft.earlyReads
  raft.earlyReads = []
  for (const read of early) raft.parts.readIndex(raft, read.from, read.id)
  return true
}

export const stepAppendResponse = (
  raft: Raft, from: string, message: Message & { readonly type: "appendResponse" }
): void => {
  const progress = raft.progress.get(from)!
  progress.recentlyActive = true
  if (message.rejected) {
    // A rejection that is older than what is known by now says nothing.
    const isStale = progress.replicating ? message.index <= progress.match : message.index !== progress.next - 1
    if (isStale) return
    const hint = Log.conflictHint(raft.log, message.hintIndex, message.hintTerm)
    progress.next = Math.max(Math.min(message.index, hint + 1), progress.match + 1)
    progress.replicating = false
    progress.paused = false
    maybeSendAppend(raft, from, progress, true)
    return
  }
  const advanced = message.index > progress.match
  if (advanced) progress.match = message.index
  if (progress.next <= progress.match) progress.next = progress.match + 1
  if (!progress.replicating && (advanced || message.index === progress.match)) {
    progress.replicating = true
    progress.paused = false
    progress.next = progress.match + 1
  }
  if (maybeCommit(raft)) tellCommit(raft)
  else maybeSendAppend(raft, from, progress, false)
}

/** Followers learn a new commit at once, with whatever entries they still lack. */
export const tellCommit = (raft: Raft): void => {
  for (const [peer, progress] of raft.progress) maybeSendAppend(raft, peer, progress, true)
}

export const stepHeartbeatResponse = (
  raft: Raft, from: string, message: Message & { readonly type: "heartbeatResponse" }
): void => {
  const progress = raft.progress.get(from)!
  progress.recentlyActive = true
  progress.paused = false
  // It is alive and lacks something: an append was lost, or is still on its way. An empty one finds out which.
  if (progress.match < Log.lastIndex(raft.log) || !progress.replicating) maybeSendAppend(raft, from, progress, true)
  if (message.read > progress.readAck) {
    progress.readAck = message.read
    confirmReads(raft)
  }
}

/**
 * ReadIndex (thesis 6.4): remember the commit index, then ask a majority whether this member still leads. Heartbeats
 * repeat the latest question, so that a lost one is asked again.
 */
export const readIndex = (raft: Raft, from: string, id: number): void => {
  if (Log.termAt(raft.log, raft.commit) !== raft.term) {
    raft.earlyReads.push({ from, id })
    return
  }
  raft.readSequence++
  raft.reads.push({ sequence: raft.readSequence, from, id, index: raft.commit })
  if (raft.peers.length === 0) confirmReads(raft)
  else broadcastHeartbeat(raft)
}

const confirmReads = (raft: Raft): void => {
  const confirmed = quorumValue(raft, raft.readSequence, (progress) => progress.readAck)
  let done = 0
  for (const read of raft.reads) {
    if (read.sequence > confirmed) break
    answerRead(raft, read.from, read.id, read.index)
    done++
  }
  if (done > 0) raft.reads.splice(0, done)
}

export const answerRead = (raft: Raft, from: string, id: number, index: number): void => {
  if (from === raft.id) raft.readStates.push({ id, index })
  else send(raft, from, { type: "readIndexResponse", id, index })
}
