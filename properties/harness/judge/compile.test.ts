import { describe, expect, it } from "vitest"
import { emit, sendTo, setup } from "xstate"
import { walk } from "#properties/harness/judge/against-xstate.ts"
import { CompiledChart } from "#properties/harness/judge/compile.ts"
import { job, lease, worker } from "#properties/harness/judge/test-charts.ts"

/** A small generator with a fixed seed: the walks are the same every time. */
const draws = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 4294967296 * below)
  }
}

describe("a chart's structure table agrees with XState on random walks", () => {
  it("flat, with timing guards", () => {
    const draw = draws(1)
    let clock_ms = 0
    const result = walk(lease, { limits: { duration_ms: 100 } }, 20_000, () => {
      clock_ms += [0, 1, 99, 100][draw(4)]!
      return { type: ["lease.taken", "lease.renewed", "lease.released", "nonsense"][draw(4)]!,
        by: ["a", "b"][draw(2)], clock_ms }
    })
    expect(result.parted).toBeUndefined()
    expect(result.taken).toBeGreaterThan(5_000)
  })

  it("parallel, nested, eventless, raised, wildcards, forbidden, re-entry, enqueued", () => {
    const types = ["ALL", "RESET", "START", "EXIT", "TICK", "STARTED", "INNER", "OUTER", "PROBE_OK", "PROBE_FAIL",
      "NET.DOWN", "NET.UP", "LEASE", "KICKED", "NET.OTHER", "nonsense"]
    let taken = 0
    for (let seed = 1; seed <= 20; seed++) {
      const draw = draws(seed)
      const result = walk(worker, {}, 1_500, () => ({ type: types[draw(types.length)]! }))
      expect(result.parted).toBeUndefined()
      taken += result.taken
    }
    expect(taken).toBeGreaterThan(8_000)
  })

  it("final states and done events", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const draw = draws(seed)
      const types = ["L", "R", "BOTH", "AGAIN", "END", "nonsense"]
      expect(walk(job, {}, 25, () => ({ type: types[draw(types.length)]! })).parted).toBeUndefined()
    }
  })
})

describe("what a chart may not contain is refused when it is compiled", () => {
  const refused = (config: object, implementations: object = {}) => () =>
    new CompiledChart(setup(implementations).createMachine({ id: "bad", initial: "a", ...config } as never) as never,
      {})
  it.each([
    ["a delay", { states: { a: { after: { 5: "b" } }, b: {} } }, {}, /delayed transition/],
    ["an actor", { states: { a: { invoke: { src: "x" } } } }, { actors: { x: lease } }, /invokes an actor/],
    ["history", { states: { a: { on: { X: "h" } }, h: { type: "history" } } }, {}, /history/],
    ["an emission before any line", { states: { a: { entry: "say" } } }, { actions: { say: emit({ type: "x" }) } },
      /emits on entry/],
    ["a message to another actor", { states: { a: { on: { X: { actions: "tell" } } } } },
      { actions: { tell: sendTo("other", { type: "x" }) } }, /a chart is pure/],
    ["an action that nobody wrote", { states: { a: { on: { X: { actions: "tell" } } } } }, {}, /not implemented/],
    ["eventless transitions in two regions", { type: "parallel", initial: undefined, states: {
      a: { initial: "b", states: { b: { always: "c" }, c: {} } },
      d: { initial: "e", states: { e: { always: "f" }, f: {} } } } }, {}, /in two regions/]
  ] as const)("%s", (_name, config, implementations, message) => {
    expect(refused(config, implementations)).toThrow(message)
  })
})
