import { describe, expect, it } from "vitest"
import { assign, emit, setup } from "xstate"
import { charts as hardware } from "#model/hardware.ts"
import type { Line, StateValue } from "#model/events.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { Coverage } from "#properties/harness/judge/coverage.ts"
import { lease } from "#properties/harness/judge/test-charts.ts"

/** A server that owes a reply, survives a crash in memory of its disk, and is gone when it is retired. */
const server = setup({
  types: { context: {} as { served: number }, events: {} as any },
  actions: {
    "request.replied": emit(({ event }) => ({ type: "request.replied", entity: event.entity, chart: "test.server",
      within_ms: 100 })),
    count: assign({ served: ({ context }) => context.served + 1 })
  }
}).createMachine({
  id: "server", initial: "idle", context: { served: 0 },
  states: {
    idle: { on: { "request.came": { target: "busy", actions: "request.replied" },
      "process.crashed": "down", retired: "retired" } },
    busy: { on: { "request.replied": { target: "idle", actions: "count" }, "process.crashed": "down" } },
    down: { on: { "process.started": "idle" } },
    retired: { tags: "gone" }
  }
})
const charts = { "test.lease": lease, "test.server": server, "hardware.process": hardware["hardware.process"] }

const trace = () => {
  const conformance = new Conformance({ charts })
  let seq = 0
  const line = (at_ms: number, chart: string, type: string, state: StateValue, more: object = {},
    entity = "x", actor = "p/1") => conformance.line({ seq: seq++, at_ms, clock_ms: at_ms, actor, chart, entity,
    event: { type, ...more } as never, state })
  const process = (at_ms: number, type: string, state: string) =>
    line(at_ms, "hardware.process", type, state, { process: "p/1", incarnation: 1, reason: "killed" }, "p/1",
      "machine/m")
  return { conformance, line, process }
}

describe("a line against its chart", () => {
  it("is accepted when the chart allows it into that state", () => {
    const { line, conformance } = trace()
    expect(line(0, "test.lease", "lease.taken", "held", { by: "a" })).toBeUndefined()
    expect(line(14_000, "test.lease", "lease.renewed", "held", { by: "a" })).toBeUndefined()
    expect(line(29_000, "test.lease", "lease.taken", "held", { by: "b" })).toBeUndefined()
    expect(conformance.judged).toBe(3)
    expect(conformance.coverage.reached).toBe(3)
  })
  it("is refused when it comes too early, and the message says all", () => {
    const { line } = trace()
    line(0, "test.lease", "lease.taken", "held", { by: "a" })
    expect(line(14_999, "test.lease", "lease.taken", "held", { by: "b" })).toMatchObject({ why: "refused",
      stateBefore: "held", allowed: ["lease.renewed", "lease.taken", "lease.released"],
      message: 'line 1 at 14999 ms: test.lease of p/1 x refuses lease.taken in "held": not [expired]; it remembers ' +
        "holder a, at_ms 0, duration_ms 15000; the line says by b, clock_ms 14999" })
    expect(line(15_000, "test.lease", "lease.lost", "held")).toMatchObject({ message: expect.stringContaining(
      'has no lease.lost in "held"; it has lease.renewed, lease.taken, lease.released; it remembers') })
  })
  it("is refused with a wrong state, an unknown event, an unknown chart", () => {
    const { line } = trace()
    expect(line(0, "test.lease", "lease.taken", "free", { by: "a" })).toMatchObject({ why: "wrong state" })
    expect(line(0, "test.lease", "lease.lost", "free")).toMatchObject({ why: "refused" })
    expect(line(0, "test.leese", "lease.taken", "held")).toMatchObject({ why: "unknown chart" })
  })
  it("uses the limits that it is given", () => {
    const conformance = new Conformance({ charts, limits: { "test.lease": { duration_ms: 10 } } })
    const taken = (clock_ms: number, by: string): Line => ({ seq: 0, at_ms: 0, clock_ms, actor: "a",
      chart: "test.lease", entity: "e", event: { type: "lease.taken", by } as never, state: "held" })
    expect(conformance.line(taken(0, "a"))).toBeUndefined()
    expect(conformance.line(taken(9, "b"))).toBeDefined()
    expect(conformance.line(taken(10, "b"))).toBeUndefined()
  })
  it("forgets an instance that is gone", () => {
    const { line, conformance } = trace()
    for (let i = 0; i < 100; i++) expect(line(i, "test.server", "retired", "retired", {}, `e${i}`)).toBeUndefined()
    expect(conformance.liveInstances).toBe(0)
  })
})

describe("what must follow", () => {
  it("may come in time", () => {
    const { line } = trace()
    line(0, "test.server", "request.came", "busy")
    expect(line(100, "test.server", "request.replied", "idle")).toBeUndefined()
    expect(line(500, "test.lease", "lease.taken", "held", { by: "a" })).toBeUndefined()
  })
  it("is reported at the first line after its deadline", () => {
    const { line } = trace()
    line(0, "test.server", "request.came", "busy")
    expect(line(101, "test.lease", "lease.taken", "held", { by: "a" })).toMatchObject({ why: "obligation overdue",
      actor: "p/1", chart: "test.server", stateBefore: "busy",
      obligation: { entity: "x", since_ms: 0, actor: "p/1", seq: 0 }, message: "line 0 demands request.replied of " +
        "test.server x by p/1 within 100 ms, by 100 ms; at line 1 it is 101 ms and it has not come" })
  })
  it("is waived by a crash of the actor, and the instance hears the crash and the start", () => {
    const { line, process } = trace()
    expect(process(0, "process.started", "running")).toBeUndefined()
    line(1, "test.server", "request.came", "busy")
    expect(process(2, "process.crashed", "stopped")).toBeUndefined()
    expect(line(1_000, "test.server", "request.came", "busy")).toMatchObject({ why: "refused", stateBefore: "down" })
  })
  it("waits while its process is paused", () => {
    const { line, process } = trace()
    process(0, "process.started", "running")
    line(1, "test.server", "request.came", "busy")
    expect(process(51, "process.paused", "paused")).toBeUndefined()
    expect(line(900, "test.lease", "lease.taken", "held", { by: "a" }, "x", "q")).toBeUndefined()
    expect(process(1_051, "process.resumed", "running")).toBeUndefined()
    expect(line(1_101, "test.lease", "lease.taken", "held", { by: "a" }, "y", "q")).toBeUndefined()
    expect(line(1_102, "test.lease", "lease.taken", "held", { by: "a" }, "z", "q")).toMatchObject(
      { why: "obligation overdue" })
  })
  it("an instance whose chart does not speak of crashes is forgotten", () => {
    const { line, process } = trace()
    process(0, "process.started", "running")
    line(1, "test.lease", "lease.taken", "held", { by: "a" })
    process(2, "process.crashed", "stopped")
    expect(line(3, "test.lease", "lease.taken", "held", { by: "b" })).toBeUndefined()
  })
})

describe("coverage", () => {
  it("counts triples and transitions, of several runs and processes", () => {
    const coverage = new Coverage()
    const conformance = new Conformance({ charts: { "test.lease": lease }, coverage })
    conformance.line({ seq: 0, at_ms: 0, clock_ms: 0, actor: "a", chart: "test.lease", entity: "e",
      event: { type: "lease.taken", by: "a" } as never, state: "held" })
    expect([coverage.reached, coverage.reachable]).toEqual([1, 4])
    // Taken in the first of two askings: worth 1, then nothing.
    expect([coverage.rarity(), coverage.rarity()]).toEqual([1, 0])
    expect(coverage.unreached()).toEqual(["test.lease  held  lease.renewed", "test.lease  held  lease.taken",
      "test.lease  held  lease.released"])
    expect(coverage.untaken()[1]).toBe("test.lease  held --lease.taken [expired]--> held")
    const other = new Coverage()
    new Conformance({ charts: { "test.lease": lease }, coverage: other })
    other.add(coverage.counts())
    other.add(coverage.counts())
    expect([other.reached, other.counts()["test.lease"]!.triples[0]]).toEqual([1, 2])
  })
})
