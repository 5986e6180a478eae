/**
 * The only tests of a mutation run (npm run mutate): a few runs of the whole cluster, properties and charts listening.
 * In `npm test` they are the regression test that these inputs hold.
 */
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { properties } from "#properties/all.ts"
import { drawRun } from "#properties/arbitraries.ts"
import { Conformance } from "#properties/conformance.ts"
import { run } from "#properties/harness.ts"

/** Few, short and rich: what each mutant costs is what the slowest survivor costs. */
const inputs = Array.from({ length: 10 }, (_, index) => drawRun(20, index, { operations: 25, faults: 10 }))
  .map((input) => ({ ...input, safety_ms: Math.min(input.safety_ms, 150_000), core_ms: 0, healed_ms: Math.min(input.healed_ms, 900_000) }))

describe("a run of the whole cluster", () => {
  it.each(inputs.map((input, index) => [index, input] as const))("%i holds", (_, input) => {
    const { verdict, broken } = run(input, { properties, judge: () => new Conformance({ charts }) })
    expect({ verdict, property: broken?.property, message: broken?.message.split("\n")[0] }).toEqual({ verdict: "held" })
  })
})
