import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { kinds, mutantAt, vocabularyOf, type Kind, type Pick } from "#properties/harness/strength/teeth/mutate.ts"

const line = (seq: number, at_ms: number, more: Partial<Line> & { readonly event: Line["event"] }): Line =>
  ({ seq, at_ms, clock_ms: at_ms, actor: "etcd/0", chart: "etcd.raft", entity: "etcd/0", state: "follower", ...more })
const lines: ReadonlyArray<Line> = [
  line(0, 0, { event: { type: "raft.electionTimedOut", term: 1 }, state: "preCandidate" }),
  line(1, 5_000, { event: { type: "raft.outvoted", term: 1 }, cause: 0 }),
  line(2, 9_000, { actor: "etcd/1", entity: "etcd/1", event: { type: "raft.electionTimedOut", term: 1 },
    state: "preCandidate", cause: 1 }),
  line(3, 9_000, { event: { type: "entry.applied", index: 1, term: 1, revision: 1, proposal: "" }, cause: 2 })
]
const vocabulary = vocabularyOf(lines)
const first: Pick = () => 0
const mutant = (kind: Kind, at: number, pick = first) => mutantAt(kind, lines, at, vocabulary, pick)!.lines

describe("a mutant", () => {
  it("is numbered anew, and no cause comes after its effect", () => {
    for (const kind of kinds) {
      for (let at = 0; at < lines.length; at++) {
        for (let n = 0; n < 4; n++) {
          const found = mutantAt(kind, lines, at, vocabulary, (below) => n % below)
          found?.lines.forEach(({ cause, seq }, i) => {
            expect(seq).toBe(i)
            if (cause !== undefined) expect(cause).toBeLessThan(seq)
          })
        }
      }
    }
  })
  it("lacks the dropped line, and its effects go back to what it came from", () => {
    expect(mutant("drop", 1)).toHaveLength(3)
    expect(mutant("drop", 1)[1]).toMatchObject({ actor: "etcd/1", cause: 0 })
  })
  it("says a line twice", () => {
    expect(mutant("duplicate", 3).slice(3).map(({ event }) => event)).toEqual([lines[3]!.event, lines[3]!.event])
  })
  it("changes two lines of an actor, but not the times at which something is said", () => {
    const swapped = mutant("swap", 1)
    expect(swapped.map(({ at_ms }) => at_ms)).toEqual([0, 5_000, 9_000, 9_000])
    expect(swapped.map(({ event }) => event.type)).toEqual(["raft.electionTimedOut", "entry.applied",
      "raft.electionTimedOut", "raft.outvoted"])
  })
  it("moves a line to its new place in time, earlier and later", () => {
    const later = mutant("move", 1, (n) => n === 4 ? 2 : 1)
    expect(later.map(({ at_ms }) => at_ms)).toEqual([0, 9_000, 9_000, 20_000])
    const earlier = mutant("move", 3, (n) => n === 4 ? 1 : 0)
    expect(earlier.map(({ event }) => event.type)).toEqual(["raft.electionTimedOut", "raft.outvoted", "entry.applied",
      "raft.electionTimedOut"])
  })
  it("tells another state, entity, term or revision, each of them one that exists or nearly does", () => {
    expect(mutant("state", 1)[1]!.state).toBe("preCandidate")
    expect(mutantAt("entity", lines, 1, vocabulary, first)).toBeUndefined()
    expect(mutant("term", 0)[0]!.event).toMatchObject({ term: -1 })
    expect(mutant("revision", 3)[3]!.event).toMatchObject({ revision: -1 })
    expect(mutantAt("revision", lines, 0, vocabulary, first)).toBeUndefined()
  })
})
