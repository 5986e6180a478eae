import { describe, expect, it } from "vitest"
import { assign, emit, enqueueActions, not, raise, sendTo, setup } from "xstate"
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

  it("parallel, nested, of parents and of the chart, with several candidates", () => {
    const types = ["ALL", "RESET", "START", "EXIT", "TICK", "STARTED", "INNER", "AGAIN", "PROBE_OK", "PROBE_FAIL",
      "NET.DOWN", "NET.UP", "LEASE", "NET.OTHER", "nonsense"]
    let taken = 0
    for (let seed = 1; seed <= 20; seed++) {
      const draw = draws(seed)
      const result = walk(worker, {}, 1_500, () => ({ type: types[draw(types.length)]!, n: draw(3) }))
      expect(result.parted).toBeUndefined()
      taken += result.taken
    }
    expect(taken).toBeGreaterThan(8_000)
  })

  it("regions within a state, and an end", () => {
    let ended = 0
    for (let seed = 1; seed <= 300; seed++) {
      const draw = draws(seed)
      const types = ["L", "R", "BOTH", "COUNT", "WRAP", "AGAIN", "END", "nonsense"]
      expect(walk(job, {}, 25, (_context, value) => {
        if (value === "ended") ended++
        return { type: types[draw(types.length)]! }
      }).parted).toBeUndefined()
    }
    expect(ended).toBeGreaterThan(300)
  })
})

describe("what a chart may not contain is refused when it is compiled, and it is said why", () => {
  const refused = (config: object, implementations: object = {}) => () =>
    new CompiledChart(setup(implementations).createMachine({ id: "bad", initial: "a", ...config } as never) as never,
      {})
  const on = (transition: unknown): object => ({ states: { a: { on: { X: transition } }, b: {} } })
  const regions = (a: object, more: object = {}): object => ({ type: "parallel", initial: undefined, ...more, states: {
    a: { initial: "b", states: { b: a, c: {} } }, d: { initial: "e", states: { e: {}, f: {} } } } })
  it.each([
    ["a delay", { states: { a: { after: { 5: "b" } }, b: {} } }, {}, /delayed transition/],
    ["an actor", { states: { a: { invoke: { src: "x" } } } }, { actors: { x: lease } }, /invokes an actor/],
    ["history", { states: { a: { on: { X: "h" } }, h: { type: "history" } } }, {}, /history/],
    ["an eventless transition", { states: { a: { always: "b" }, b: {} } }, {}, /eventless transition/],
    ["an action of an entry", { states: { a: { entry: "say" } } }, { actions: { say: emit({ type: "x" }) } },
      /entry or exit/],
    ["an action of an exit", { states: { a: { exit: "say" } } }, { actions: { say: emit({ type: "x" }) } },
      /entry or exit/],
    ["an action of an initial state", { initial: { target: "a", actions: "say" }, states: { a: {} } },
      { actions: { say: emit({ type: "x" }) } }, /initial state/],
    ["an end that is told within", { states: { a: { initial: "b", onDone: "c", states: { b: { type: "final" } } },
      c: {} } }, {}, /final within the chart/],
    ["a done event", { states: { a: { initial: "b", onDone: "c", states: { b: {} } }, c: {} } }, {},
      /listens to xstate.done/],
    ["a wildcard", { states: { a: { on: { "x.*": "b" } }, b: {} } }, {}, /name the events/],
    ["a forbidden event", on({}), {}, /does nothing/],
    ["an entry anew", on({ target: "a", reenter: true }), {}, /enters a state anew/],
    ["a way out of a region", regions({ on: { X: "#bad.d.f" } }), {}, /leaves a region/],
    ["a way into a region", regions({}, { on: { X: ".d" } }), {}, /leaves a region, or enters one/],
    ["a way back from the end", { on: { X: ".a" }, states: { a: {}, z: { type: "final" } } }, {}, /leave the final/],
    ["an inline guard", on({ target: "b", guard: () => true }), {}, /stands inline/],
    ["a guard with parameters", on({ target: "b", guard: { type: "g", params: {} } }), { guards: { g: () => true } },
      /has parameters/],
    ["a guard of guards", on({ target: "b", guard: "g" }), { guards: { f: () => true, g: not("f") } },
      /combines others/],
    ["a guard that nobody wrote", on({ target: "b", guard: "g" }), {}, /not implemented/],
    ["an inline action", on({ actions: assign({}) }), {}, /stands inline/],
    ["a raised event", on({ actions: "kick" }), { actions: { kick: raise({ type: "Y" }) } }, /a chart is pure/],
    ["actions that are chosen while they run", on({ actions: "fan" }), { actions: { fan: enqueueActions(() => {}) } },
      /a chart is pure/],
    ["a message to another actor", on({ actions: "tell" }), { actions: { tell: sendTo("other", { type: "x" }) } },
      /a chart is pure/],
    ["an action that nobody wrote", on({ actions: "tell" }), {}, /not implemented/]
  ] as const)("%s", (_name, config, implementations, message) => {
    expect(refused(config, implementations)).toThrow(message)
  })
})
