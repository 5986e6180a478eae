import { describe, expect, it } from "vitest"
import { Chance } from "#impl/sim/draws.ts"
import { charts } from "#model/cluster.ts"
import type { Line } from "#model/events.ts"
import { properties } from "#properties/all.ts"
import { drawRun } from "#properties/harness/draw.ts"
import { judging, record } from "#properties/harness/commands/judging.ts"
import { teeth, type Score } from "#properties/harness/strength/teeth.ts"
import { decodeTrace } from "#traces/format.ts"

/** The first small run of the seed that held. */
const honestTrace = (seed: number): ReadonlyArray<Line> => {
  for (let index = 0; index < 10; index++) {
    const input = drawRun(seed, index, { operations: 8, faults: 4 })
    const { result, text } = record(input, judging().options, { why: "teeth" })
    if (result.verdict === "held") return decodeTrace(text, `run ${index}`).lines
  }
  throw new Error(`no run of seed ${seed} held`)
}
const liesOf = ({ equivalent, mutants }: Score): number => mutants - equivalent

describe("charts and properties", () => {
  it("notice nine of ten lies about a run, and four of five of each kind", () => {
    const chance = new Chance(3)
    const { scores, survivors } = teeth([honestTrace(3), honestTrace(4)], { charts, properties, perKind: 30,
      pick: (n) => chance.stream("teeth", "mutant").below(n) })
    const all = Object.values(scores)
    const lies = all.reduce((sum, score) => sum + liesOf(score), 0)
    const caught = all.reduce((sum, score) => sum + score.caught, 0)
    expect(lies).toBeGreaterThan(300)
    expect(survivors).toHaveLength(lies - caught)
    expect(caught / lies).toBeGreaterThan(0.9)
    for (const [kind, score] of Object.entries(scores)) {
      expect(score.caught / liesOf(score), kind).toBeGreaterThan(0.8)
    }
  }, 60_000)
  it("refuse to measure on a trace that is a lie already", () => {
    const lines = honestTrace(3)
    const at = lines.findIndex(({ event }) => event.type === "entry.applied")
    const lie = lines.map((line, i) => i === at ? { ...line, state: "down" } : line)
    const bite = () => teeth([lie], { charts, properties, perKind: 1, pick: () => 0 })
    expect(bite).toThrow(/refused before it is mutated/)
  })
})
