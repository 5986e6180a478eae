/**
 * etcd: a member of the replicated key-value store, real raft under a multi-version store. Spec: model/etcd.ts.
 *
 * Parts: raft.ts (state), step.ts (messages), election.ts, replication.ts, log.ts; wal.ts (what survives), mvcc.ts
 * (the store), watch.ts, member.ts (joins them to the world), server.ts (clients). Compaction will stand in mvcc.ts,
 * snapshots in log.ts and wal.ts, leases beside mvcc.ts, membership beside election.ts.
 */
import { Effect } from "effect"
import { Journal } from "#impl/journal.ts"
import { Disk, Draws, Network, Process } from "#impl/ports.ts"
import { bootstrapQuery_ms, proposalsRemembered_max } from "#model/limits/etcd.ts"
import * as Log from "#impl/etcd/log.ts"
import { applyEntry, drain, persist, receive, tellPersisted, type Member } from "#impl/etcd/member.ts"
import type { Message } from "#impl/etcd/messages.ts"
import * as Mvcc from "#impl/etcd/mvcc.ts"
import * as Raft from "#impl/etcd/raft.ts"
import { Recent } from "#impl/etcd/recent.ts"
import * as Server from "#impl/etcd/server.ts"
import { defaultRaftParts } from "#impl/etcd/step.ts"
import * as Wal from "#impl/etcd/wal.ts"
import * as Watch from "#impl/etcd/watch.ts"

export interface Config {
  /** Names of the members' processes, this one among them. */
  readonly members: ReadonlyArray<string>
  readonly id: string
}

/** What can be replaced: each is a place where a real store went wrong. */
export interface Parts extends Raft.RaftParts {
  readonly apply: Member["apply"]
  readonly watchStart: Watch.WatchStart
}
export const defaultParts: Parts = { ...defaultRaftParts, apply: Mvcc.txn, watchStart: Watch.watchStart }

type World = Process | Network | Disk | Draws | Journal

export const program = (config: Config, parts: Partial<Parts> = {}): Effect.Effect<never, never, World> =>
  Effect.gen(function* () {
    const network = yield* Network
    const { lastChecksum, state } = yield* recover(config)
    const member = yield* makeMember(config, { ...defaultParts, ...parts }, state)
    const server = Server.make(member)
    network.receive((from, message) => receive(member, from, message))
    network.listen((connection) => Server.accept(server, connection))
    drain(member)
    return yield* persist(member, Wal.open(yield* Disk, lastChecksum))
  }).pipe(Effect.catchTag("DiskFailed", (failure) => Effect.gen(function* () {
    const process = yield* Process
    const journal = yield* Journal
    journal.wrote("etcd.member", process.name, { type: "wal.failed", reason: failure.reason }, "failed")
    return yield* process.exit(`wal: ${failure.reason}`)
  })))

interface Recovered {
  readonly state: Wal.Replayed
  readonly lastChecksum: number
}

/** Reads the log, or makes a new one; does not return when this member's data is gone. */
const recover = (config: Config) => Effect.gen(function* () {
  const disk = yield* Disk
  const journal = yield* Journal
  const { incarnation, name } = yield* Process
  const read = yield* disk.read(Wal.file)
  const found = Wal.verify(read)
  if (found.isCorrupt) return yield* standAside("corrupt")
  // The first record counts when it is whole: wal.Create makes it beside the directory and renames.
  if (found.torn > 0 && found.records.length > 0) {
    const truncated = { type: "wal.truncated", records: found.records.length, cut: found.torn } as const
    journal.wrote("etcd.member", name, truncated, "torn")
  }
  // What is replayed must not be lost again after it was acted upon.
  yield* disk.sync(Wal.file)
  if (found.records.length === 0) {
    // --initial-cluster-state is "new" at the first start; later an empty directory has to be explained.
    if (incarnation > 1 && (yield* isKnownToPeers(config))) return yield* standAside("empty")
    const record = { type: "metadata", member: config.id, members: config.members } as const
    yield* Wal.open(disk, found.lastChecksum).save(record)
    journal.wrote("etcd.member", name,
      { type: "member.bootstrapped", members: config.members, isUnknownToPeers: incarnation > 1 }, "running")
    const recovered: Recovered = { state: Wal.replay([]), lastChecksum: Wal.checksum(found.lastChecksum, record) }
    return recovered
  }
  const state = Wal.replay(found.records)
  journal.wrote("etcd.member", name, { type: "member.recovered", lastIndex: state.entries.length,
    records: found.records.length }, "running")
  const recovered: Recovered = { state, lastChecksum: found.lastChecksum }
  return recovered
})

/**
 * A member that forgot its votes and acknowledgements would break raft, so it stays out until it is replaced through
 * a change of membership. Deviates: the real one exits and its supervisor restarts it in vain.
 */
const standAside = (reason: "empty" | "corrupt") => Effect.gen(function* () {
  const journal = yield* Journal
  const { name } = yield* Process
  journal.wrote("etcd.member", name, { type: "member.dataLost", reason }, "dataLost")
  return yield* Effect.never
})

/**
 * Whether any other member knows of an election. All of them must answer: the one that cannot may be the one that
 * leads thanks to a vote that was forgotten here. (etcd asks its peers too, but goes on without them.)
 */
const isKnownToPeers = (config: Config) => Effect.gen(function* () {
  const process = yield* Process
  const network = yield* Network
  const answer = process.cell<boolean>()
  const silent = new Set(config.members.filter((member) => member !== config.id))
  // Alone it has promised nothing to anybody that could tell.
  if (silent.size === 0) return false
  network.receive((from, message: Message) => {
    // Who asks, or stands aside, remembers no election; a majority of the others does.
    if (message.type === "bootstrapQuery") {
      const reply: Message = { type: "bootstrapAnswer", nonce: message.nonce, known: false }
      network.send(from, reply, reply.type)
    }
    if (message.type !== "bootstrapAnswer" || message.nonce !== process.incarnation || answer.isDone) return
    silent.delete(from)
    if (message.known) answer.succeed(true)
    else if (silent.size === 0) answer.succeed(false)
  })
  const ask = (): void => {
    if (answer.isDone) return
    const query: Message = { type: "bootstrapQuery", nonce: process.incarnation }
    for (const peer of silent) network.send(peer, query, query.type)
    process.after(bootstrapQuery_ms, ask)
  }
  ask()
  return yield* answer.await
})

const makeMember = (config: Config, parts: Parts, state: Wal.Replayed) => Effect.gen(function* () {
  const process = yield* Process
  const journal = yield* Journal
  const draws = yield* Draws
  const store = Mvcc.make()
  const raft = Raft.make(config.id, config.members, { ...state.hardState, entries: state.entries },
    process.monotonic_ms(), (n) => draws.below("etcd/electionTimeout", config.id, n), parts)
  const member: Member = {
    process, journal, raft, store, network: yield* Network, apply: parts.apply,
    hub: { store, journal, watchStart: parts.watchStart, byPrefix: new Map() },
    applied: 0, appliedTerm: 0, appliedProposals: new Recent(proposalsRemembered_max), waiters: new Map(),
    onRead: () => {}, onApplied: () => {},
    journalledRole: "follower", wake: process.mailbox<true>(), isPersisting: false,
    timer: undefined, timerDue_ms: 0, leaderlessTimer: undefined
  }
  // The store is what the committed part of the log makes of it. One line stands for all that was applied before.
  while (member.applied < raft.commit) applyEntry(member, raft.log.entries[member.applied]!)
  journal.wrote("etcd.raft", process.name, { type: "raft.recovered", term: raft.term, vote: raft.vote,
    lastIndex: Log.lastIndex(raft.log), applied: member.applied, appliedTerm: member.appliedTerm,
    revision: store.revision, members: config.members.length }, "follower")
  tellPersisted(member, raft.log.entries, raft.log.entries.map(() => raft.term), true)
  return member
})
