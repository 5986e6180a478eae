import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { corpus, variation } from "#properties/harness/draw/variations.ts"
import { properties } from "#properties/all.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { Coverage } from "#properties/harness/judge/coverage.ts"
import { legal } from "#properties/harness/draw/lawful.ts"
import { run } from "#properties/harness/run.ts"
import { decodeRunInput } from "#properties/harness/draw/run-input.ts"

const named = readFileSync(new URL("corpus.ndjson", import.meta.url), "utf8").trim().split("\n")
  .map((line) => JSON.parse(line) as { readonly name: string; readonly input: unknown })

describe("the corpus", () => {
  it.each(named)("comes to $name, and holds", ({ name, input }) => {
    const coverage = new Coverage()
    const { broken } = run(decodeRunInput(input), { properties, judge: () => new Conformance({ charts, coverage }) })
    expect(broken?.message).toBeUndefined()
    expect(coverage.taken().find((one) => one.name === name)?.count).toBeGreaterThan(0)
  })
})

describe("a variation", () => {
  const other = { faults: () => fc.constant([]), choices: fc.constant([]) }
  const phases = { core_ms: 1, healed_ms: 2 }
  it("keeps most of a known run, in order of time, lawful, through all phases", () => {
    fc.assert(fc.property(variation(other, phases), ({ core_ms, healed_ms, faults, operations, safety_ms, topology }) => {
      const known = corpus.filter((one) => JSON.stringify(one.topology) === JSON.stringify(topology))
      expect(known.some((one) => one.operations.length >= operations.length && one.faults.length >= faults.length)).toBe(true)
      expect({ core_ms, healed_ms }).toEqual(phases)
      expect(legal(faults, topology)).toEqual(faults)
      for (const list of [faults, operations]) {
        expect(list.every(({ at_ms }, i) => at_ms <= safety_ms && (i === 0 || list[i - 1]!.at_ms <= at_ms))).toBe(true)
      }
    }), { numRuns: 200, seed: 1 })
  })
})
