import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { corpus, examples } from "#properties/harness/draw/examples.ts"
import { variation } from "#properties/harness/draw/variations.ts"
import { properties } from "#properties/all.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { Coverage } from "#properties/harness/judge/coverage.ts"
import { drawVariation } from "#properties/harness/draw.ts"
import { legal } from "#properties/harness/draw/lawful.ts"
import { run } from "#properties/harness/run.ts"

describe("the corpus", () => {
  it.each(corpus().filter(({ isHint }) => !isHint))("comes to $name, and holds", ({ name, input }) => {
    const coverage = new Coverage()
    const { broken } = run(input, { properties, judge: () => new Conformance({ charts, coverage }) })
    expect(broken?.message).toBeUndefined()
    expect(coverage.taken().find((one) => one.name === name)?.count).toBeGreaterThan(0)
  })
  it("names each example once", () => {
    const names = examples().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe("a variation", () => {
  const other = { faults: () => fc.constant([]), choices: fc.constant([]) }
  const phases = { core_ms: 1, healed_ms: 2 }
  it("keeps most of a known run, in order of time, lawful, through all phases", () => {
    const any = fc.constantFrom(...examples()).chain(({ input }) =>
      fc.tuple(fc.constant(input), variation(input, other, phases)))
    fc.assert(fc.property(any, ([known, { core_ms, healed_ms, faults, operations, safety_ms, topology }]) => {
      expect(known.operations.length).toBeGreaterThanOrEqual(operations.length)
      expect(known.faults.length).toBeGreaterThanOrEqual(faults.length)
      expect({ core_ms, healed_ms }).toEqual(phases)
      expect(legal(faults, topology)).toEqual(faults)
      for (const list of [faults, operations]) {
        expect(list.every(({ at_ms }, i) => at_ms <= safety_ms && (i === 0 || list[i - 1]!.at_ms <= at_ms))).toBe(true)
        expect(list.every(({ upon }) => upon === undefined || upon.delay_ms >= 0)).toBe(true)
      }
    }), { numRuns: 200, seed: 1 })
  })
  it("is drawn from the campaign's seed, the example's name and its number, and from nothing else", () => {
    const [first, second] = examples()
    expect(drawVariation(1, first!, 0)).toEqual(drawVariation(1, { ...first! }, 0))
    const drawn = [drawVariation(1, first!, 0), drawVariation(1, first!, 1), drawVariation(2, first!, 0),
      drawVariation(1, { ...second!, input: first!.input }, 0)]
    expect(new Set(drawn.map((one) => JSON.stringify(one))).size).toBe(drawn.length)
  })
})
