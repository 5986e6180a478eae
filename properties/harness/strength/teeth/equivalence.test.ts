import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import type { Line } from "#model/events.ts"
import { Equivalence } from "#properties/harness/strength/teeth/equivalence.ts"
import type { Kind, Mutant } from "#properties/harness/strength/teeth/mutate.ts"

const actor = "controller-manager/0"
type KeyEvent = "key.added" | "key.taken" | "key.done"
const key = (seq: number, at_ms: number, type: KeyEvent, entity: string, cause?: number): Line =>
  ({ seq, at_ms, clock_ms: at_ms, actor, chart: "work-queue.key", entity, event: { type },
    state: type === "key.added" ? "queued" : type === "key.taken" ? "processing" : "absent",
    ...(cause === undefined ? {} : { cause }) })
const lines: ReadonlyArray<Line> = [
  key(0, 0, "key.added", "replicaset:default/a"),
  key(1, 0, "key.added", "node-lifecycle:worker-1", 0),
  key(2, 0, "key.taken", "replicaset:default/a", 1),
  { seq: 3, at_ms: 0, clock_ms: 0, actor, chart: "client.request", entity: "1.1", state: "sent", cause: 2,
    event: { type: "request.sent", verb: "update", resource: "replicasets", key: "default/a", timeout_ms: 60_000 } },
  key(4, 9_000, "key.done", "replicaset:default/a", 3)
]
const equivalence = new Equivalence(lines, charts)
const is = (kind: Kind, seq: number, more: Partial<Mutant> = {}): boolean =>
  equivalence.isEquivalent({ kind, seq, what: "", lines, ...more })
const swapIsNoLie = (two: ReadonlyArray<Line>): boolean =>
  new Equivalence(two, charts).isEquivalent({ kind: "swap", seq: 0, swappedWith: 1, what: "", lines: two })

describe("a mutant is no lie", () => {
  it("when two lines change places that came about without each other", () => {
    const apart = [lines[0]!, { ...key(1, 5, "key.added", "replicaset:default/b") }]
    expect(swapIsNoLie(apart)).toBe(true)
  })
  it("when they are of one instant and speak of different things", () => {
    expect(is("swap", 0, { swappedWith: 1 })).toBe(true)
  })
  it("when two are told the same in one instant", () => {
    const sent = (seq: number, entity: string, revision: number): Line => ({ seq, at_ms: 0, clock_ms: 0,
      actor: "etcd/0", chart: "etcd.watch", entity, state: "live",
      event: { type: "etcdWatch.sent", revision, keys: ["/registry/pods/a"] },
      ...(seq === 0 ? {} : { cause: seq - 1 }) })
    for (const [revision, expected] of [[7, true], [8, false]] as const) {
      const two = [sent(0, "0/1", 7), sent(1, "1/1", revision)]
      expect(swapIsNoLie(two)).toBe(expected)
    }
  })
  it("when the last of an instance is left out that led to nothing", () => {
    expect(is("drop", 4)).toBe(true)
  })
  it("when a line moves within its region: between cause and effect, and on the same side of each limit", () => {
    expect(is("move", 4, { movedBy_ms: 200 })).toBe(true)
  })
})

describe("a mutant is a lie", () => {
  it("when one of two that change places names what the other does", () => {
    expect(is("swap", 2, { swappedWith: 3 })).toBe(false)
  })
  it("when two keys of one queue change places: it is first in, first out", () => {
    const two = [lines[0]!, key(1, 0, "key.added", "replicaset:default/b", 0)]
    expect(swapIsNoLie(two)).toBe(false)
  })
  it("when one is of the process as a whole", () => {
    const led: Line = { seq: 0, at_ms: 0, clock_ms: 0, actor, chart: "controller-manager.process",
      entity: "kube-controller-manager", event: { type: "controllerManager.led" }, state: "leading" }
    const two = [led, key(1, 0, "key.added", "replicaset:default/a", 0)]
    expect(swapIsNoLie(two)).toBe(false)
  })
  it("when a line is left out that something came from, or followed", () => {
    expect(is("drop", 0)).toBe(false)
    expect(is("drop", 3)).toBe(false)
  })
  it("when a line moves before its cause or behind its effect", () => {
    expect(is("move", 4, { movedBy_ms: -9_001 })).toBe(false)
    expect(is("move", 3, { movedBy_ms: 9_001 })).toBe(false)
  })
  it("whatever is said twice, of another, or with another number", () => {
    for (const kind of ["duplicate", "state", "entity", "term", "revision"] as const) expect(is(kind, 4)).toBe(false)
  })
})
