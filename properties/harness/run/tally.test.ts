import { describe, expect, it } from "vitest"
import { properties } from "#properties/all.ts"
import { Memory } from "#properties/harness/run/memory.ts"
import { demandedAfter, runsWithoutRate } from "#properties/harness/run/rates.ts"
import { Tally, type Ran } from "#properties/harness/run/tally.ts"
import { drawRun } from "#properties/harness/draw.ts"

const ran = (run: number, more: Partial<Ran> = {}): Ran => ({
  kind: "numbered", run, rested: true, lines: 10, virtual_ms: 1, wall_ms: 1, faults: {}, operations: {}, reached: [],
  undecided: [], ...more
})
const broken = (property: string) => ({ kind: "safety", property, invariants: [], message: "no", at_ms: 1 }) as const
const input = drawRun(1, 1)

describe("a tally", () => {
  it("tells failures apart by what broke, and has the first run of each", () => {
    const tally = new Tally({ seed: 1, sometimes: [] })
    for (const [run, property] of [[5, "b"], [3, "a"], [2, "b"], [9, "b"]] as const) {
      tally.add(ran(run, { broken: broken(property), input }))
    }
    expect(tally.summary()).toMatchObject({ verdict: "safety",
      failures: [{ run: 2, count: 3, broken: { property: "b" } }, { run: 3, count: 1, broken: { property: "a" } }] })
  })

  it.each([
    ["a run was not finished", (tally: Tally) => tally.unfinished("run 2")],
    ["a monitor gave up", (tally: Tally) => tally.add(ran(1, { undecided: ["x"] }))],
    ["nothing was seen", undefined]
  ])("knows nothing when %s", (_, spoil) => {
    const tally = new Tally({ seed: 1, sometimes: [] })
    if (spoil !== undefined) {
      tally.add(ran(0))
      expect(tally.summary().verdict).toBe("held")
      spoil(tally)
    }
    expect(tally.summary().verdict).toBe("unknown")
  })

  it("misses a situation only after as many runs as it needs", () => {
    const tally = new Tally({ seed: 1, sometimes: ["never heard of"] })
    for (let run = 0; run < runsWithoutRate - 1; run++) tally.add(ran(run))
    expect(tally.summary()).toMatchObject({ verdict: "held", never: ["never heard of"], missed: [] })
    tally.add(ran(runsWithoutRate))
    expect(tally.summary()).toMatchObject({ verdict: "unknown", missed: ["never heard of"] })
  })
})

describe("rates", () => {
  const rates = { seed: 1, runs: 200, reached: { often: 150, seldom: 10, hardly: 1 } }
  it("demand the frequent soon and the rare late, so that chance misses fewer than one in a thousand", () => {
    const often = demandedAfter("often", rates)
    const seldom = demandedAfter("seldom", rates)
    expect(0.25 ** often).toBeLessThan(1e-3)
    expect(0.95 ** seldom).toBeLessThan(1e-3)
    expect(often).toBeLessThan(12)
    expect(seldom).toBeLessThan(400)
    expect(demandedAfter("hardly", rates)).toBeGreaterThan(5_000)
    expect(demandedAfter("new", rates)).toBe(runsWithoutRate)
  })
  it("were measured for most situations (npm run rates)", () => {
    const sometimes = properties.filter(({ kind }) => kind === "sometimes")
    const known = sometimes.filter(({ name }) => demandedAfter(name) !== runsWithoutRate)
    expect(known.length).toBeGreaterThan(0.8 * sometimes.length)
  })
})

describe("memory", () => {
  it("is full when collecting garbage does not help, and asks for that seldom", () => {
    const heap = { used: 10, limit: 100 }
    let collected = 0
    let live = 60
    const memory = new Memory(() => heap, () => {
      collected++
      heap.used = live
    })
    expect([memory.isFull(), collected]).toEqual([false, 0])
    heap.used = 90
    expect([memory.isFull(), collected, heap.used]).toEqual([false, 1, 60])
    heap.used = 79
    expect([memory.isFull(), collected]).toEqual([false, 1])
    heap.used = 95
    live = 90
    expect([memory.isFull(), collected]).toEqual([true, 2])
  })
  it("of this process is not full", () => {
    expect(new Memory().isFull()).toBe(false)
  })
})
