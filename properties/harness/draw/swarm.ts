/**
 * Swarm options: each run has whole features, kinds of operations and kinds of faults on or off. A run with few kinds
 * goes deep where a run with all of them only scratches (Groce et al., "Swarm Testing", ISSTA 2012).
 */
import * as fc from "fast-check"
import { faultKinds } from "#properties/harness/draw/faults.ts"
import { programKinds } from "#properties/harness/draw/pod-spec.ts"
import { operationKinds } from "#properties/harness/users/table.ts"

export const hardshipKinds = [
  "flickers", "comesBackBadly", "impatience", "sickNode", "zoneFades", "lameStore", "unanswered", "upgrade", "blinks"
] as const
export type HardshipKind = typeof hardshipKinds[number]
export const scenarioKinds = [
  ...hardshipKinds,
  "fallsBehind", "longPause", "crashLoop", "zoneOutage", "lostNode", "isolatedMember", "rollingReboot", "weather",
  "splitAndRestart", "elections", "flapping"
] as const
export type ScenarioKind = typeof scenarioKinds[number]
const specFeatures = [
  "badImages", "nodeNames", "gates", "requests", "hugeRequests", "priorities", "tolerations", "selectors",
  "graces", "finalizers", "sidecars"
] as const

/** What most of the cluster's promises are about: stores that elect, nodes that are lost. */
export const likely: ReadonlyMap<string, number> = new Map([["elections", 0.6], ["lostNode", 0.7]])

/** Those whose transitions nothing else takes are a little likelier. */
const hardship: ReadonlyMap<string, number> = new Map<string, number>(
  [...hardshipKinds.map((kind) => [kind, 0.2] as const),
  ["lameStore", 0.35], ["unanswered", 0.35]])

/** Every feature and how likely it is to be on in a run before coverage says otherwise. */
export const features: ReadonlyMap<string, number> = new Map<string, number>([
  ...Object.entries(operationKinds).map(([kind, { likelihood = 0.6 }]) => [`operation:${kind}`, likelihood] as const),
  ...Object.keys(faultKinds).map((kind) => [`fault:${kind}`, 0.35] as const),
  ...programKinds.map((kind) => [`program:${kind}`, kind === "server" ? 0.9 : 0.35] as const),
  ...scenarioKinds.map((kind) => [`scenario:${kind}`, likely.get(kind) ?? hardship.get(kind) ?? 0.3] as const),
  ...specFeatures.map((feature) => [`spec:${feature}`,
    feature === "hugeRequests" ? 0.1 : feature === "tolerations" ? 0.6 : 0.35] as const),
  ["run:faults", 0.9], ["run:choices", 0.5], ["run:collisions", 0.5], ["run:longRun", 0.15], ["run:blackouts", 0.15],
    ["run:manyWorkers", 0.3], ["run:moments", 0.6], ["run:compactions", 0.3], ["run:focused", 0.5],
  ["run:calmStart", 0.6], ["run:persistentUsers", 0.5], ["run:halfDone", 0.6], ["run:cutOff", 0.6]
])

export type Swarm = ReadonlySet<string>
/** Probability of each feature; those absent keep the one of `features`. */
export type Weights = ReadonlyMap<string, number>

const grain = 10_000
/** Without a way to create pods nothing happens: one of the two is always on. */
const creates = ["operation:replicaSet.create", "operation:pod.create"] as const

/** Half of the runs have two scenarios at most, and no other faults: what the two do to each other is not drowned. */
const scenariosInFocus = 2
const focus = (on: Set<string>, order: ReadonlyArray<string>): void => {
  const kept = order.filter((scenario) => on.has(scenario)).slice(0, scenariosInFocus)
  if (kept.length === 0) return
  for (const feature of [...on]) {
    if (feature.startsWith("fault:") || (feature.startsWith("scenario:") && !kept.includes(feature))) on.delete(feature)
  }
}

export const swarm = (weights: Weights = new Map()): fc.Arbitrary<Swarm> =>
  fc.tuple(
    fc.tuple(...[...features.keys()].map(() => fc.nat(grain - 1))),
    fc.constantFrom(...creates),
    fc.shuffledSubarray(scenarioKinds.map((kind) => `scenario:${kind}`), { minLength: scenarioKinds.length })
  ).map(([draws, create, order]) => {
    const on = new Set<string>()
    let i = 0
    for (const [feature, base] of features) {
      if (draws[i++]! < grain * (weights.get(feature) ?? base)) on.add(feature)
    }
    if (on.has("run:focused")) focus(on, order)
    if (!creates.some((kind) => on.has(kind))) on.add(create)
    if (!programKinds.some((kind) => on.has(`program:${kind}`))) on.add("program:server")
    return on
  })

/** Runs that are remembered, about: each one weighs less by this factor after the next. */
const memory = 0.995 // ASSUMED: two hundred runs.
/** Runs that a feature must have before it moves far from its base. */
const doubt = 20 // ASSUMED
/** How far the odds of a feature may be moved, either way: coverage is not all that a bug needs. */
const mostPull = 3 // ASSUMED

interface Tally {
  runs: number
  sum: number
}
const meanOf = (tally: Tally, prior: number): number => (tally.sum + doubt * prior) / (tally.runs + doubt)

/**
 * Feedback by rarity: a run is worth the more, the fewer runs before it took the transitions that it took. A feature
 * becomes likelier when the runs that have it are worth more than those that lack it, and the other way round.
 * Depends on nothing but the runs before, so a campaign repeats from its seed.
 */
export class Feedback {
  readonly #weights = new Map(features)
  readonly #all: Tally = { runs: 0, sum: 0 }
  readonly #with = new Map<string, Tally>([...features.keys()].map((feature) => [feature, { runs: 0, sum: 0 }]))

  /** `rarity`: the sum, over the transitions that the run took, of 1 / the runs that have taken it. */
  learn(on: Iterable<string>, rarity: number): void {
    const worth = Math.log2(1 + rarity)
    const present = new Set(on)
    this.#add(this.#all, 1, worth)
    const mean = this.#all.sum / this.#all.runs
    for (const [feature, base] of features) {
      const mine = this.#with.get(feature)!
      this.#add(mine, present.has(feature) ? 1 : 0, worth)
      const others: Tally = { runs: this.#all.runs - mine.runs, sum: this.#all.sum - mine.sum }
      const pull = 2 ** (meanOf(mine, mean) - meanOf(others, mean))
      const odds = base / (1 - base) * Math.min(mostPull, Math.max(1 / mostPull, pull))
      this.#weights.set(feature, odds / (1 + odds))
    }
  }

  /** As they are now; to the grain of a draw, so that they can be written down. */
  frozen(): Weights {
    return new Map([...this.#weights].map(([feature, weight]) => [feature, Math.round(weight * grain) / grain]))
  }

  #add(tally: Tally, runs: number, worth: number): void {
    tally.runs = tally.runs * memory + runs
    tally.sum = tally.sum * memory + runs * worth
  }
}
