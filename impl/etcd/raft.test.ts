/** raft alone: pure members, a bag of messages, disks that lose what was not synced; safety after every step. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { electionTimeout_ms, heartbeat_ms } from "#model/limits/etcd.ts"
import { nextTick_ms, tick } from "#impl/etcd/election.ts"
import * as Log from "#impl/etcd/log.ts"
import type { Command, Entry, HardState, Message } from "#impl/etcd/messages.ts"
import * as Raft from "#impl/etcd/raft.ts"
import { propose, readIndex } from "#impl/etcd/replication.ts"
import { defaultRaftParts, step, synced } from "#impl/etcd/step.ts"

/** `acceptedIn`: for each entry the term in which it was accepted. */
interface Disk { hardState: HardState; entries: Array<Entry>; acceptedIn: Array<number> }
interface Mail { readonly from: string; readonly to: string; readonly message: Message }
const command: Command = { type: "txn", compare: [], success: [], failure: [] }

class Cluster {
  readonly names: ReadonlyArray<string>
  readonly rafts = new Map<string, Raft.Raft>()
  readonly disks = new Map<string, Disk>()
  readonly writing = new Map<string, Raft.Batch>()
  readonly parts: Raft.RaftParts
  mail: Array<Mail> = []
  now_ms = 0
  proposals = 0
  blocked: (from: string, to: string) => boolean = () => false
  readonly leaders = new Map<number, string>()
  readonly committed: Array<Entry> = []
  readonly seen = new Map<string, number>()
  draw: (n: number) => number
  readonly perMessage: number

  constructor(size: number, draw: (n: number) => number, parts: Partial<Raft.RaftParts> = {}, perMessage = 64) {
    this.perMessage = perMessage
    this.parts = { ...defaultRaftParts, ...parts }
    this.draw = draw
    this.names = Array.from({ length: size }, (_, i) => `etcd/${i}`)
    for (const name of this.names) {
      this.disks.set(name, { hardState: { term: 0, vote: "", commit: 0 }, entries: [], acceptedIn: [] })
      this.start(name)
    }
  }
  start(name: string): void {
    const { entries, hardState } = this.disks.get(name)!
    this.rafts.set(name, Raft.make(name, this.names, { ...hardState, entries }, this.now_ms, this.draw, this.parts,
      this.perMessage))
  }
  crash(name: string): void {
    this.rafts.delete(name)
    this.writing.delete(name)
    this.seen.delete(name)
  }
  collect(name: string): void {
    const raft = this.rafts.get(name)!
    for (const { message, to } of raft.outbox.splice(0)) {
      if (to === name) step(raft, name, message, this.now_ms)
      else if (!this.blocked(name, to)) this.mail.push({ from: name, to, message })
    }
    this.check(raft)
  }
  deliver({ from, message, to }: Mail): void {
    const raft = this.rafts.get(to)
    if (raft === undefined || this.blocked(from, to)) return
    step(raft, from, message, this.now_ms)
    this.collect(to)
  }
  /** Begins a write, or ends the one that is under way. */
  sync(name: string): void {
    const raft = this.rafts.get(name)
    if (raft === undefined) return
    const batch = this.writing.get(name)
    if (batch === undefined) {
      if (Raft.needsSync(raft) || raft.outboxAfterSync.length > 0) this.writing.set(name, Raft.takeBatch(raft))
      return
    }
    this.writing.delete(name)
    const disk = this.disks.get(name)!
    disk.hardState = batch.hardState
    for (const [i, entry] of batch.entries.entries()) {
      disk.entries = [...disk.entries.slice(0, entry.index - 1), entry]
      disk.acceptedIn = [...disk.acceptedIn.slice(0, entry.index - 1), batch.acceptedIn[i]!]
    }
    synced(raft, batch, this.now_ms)
    for (const { message, to } of batch.messages) {
      if (to === name) step(raft, name, message, this.now_ms)
      else if (!this.blocked(name, to)) this.mail.push({ from: name, to, message })
    }
    this.collect(name)
  }
  tick(name: string): void {
    const raft = this.rafts.get(name)
    if (raft === undefined) return
    tick(raft, this.now_ms)
    this.collect(name)
  }
  propose(name: string): void {
    const raft = this.rafts.get(name)
    if (raft?.role !== "leader") return
    propose(raft, `p${this.proposals++}`, command)
    this.collect(name)
  }
  /** Figure 8 of the paper: the entry, or one behind it, is on a majority of disks that took it in its own term. */
  isCounted(index: number): boolean {
    const disks = [...this.disks.values()]
    return disks.some(({ entries }) => entries.slice(index - 1).some(({ index: at, term }) =>
      disks.filter((disk) => disk.entries[at - 1]?.term === term && disk.acceptedIn[at - 1] === term).length * 2 >
        disks.length))
  }
  /** One leader per term; what is committed anywhere is the same everywhere and in every later leader's log. */
  check(raft: Raft.Raft): void {
    if (raft.role === "leader") {
      const known = this.leaders.get(raft.term)
      if (known !== undefined && known !== raft.id) throw new Error(`two leaders in term ${raft.term}`)
      if (known === undefined) {
        this.leaders.set(raft.term, raft.id)
        for (const { index, term } of this.committed) {
          if (Log.termAt(raft.log, index) !== term) throw new Error(`leader ${raft.id} lacks ${index}`)
        }
      }
    }
    const end = Math.min(raft.commit, raft.log.persisted)
    for (let i = this.seen.get(raft.id) ?? 0; i < end; i++) {
      const entry = raft.log.entries[i]!
      const known = this.committed[i]
      if (known === undefined) {
        if (!this.isCounted(entry.index)) throw new Error(`${entry.index} is committed, and nobody may have counted it`)
        this.committed.push(entry)
      }
      else if (known.term !== entry.term || known.proposal !== entry.proposal) {
        throw new Error(`members disagree on entry ${entry.index}`)
      }
    }
    this.seen.set(raft.id, end)
  }
  /** Everything works: time passes, messages arrive, disks write. */
  run(duration_ms: number): void {
    const end = this.now_ms + duration_ms
    for (;;) {
      this.quiesce()
      const due = Math.min(...[...this.rafts.values()].map(nextTick_ms))
      if (due > end) break
      this.now_ms = Math.max(this.now_ms, due)
      for (const name of this.names) this.tick(name)
    }
    this.now_ms = end
  }
  quiesce(): void {
    for (let busy = true; busy;) {
      busy = false
      for (const mail of this.mail.splice(0)) {
        busy = true
        this.deliver(mail)
      }
      for (const name of this.names) {
        const raft = this.rafts.get(name)
        if (raft === undefined) continue
        if (this.writing.has(name) || Raft.needsSync(raft) || raft.outboxAfterSync.length > 0) {
          busy = true
          this.sync(name)
        }
      }
    }
  }
  leader(): Raft.Raft {
    const leaders = [...this.rafts.values()].filter((raft) => raft.role === "leader")
    return leaders.reduce((a, b) => a.term > b.term ? a : b)
  }
}

/** A small generator: the tests' own seed decides everything. */
const lcg = (seed: number) => {
  let state = seed >>> 0
  return (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor(state / 2 ** 32 * n)
  }
}

describe("elections", () => {
  it("elects one leader, which commits an empty entry of its term", () => {
    const cluster = new Cluster(3, lcg(1))
    cluster.run(4_000)
    expect([...cluster.rafts.values()].filter((raft) => raft.role === "leader")).toHaveLength(1)
    expect(cluster.committed).toMatchObject([{ index: 1, term: 1, proposal: "" }])
  })
  it("works with a single member", () => {
    const cluster = new Cluster(1, lcg(1))
    cluster.run(2_500)
    cluster.propose("etcd/0")
    cluster.quiesce()
    expect(cluster.committed).toHaveLength(2)
  })
  it("replaces a crashed leader and keeps its committed entries", () => {
    const cluster = new Cluster(3, lcg(2))
    cluster.run(4_000)
    const first = cluster.leader().id
    for (let i = 0; i < 5; i++) cluster.propose(first)
    cluster.quiesce()
    cluster.crash(first)
    cluster.run(6_000)
    expect(cluster.leader().id).not.toBe(first)
    expect(cluster.leader().term).toBeGreaterThan(1)
    cluster.propose(cluster.leader().id)
    cluster.start(first)
    cluster.run(3_000)
    expect(cluster.committed).toHaveLength(8)
    expect(cluster.rafts.get(first)!.commit).toBe(8)
  })
  it("check-quorum: a leader that hears nobody steps down, and no other member disturbs the new one", () => {
    const cluster = new Cluster(3, lcg(3))
    cluster.run(4_000)
    const old = cluster.leader()
    cluster.blocked = (from, to) => from === old.id || to === old.id
    cluster.run(6_000)
    expect(old.role).not.toBe("leader")
    const { id, term } = cluster.leader()
    cluster.blocked = () => false
    cluster.run(6_000)
    expect(cluster.leader()).toMatchObject({ id, term })
    expect(old.term).toBe(term)
  })
  it("pre-vote: a member that cannot be heard does not raise terms", () => {
    const cluster = new Cluster(3, lcg(4))
    cluster.run(4_000)
    const { id, term } = cluster.leader()
    const deaf = cluster.names.find((name) => name !== id)!
    cluster.blocked = (_, to) => to === deaf
    cluster.run(20_000)
    cluster.blocked = () => false
    cluster.run(5_000)
    expect(cluster.leader()).toMatchObject({ id, term })
  })
  it("a vote is granted once per term, and not to a shorter log", () => {
    const raft = Raft.make("etcd/0", ["etcd/0", "etcd/1", "etcd/2"],
      { term: 2, vote: "", commit: 0, entries: [{ index: 1, term: 2, proposal: "", command: undefined }] }, 0, () => 0,
      defaultRaftParts)
    const ask = (from: string, lastIndex: number, lastTerm: number) => {
      step(raft, from, { type: "vote", term: 3, lastIndex, lastTerm }, 10)
      return raft.outboxAfterSync.at(-1)?.message
    }
    expect(ask("etcd/1", 5, 1)).toMatchObject({ granted: false })
    expect(ask("etcd/1", 1, 2)).toMatchObject({ granted: true })
    expect(ask("etcd/2", 9, 2)).toMatchObject({ granted: false })
    expect(ask("etcd/1", 1, 2)).toMatchObject({ granted: true })
    expect(raft.outbox).toEqual([])
  })
})

describe("replication", () => {
  it("an old, shorter append leaves what came after it alone", () => {
    const entries = [1, 2, 3].map((index): Entry => ({ index, term: 1, proposal: `p${index}`, command }))
    const raft = Raft.make("etcd/0", ["etcd/0", "etcd/1"], { term: 1, vote: "", commit: 0, entries }, 0, () => 0,
      defaultRaftParts)
    step(raft, "etcd/1", { type: "append", term: 1, prevIndex: 0, prevTerm: 0, entries: entries.slice(0, 2),
      commit: 3 }, 1)
    expect(Log.lastIndex(raft.log)).toBe(3)
    // Only what the message covers is proved: neither acknowledged nor committed beyond it.
    expect(raft.outbox.at(-1)?.message).toMatchObject({ type: "appendResponse", index: 2 })
    expect(raft.commit).toBe(2)
  })
  it("a conflict is found by hints and the follower's tail replaced", () => {
    const cluster = new Cluster(3, lcg(5))
    cluster.run(4_000)
    const old = cluster.leader()
    cluster.blocked = (from, to) => from === old.id || to === old.id
    for (let i = 0; i < 40; i++) cluster.propose(old.id)
    cluster.run(8_000)
    const leader = cluster.leader()
    for (let i = 0; i < 3; i++) cluster.propose(leader.id)
    cluster.quiesce()
    cluster.blocked = () => false
    cluster.run(4_000)
    expect(old.log.entries).toEqual(leader.log.entries)
    expect(old.commit).toBe(leader.commit)
  })
  it("a duplicated proposal becomes one entry", () => {
    const cluster = new Cluster(3, lcg(6))
    cluster.run(4_000)
    const leader = cluster.leader()
    for (const _ of [1, 2]) step(leader, "etcd/9", { type: "propose", proposal: "x", command }, cluster.now_ms)
    cluster.quiesce()
    expect(cluster.committed.filter((entry) => entry.proposal === "x")).toHaveLength(1)
  })
})

describe("ReadIndex", () => {
  it("is answered after a heartbeat round, and never by a leader without its majority", () => {
    const cluster = new Cluster(3, lcg(7))
    cluster.run(4_000)
    const leader = cluster.leader()
    readIndex(leader, leader.id, 1)
    expect(leader.readStates).toEqual([])
    cluster.collect(leader.id)
    cluster.quiesce()
    expect(leader.readStates).toEqual([{ id: 1, index: leader.commit }])
    cluster.blocked = (from, to) => from === leader.id || to === leader.id
    readIndex(leader, leader.id, 2)
    cluster.run(5_000)
    expect(leader.readStates).toHaveLength(1)
  })
})

/** Random schedules: each number is one step of the world. */
const fuzz = (seed: number, steps: number, size: number, parts: Partial<Raft.RaftParts> = {}): Cluster => {
  const draw = lcg(seed)
  const cluster = new Cluster(size, draw, parts, 1 + draw(3))
  const name = () => cluster.names[draw(size)]!
  let cut: ReadonlySet<string> = new Set()
  cluster.blocked = (from, to) => cut.has(from) !== cut.has(to)
  for (let i = 0; i < steps; i++) {
    const choice = draw(100)
    if (choice < 55 && cluster.mail.length > 0) {
      const at = draw(cluster.mail.length)
      const mail = cluster.mail[at]!
      if (draw(12) !== 0) cluster.mail.splice(at, 1) // else it will be delivered again
      if (draw(12) !== 0) cluster.deliver(mail) // else it is lost
    } else if (choice < 77) cluster.sync(name())
    else if (choice < 87) {
      cluster.now_ms += draw(2) === 0 ? draw(heartbeat_ms) : draw(electionTimeout_ms)
      cluster.tick(name())
    } else if (choice < 96) cluster.propose(name())
    else if (choice === 96) { if (draw(4) === 0) cluster.crash(name()) }
    else if (choice === 97) cut = draw(2) === 0 ? new Set() : new Set([name()])
    else for (const member of cluster.names) if (!cluster.rafts.has(member)) cluster.start(member)
  }
  return cluster
}

describe("random schedules of messages, syncs, crashes and partitions", () => {
  it("are safe, and most of them commit something", () => {
    let commits = 0
    fc.assert(fc.property(fc.integer({ min: 1 }), fc.constantFrom(3, 5), (seed, size) => {
      commits += fuzz(seed, 1_500, size).committed.length
    }), { numRuns: 150, seed: 11 })
    expect(commits).toBeGreaterThan(1_000)
  })
  const finds = (parts: Partial<Raft.RaftParts>): boolean => {
    for (let seed = 1; seed < 200; seed++) {
      try {
        fuzz(seed, 4_000, 3, parts)
      } catch {
        return true
      }
    }
    return false
  }
  it("find a member that votes twice in a term", () => {
    expect(finds({ mayVote: () => true })).toBe(true)
  })
  it("find a leader that counts an entry of an earlier term", () => {
    expect(finds({ mayCommit: () => true })).toBe(true)
  })
  it("find truncation without a conflict", () => {
    expect(finds({ acceptEntries: (raft, message) => {
      Log.truncateFrom(raft.log, message.prevIndex + 1)
      for (const entry of message.entries) Log.append(raft.log, entry)
    } })).toBe(true)
  })
})
