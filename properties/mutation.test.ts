/**
 * The only tests of a mutation run (npm run mutate): a few runs of the whole cluster, properties and charts listening.
 * In `npm test` they are the regression test that these inputs hold.
 */
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { properties } from "#properties/all.ts"
import { drawRun } from "#properties/arbitraries.ts"
import { features, type Weights } from "#properties/arbitraries/swarm.ts"
import { Conformance } from "#properties/conformance.ts"
import { run } from "#properties/harness.ts"
import type { RunInput } from "#properties/run-input.ts"

interface Kind {
  readonly weights: Weights
  readonly operations: number
  readonly faults: number
}
const every = (prefix: string, probability: number): ReadonlyArray<readonly [string, number]> =>
  [...features.keys()].filter((feature) => feature.startsWith(prefix)).map((feature) => [feature, probability])

/** Users do much and nothing breaks: a healthy cluster has promises of its own. */
const users: Kind = { operations: 50, faults: 0, weights: new Map([...every("operation:", 0.95), ...every("spec:", 0.7),
  ["spec:hugeRequests", 0.3], ["spec:badImages", 0.1], ["run:faults", 0], ["run:manyWorkers", 0.1]]) }
/** Some of everything. */
const mixed: Kind = { operations: 30, faults: 12, weights: new Map([...every("operation:", 0.9), ...every("spec:", 0.5),
  ...every("fault:", 0.4), ["run:faults", 1], ["run:manyWorkers", 0]]) }
/** Members are cut off, killed and lose what they had not synced. */
const split: Kind = { operations: 10, faults: 20, weights: new Map([...every("operation:", 0.5), ...every("fault:", 0),
  ...every("fault:network", 0.8), ...every("fault:process", 0.7), ...every("fault:disk", 0.7),
  ...every("scenario:", 0.1), ["run:faults", 1], ["run:manyWorkers", 0]]) }

const longest = { safety_ms: 150_000, healed_ms: 900_000 }
const short = (kind: Kind, index: number): RunInput => {
  const input = drawRun(20, index, kind)
  return { ...input, safety_ms: Math.min(input.safety_ms, longest.safety_ms), core_ms: 0,
    healed_ms: Math.min(input.healed_ms, longest.healed_ms) }
}

/** Few, short and rich: of ninety drawn those that reach most of the code and the charts for their time. */
const inputs = [
  ...[16, 21, 22, 18].map((index) => short(users, index)),
  ...[21, 23, 8, 14].map((index) => short(mixed, index)),
  ...[13, 14].map((index) => short(split, index))
]

describe("a run of the whole cluster", () => {
  it.each(inputs.map((input, index) => [index, input] as const))("%i holds", (_, input) => {
    const { verdict, broken } = run(input, { properties, judge: () => new Conformance({ charts }) })
    expect({ verdict, property: broken?.property, message: broken?.message.split("\n")[0] })
      .toEqual({ verdict: "held" })
  })
})
