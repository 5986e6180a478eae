/**
 * A running member: raft, the store and the watches, joined to disk, network and clock. Spec: model/etcd.ts.
 *
 * After each input `drain` takes raft's outputs in etcd's order: persist, send, commit, apply. What needs the disk
 * first waits for the persister, which gives it one record and one sync per round, however much has gathered.
 */
import { Effect } from "effect"
import type { Journal } from "#impl/journal.ts"
import type { Mailbox, Network, Process, Timer } from "#impl/ports.ts"
import type { Response } from "#impl/ports/etcd.ts"
import { noLeaderWatchCancel_ms } from "#model/limits/etcd.ts"
import { nextTick_ms, tick } from "#impl/etcd/election.ts"
import type { Command, Entry, Message, Outbound } from "#impl/etcd/messages.ts"
import * as Mvcc from "#impl/etcd/mvcc.ts"
import type { Recent } from "#impl/etcd/recent.ts"
import { needsSync, takeBatch, type Fact, type Raft, type Role } from "#impl/etcd/raft.ts"
import { step, synced } from "#impl/etcd/step.ts"
import type { Wal } from "#impl/etcd/wal.ts"
import * as Watch from "#impl/etcd/watch.ts"

export interface Member {
  readonly process: Process["Service"]
  readonly network: Network["Service"]
  readonly journal: Journal["Service"]
  readonly raft: Raft
  readonly store: Mvcc.Store
  readonly hub: Watch.Hub
  /** Applies a transaction to the store: a function of store and command alone, or members part ways. */
  readonly apply: (store: Mvcc.Store, transaction: Extract<Command, { readonly type: "txn" }>) => Response
  applied: number
  appliedTerm: number
  /**
   * Ids of the last applied proposals: a datagram that was duplicated must not take effect twice. The same ones on
   * every member, since all apply the same entries.
   */
  readonly appliedProposals: Recent
  /** Called when a proposal of this member's clients was applied. */
  readonly waiters: Map<string, (response: Response) => void>
  /** Called when a read is confirmed, and when something was applied. */
  onRead: (id: number, index: number) => void
  onApplied: () => void
  journalledRole: Role
  readonly wake: Mailbox<true>
  isPersisting: boolean
  timer: Timer | undefined
  timerDue_ms: number
  leaderlessTimer: Timer | undefined
}

export const receive = (member: Member, from: string, message: Message): void => {
  if (message.type === "bootstrapQuery") {
    // Once there was an election nobody can be sure that the one who forgot did not vote in it: a vote may be on its
    // way. Deviates: etcd asks whether it has published its client URLs (isMemberBootstrapped, etcdserver/bootstrap.go,
    // 3.8), which comes after its first vote: who loses its disk in between votes twice there.
    const known = member.raft.term > 0
    sendTo(member, from, { type: "bootstrapAnswer", nonce: message.nonce, known })
    return
  }
  step(member.raft, from, message, member.process.monotonic_ms())
  drain(member)
}

/** Takes away whatever raft has put out. */
export const drain = (member: Member): void => {
  const { raft } = member
  flushFacts(member)
  flushMessages(member)
  if (!member.isPersisting && hasPersistentWork(raft)) {
    member.isPersisting = true
    member.wake.send(true)
  }
  applyCommitted(member)
  for (const { id, index } of raft.readStates.splice(0)) member.onRead(id, index)
  watchLeader(member)
  arm(member)
}

const flushFacts = (member: Member): void => {
  const facts = member.raft.facts
  member.raft.facts = []
  journalFacts(member, facts)
}

/** What came while term and vote were on their way to the disk, and asks for nothing else to be there. */
const flushDurableFacts = (member: Member): void => {
  const { raft } = member
  if (raft.hardStateIsUnsynced) return
  const facts = raft.factsAfterSync
  raft.factsAfterSync = []
  journalFacts(member, facts)
}

const journalFacts = (member: Member, facts: ReadonlyArray<Fact>): void => {
  for (const fact of facts) {
    member.journalledRole = fact.state
    member.journal.wrote("etcd.raft", member.process.name, fact.event, fact.state)
  }
}

const flushMessages = (member: Member): void => {
  const messages = member.raft.outbox
  member.raft.outbox = []
  deliver(member, messages)
}

/** Its type names the message for the network's draws. */
export const sendTo = (member: Member, to: string, message: Message): void =>
  member.network.send(to, message, message.type)

const deliver = (member: Member, messages: ReadonlyArray<Outbound>): void => {
  for (const { message, to } of messages) {
    if (to === member.raft.id) step(member.raft, to, message, member.process.monotonic_ms())
    else sendTo(member, to, message)
  }
}

const hasPersistentWork = (raft: Raft): boolean =>
  needsSync(raft) || raft.outboxAfterSync.length > 0 || raft.factsAfterSync.length > 0

/** The member's one fiber that waits: for the disk. Never returns; a failed write ends the process, as etcd panics. */
export const persist = (member: Member, wal: Wal): Effect.Effect<never> => Effect.gen(function* () {
  for (;;) {
    yield* member.wake.take
    while (hasPersistentWork(member.raft)) {
      const hasData = needsSync(member.raft)
      const batch = takeBatch(member.raft)
      if (hasData) {
        yield* wal.save({ type: "save", hardState: batch.hardState, entries: batch.entries })
          .pipe(Effect.catchTag("DiskFailed", (failure) => fail(member, failure.reason)))
      }
      synced(member.raft, batch, member.process.monotonic_ms())
      journalFacts(member, batch.facts)
      flushDurableFacts(member)
      tellPersisted(member, batch.entries, batch.acceptedIn)
      deliver(member, batch.messages)
      drain(member)
    }
    member.isPersisting = false
  }
})

/** The disk has these entries: one line for each stretch of one term that was accepted in one term. */
export const tellPersisted = (
  { journal, process }: Member, entries: ReadonlyArray<Entry>, acceptedIn: ReadonlyArray<number>, isFound = false
): void => {
  for (let first = 0, next = 1; first < entries.length; first = next++) {
    const { index, term } = entries[first]!
    const inTerm = acceptedIn[first]!
    while (next < entries.length && entries[next]!.term === term && acceptedIn[next] === inTerm) next++
    journal.wrote("etcd.disk", process.name, { type: "entry.persisted", from: index, to: entries[next - 1]!.index, term,
      ...(inTerm === term ? {} : { inTerm }), ...(isFound ? { found: true } : {}) }, "read")
  }
}

const fail = (member: Member, reason: string): Effect.Effect<never> => Effect.suspend(() => {
  member.journal.wrote("etcd.member", member.process.name, { type: "wal.failed", reason }, "failed")
  return member.process.exit(`wal: ${reason}`)
})

/** Applies what is committed and on this member's own disk. */
const applyCommitted = (member: Member): void => {
  const { log } = member.raft
  const end = Math.min(member.raft.commit, log.persisted)
  if (member.applied >= end) return
  while (member.applied < end) {
    const entry = log.entries[member.applied]!
    const response = applyEntry(member, entry)
    member.journal.wrote("etcd.raft", member.process.name, { type: "entry.applied", index: entry.index,
      term: entry.term, revision: member.store.revision, proposal: entry.proposal }, member.journalledRole)
    const waiter = member.waiters.get(entry.proposal)
    if (waiter !== undefined && response !== undefined) waiter(response)
  }
  member.onApplied()
}

export const applyEntry = (member: Member, entry: Entry): Response | undefined => {
  member.applied = entry.index
  member.appliedTerm = entry.term
  if (entry.command === undefined || member.appliedProposals.has(entry.proposal)) return undefined
  member.appliedProposals.add(entry.proposal)
  const before = member.store.revision
  const { command } = entry
  const response = command.type === "compact" ? Mvcc.compacted(member.store, command)
    : member.apply(member.store, command)
  if (member.store.revision > before) {
    const revision = member.store.revisions[member.store.revisions.length - 1]!
    member.journal.committed(revision.revision, Mvcc.changes(revision))
    Watch.notify(member.hub, revision)
  }
  return response
}

const watchLeader = (member: Member): void => {
  if (member.raft.leader !== "") {
    if (member.leaderlessTimer === undefined) return
    member.leaderlessTimer.cancel()
    member.leaderlessTimer = undefined
  } else if (member.leaderlessTimer === undefined) {
    member.leaderlessTimer = member.process.after(noLeaderWatchCancel_ms, () => Watch.cancelAll(member.hub))
  }
}

/** One timer for all of raft. It may fire early, because a follower's deadline moves with each heartbeat. */
const arm = (member: Member): void => {
  const due_ms = nextTick_ms(member.raft)
  if (due_ms === Infinity) return
  if (member.timer !== undefined) {
    if (member.timerDue_ms <= due_ms) return
    member.timer.cancel()
  }
  member.timerDue_ms = due_ms
  const delay_ms = Math.max(0, due_ms - member.process.monotonic_ms())
  member.timer = member.process.after(delay_ms, () => {
    member.timer = undefined
    tick(member.raft, member.process.monotonic_ms())
    drain(member)
  })
}
