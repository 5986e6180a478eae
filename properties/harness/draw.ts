/**
 * Draws whole runs: topology, swarm options, operations, faults, choices and times.
 *
 * Arrays have variable length and `size: "max"`: fast-check's default makes five operations on average. Drawn without
 * its bias, which makes every second length, time and place the least or the greatest. Shrinking is not that of the
 * parts: a run is shrunk jointly, on the expanded input (run/arbitrary.ts).
 */
import * as fc from "fast-check"
import type { Fault } from "#model/events/faults.ts"
import type { Operation } from "#model/events/operations.ts"
import { Chance } from "#impl/sim/draws.ts"
import { single } from "#properties/harness/draw/faults.ts"
import { targetsOf } from "#properties/harness/draw/faults/kind.ts"
import { defined, logUniform } from "#properties/harness/draw/numbers.ts"
import { operations } from "#properties/harness/draw/operations.ts"
import { moment, placed } from "#properties/harness/draw/placing.ts"
import { cutOffAtSeldom, halfDone, scenario } from "#properties/harness/draw/scenarios.ts"
import { features, swarm, type Swarm, type Weights } from "#properties/harness/draw/swarm.ts"
import { variation } from "#properties/harness/draw/variations.ts"
import { legal, survivable } from "#properties/harness/draw/lawful.ts"
import type { Example } from "#properties/harness/draw/examples.ts"
import type { RunInput, Topology, Worker } from "#properties/harness/draw/run-input.ts"

const zones = ["zone-a", "zone-b", "zone-c"] as const
const worker = (i: number, areas: number): fc.Arbitrary<Worker> =>
  fc.record({
    zone: fc.constantFrom(...zones.slice(0, areas)),
    cpu: fc.constantFrom("2", "4", "8"), memory: fc.constantFrom("4Gi", "8Gi", "16Gi"),
      pods: fc.constantFrom("10", "20", "110")
  }).map(({ zone, ...capacity }) => ({ name: `worker-${i + 1}`, zone, capacity }))

const fewWorkers = 4
const absent = fc.constant(undefined)
const manyWorkers = 10

export const topology = (on: Swarm): fc.Arbitrary<Topology> =>
  fc.record({
    etcds: fc.constantFrom(3, 3, 3, 3, 1, 5),
    apiServers: fc.constantFrom(2, 2, 2, 1, 3),
    schedulers: fc.constantFrom(2, 2, 1),
    controllerManagers: fc.constantFrom(2, 2, 1),
    etcdCompaction_ms: on.has("run:compactions") ? fc.constantFrom(10_000, 30_000, 60_000) : absent,
    workers: fc.oneof({ weight: 1, arbitrary: fc.constant(1) },
      { weight: 5, arbitrary: fc.integer({ min: 2, max: on.has("run:manyWorkers") ? manyWorkers : fewWorkers }) })
      .chain((n) => fc.integer({ min: 1, max: zones.length }).chain((areas) =>
        fc.tuple(...Array.from({ length: n }, (_, i) => worker(i, areas)))))
  }).map(defined)

/**
 * Short runs find more in the same time; those with lost nodes last until others act on it, some even to default
 * evictions and the longest back-offs.
 */
const safety = (on: Swarm): fc.Arbitrary<number> => on.has("run:longRun") ? logUniform(300_000, 1_000_000)
  : on.has("scenario:lostNode") || on.has("scenario:zoneOutage") ? logUniform(100_000, 360_000)
  : logUniform(30_000, 300_000)

/** The slowest boot (a reboot with stop time-out: 180 s), then what run.ts allows. */
export const core_ms = 320_000 // ASSUMED
/** Default eviction (50 + 300 s), back-offs (5 min) and rate limits end within it. */
export const healed_ms = 1_500_000 // ASSUMED

export interface Options {
  readonly weights?: Weights
  /** Upper bounds of the arrays; smaller ones make quicker, shallower runs. */
  readonly operations?: number
  readonly faults?: number
}

const halfDone_max = 3
const calmStart_ms = 20_000 // ASSUMED: leaders are elected and the first pods run.
const faultsOf = (on: Swarm, drawn: Topology, times: ReadonlyArray<number>, safety_ms: number, most: number) => {
  const none: fc.Arbitrary<ReadonlyArray<Fault>> = fc.constant([])
  if (!on.has("run:faults")) return none
  const targets = targetsOf(drawn)
  const alone = single(targets, on)
  const together = scenario(targets, on)
  const placing = { operationTimes: times, calm_ms: on.has("run:calmStart") ? calmStart_ms : 0, safety_ms,
    moments: on.has("run:moments") ? moment(targets) : fc.constant(undefined) }
  return fc.tuple(
    alone === undefined ? none : placed({ ...placing, group: alone, maxLength: most }),
    together === undefined ? none : placed({ ...placing, group: together, maxLength: Math.ceil(most / 3) }),
    on.has("run:halfDone")
      ? placed({ ...placing, group: halfDone(targets), maxLength: Math.min(most, halfDone_max) }) : none,
    on.has("run:cutOff")
      ? placed({ ...placing, group: cutOffAtSeldom(), minLength: 1, maxLength: 1, waits: true }) : none
  ).map((all) => {
    const lawful = legal(all.flat().sort((a, b) => a.at_ms - b.at_ms), drawn)
    return on.has("run:blackouts") ? lawful : survivable(lawful, drawn)
  })
}

const contested_max = 100_000 // ASSUMED: a run of ten minutes has a few hundred thousand contested steps.
/** Other orders strewn over the whole run, or over its first part. */
const choices = (on: Swarm): fc.Arbitrary<ReadonlyArray<number>> =>
  on.has("run:choices")
    ? logUniform(1_000, contested_max).chain((within) =>
      fc.array(fc.tuple(fc.nat(within), fc.integer({ min: 1, max: 15 })), { maxLength: 400, size: "max" }))
      .map((drawn) => [...new Map(drawn).entries()].sort(([a], [b]) => a - b).map(([step, which]) => step * 16 + which))
    : fc.constant([])

const fresh = (on: Swarm, options: Options): fc.Arbitrary<RunInput> =>
  fc.tuple(fc.nat(0x7fff_ffff), topology(on), safety(on)).chain(([seed, drawn, safety_ms]) =>
    operations(on, drawn, safety_ms, options.operations ?? 60).chain((ops) =>
      fc.tuple(faultsOf(on, drawn, timesOf(ops), safety_ms, options.faults ?? 25), choices(on))
        .map(([faults, order]) => ({
          seed, topology: drawn, swarm: [...on], operations: ops, persistentUsers: on.has("run:persistentUsers"),
          faults, choices: order, safety_ms, core_ms, healed_ms
        }))))

const more_max = 5 // ASSUMED: more would drown what the known run is about.
const varied = (on: Swarm, known: RunInput): fc.Arbitrary<RunInput> => variation(known, {
  choices: choices(on), faults: () => faultsOf(on, known.topology, timesOf(known.operations), known.safety_ms, more_max)
}, { core_ms, healed_ms }).map((input) => ({ ...input, swarm: [...on] }))

const timesOf = (ops: ReadonlyArray<Operation>): ReadonlyArray<number> => ops.map(({ at_ms }) => at_ms)

/** Draws only: run/arbitrary.ts adds how it is shrunk. */
export const drawnInput = (options: Options = {}): fc.Arbitrary<RunInput> =>
  swarm(options.weights).chain((on) => fresh(on, options))

/** Faults of every kind, for a run whose operations are given: a recorded workload. */
export const drawFaults = (
  seed: number, topology: Topology, operationTimes: ReadonlyArray<number>, safety_ms: number, most: number
): ReadonlyArray<Fault> =>
  fc.sample(fc.noBias(faultsOf(new Set(features.keys()), topology, operationTimes, safety_ms, most)),
    { seed, numRuns: 1 })[0]!

/** What a campaign of the seed draws for its run number `index`. */
export const nth = <T>(arbitrary: fc.Arbitrary<T>, seed: number, index: number): T =>
  fc.sample(fc.noBias(arbitrary), { seed: (seed ^ Math.imul(index + 1, 0x9e37_79b1)) | 0, numRuns: 1 })[0]!

/** The run number `index` of a campaign: a function of the seed, the index and what was learnt before. */
export const drawRun = (seed: number, index: number, options: Options = {}): RunInput =>
  nth(drawnInput(options), seed, index)

/** The nth run near an example: whatever else is known or was learnt, it is the same. */
export const drawVariation = (seed: number, { input, name }: Example, nth: number): RunInput =>
  fc.sample(fc.noBias(swarm().chain((on) => varied(on, input))), {
    seed: new Chance(seed).stream("campaign/variation", `${name} ${nth}`).next() | 0, numRuns: 1
  })[0]!
