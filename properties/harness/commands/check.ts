/** plimsoll check, the main job: random workloads and failures against the whole cluster, judged line by line. */
import { availableParallelism } from "node:os"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { BadInput, ExitWith, exitCodes, probeDirectory, readText } from "#properties/harness/commands/outcome.ts"
import { shares, whileParentLives, type Shared, type Worker } from "#properties/harness/commands/shares.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

const flags = {
  seed: Flag.Int("seed").pipe(Flag.withDescription("Seed of the campaign; each run derives from it"), Flag.optional),
  runs: Flag.Int("runs").pipe(Flag.withDescription("How many runs"), Flag.optional),
  minutes: Flag.Finite("minutes").pipe(Flag.withDescription("How long, in minutes of wall time"), Flag.optional),
  selfCheck: Flag.Boolean("self-check").pipe(
    Flag.withDescription("Run everything twice, once in another process, and compare byte for byte"),
    Flag.withDefault(false)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false)),
  verbose: Flag.Boolean("verbose").pipe(
    Flag.withDescription("List everything that was never reached"), Flag.withDefault(false)),
  out: Flag.String("out").pipe(
    Flag.withDescription("Directory for results and the traces of failures"), Flag.withDefault("plimsoll-out")),
  shrinkSeconds: Flag.Finite("shrink-seconds").pipe(
    Flag.withDescription("Budget for making the failures small"), Flag.withDefault(60)),
  nodes: Flag.String("nodes").pipe(
    Flag.withDescription("A recorded workload: nodes, CSV in openb's columns"), Flag.optional),
  pods: Flag.String("pods").pipe(
    Flag.withDescription("A recorded workload: pods, CSV in openb's columns"), Flag.optional),
  machines: Flag.Int("machines").pipe(Flag.withDescription("Only the first N nodes of --nodes"), Flag.optional),
  podsMax: Flag.Int("pods-max").pipe(Flag.withDescription("Only the first N pods of --pods"), Flag.optional),
  examples: Flag.Boolean("examples").pipe(
    Flag.withDescription("Also run the known inputs, and runs near them"), Flag.withDefault(true)),
  jobs: Flag.Int("jobs").pipe(
    Flag.withDescription("Processes that share the runs; default: one per core"), Flag.optional),
  shard: Flag.String("shard").pipe(
    Flag.withDescription("This machine's share of a campaign, I/N; plimsoll merge puts them together"), Flag.optional),
  junit: Flag.String("junit").pipe(Flag.withDescription("Also write the results as JUnit XML"), Flag.optional),
  worker: Flag.String("worker").pipe(
    Flag.withDescription("A share of a campaign: FIRST/EVERY"), Flag.withHidden, Flag.optional),
  speedup: Flag.Finite("speedup").pipe(Flag.withDescription("Divide the recorded times by X"), Flag.optional)
}
type Given = { readonly [K in keyof typeof flags]: (typeof flags)[K] extends Flag.Flag<infer A> ? A : never }

/** With neither --runs nor --minutes. */
const runsByDefault = 10

const atLeast = (name: string, value: Option.Option<number>, least: number): number | undefined => {
  if (Option.isSome(value) && !(value.value >= least)) {
    throw new BadInput({ message: `--${name} ${value.value}: must be at least ${least}` })
  }
  return Option.getOrUndefined(value)
}

interface Text { readonly file: string; readonly text: string }

/** The recorded workload as the only input, or none. */
const recordedInputs = async (
  given: Given, seed: number
): Promise<{ inputs?: ReadonlyArray<RunInput>; note?: string }> => {
  const nodes = Option.getOrUndefined(given.nodes)
  const pods = Option.getOrUndefined(given.pods)
  if (nodes === undefined && pods === undefined) {
    const stray = (["machines", "podsMax", "speedup"] as const).find((name) => Option.isSome(given[name]))
    if (stray === undefined) return {}
    const flag = stray === "podsMax" ? "pods-max" : stray
    throw new BadInput({ message: `--${flag} needs --nodes FILE.csv and --pods FILE.csv` })
  }
  if (nodes === undefined || pods === undefined) throw new BadInput({ message: "--nodes and --pods go together" })
  const { openb, BadRow } = await import("#properties/harness/draw/openb.ts")
  const limits = {
    ...(Option.isSome(given.machines) ? { machines: atLeast("machines", given.machines, 1)! } : {}),
    ...(Option.isSome(given.podsMax) ? { pods: atLeast("pods-max", given.podsMax, 1)! } : {}),
    ...(Option.isSome(given.speedup) ? { speedup: atLeast("speedup", given.speedup, 1e-6)! } : {})
  }
  try {
    const [ofNodes, ofPods] = [nodes, pods].map((file) => ({ file, text: readText(file) })) as [Text, Text]
    const { input, neverFit } = openb(ofNodes, ofPods, { seed, ...limits })
    return {
      inputs: [input],
      note: `workload    ${input.operations.length} pods on ${input.topology.workers.length} nodes` +
        (neverFit.length === 0 ? "" : `; ${neverFit.length} ask for more than any node has and must stay pending`)
    }
  } catch (error) {
    if (error instanceof BadRow) throw new BadInput({ message: error.message })
    throw error
  }
}

const progressLine = () => {
  if (process.stderr.isTTY !== true) return { progress: undefined, clear: () => {} }
  return {
    progress: ({ run, virtual_ms, wall_ms }: { run: number; virtual_ms: number; wall_ms: number }) => {
      const simulated = `${(virtual_ms / 60_000).toFixed(0)} simulated minutes in ${(wall_ms / 1000).toFixed(0)} s`
      process.stderr.write(`\r\u001b[Krun ${run + 1} · ${simulated}`)
    },
    clear: () => process.stderr.write("\r\u001b[K")
  }
}

interface Plan {
  readonly seed: number
  readonly inputs: ReadonlyArray<RunInput> | undefined
}

/** A worker's part of the campaign, in this process; what it finds goes to its file. */
const work = async (given: Given, { inputs, seed }: Plan, worker: Worker): Promise<Shared> => {
  const [{ campaign }, { judging }, { examples }, { Writer }, { features }] = await Promise.all([
    import("#properties/harness/run/campaign.ts"), import("#properties/harness/commands/judging.ts"),
    import("#properties/harness/draw/examples.ts"), import("#properties/harness/commands/results.ts"),
    import("#properties/harness/draw/swarm.ts")
  ])
  const runs = atLeast("runs", given.runs, 1)
  const minutes = atLeast("minutes", given.minutes, 0.001)
  const judged = judging()
  const known = judging()
  const both = () => {
    const { coverage } = judging()
    for (const one of [judged, known]) coverage.add(one.coverage.counts())
    return coverage.counts()
  }
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
  const release = whileParentLives(onSignal)
  const line = progressLine()
  const most = runs ?? inputs?.length ?? (minutes === undefined ? runsByDefault : undefined)
  const sometimes = judged.options.properties.filter(({ kind }) => kind === "sometimes").map(({ name }) => name)
  const header = { seed, ...worker, isGiven: inputs !== undefined, sometimes, features: [...features.keys()] }
  const writer = new Writer(given.out, header, both)
  const summary = await campaign({
    ...judged.options, seed, coverage: judged.coverage, signal: stop.signal, selfCheck: given.selfCheck, ...worker,
    epoch: (run, weights) => writer.epoch(run, weights), each: (ran) => writer.add(ran),
    ...(minutes === undefined ? {} : { wall_ms: minutes * 60_000 }),
    ...(most === undefined ? {} : { runs: Math.ceil((most - worker.first) / worker.every) }),
    ...(inputs !== undefined ? { inputs } : !given.examples ? {}
      : { examples: { all: examples(), options: known.options } }),
    ...(line.progress === undefined ? {} : { progress: line.progress })
  })
  writer.end(summary)
  line.clear()
  release()
  process.off("SIGINT", onSignal)
  process.off("SIGTERM", onSignal)
  return { failed: [], isStopped: summary.isAborted }
}

/** "3/8": the third of eight machines. */
const shardOf = (given: Given): { readonly index: number; readonly count: number } => {
  const text = Option.getOrElse(given.shard, () => "1/1")
  const [index, count] = /^(\d+)\/(\d+)$/.exec(text)?.slice(1).map(Number) ?? []
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new BadInput({ message: `--shard ${text}: expected I/N, from 1/N to N/N` })
  }
  return { index, count }
}

const workersOf = (given: Given, isAlone: boolean): ReadonlyArray<Worker> => {
  const { count, index } = shardOf(given)
  const jobs = atLeast("jobs", given.jobs, 1) ?? availableParallelism()
  const runs = Option.getOrElse(given.runs, () => Infinity)
  const all = isAlone || runs < jobs * count ? 1 : jobs
  return Array.from({ length: all }, (_, i) => ({ first: index - 1 + count * i, every: count * all, shards: count }))
}

const argumentsOf = (given: Given, seed: number): ReadonlyArray<string> => [
  "--seed", String(seed), "--out", given.out,
  ...Option.match(given.shard, { onNone: () => [], onSome: (shard) => ["--shard", shard] }),
  ...(given.examples ? [] : ["--no-examples"]),
  ...Option.match(given.runs, { onNone: () => [], onSome: (n) => ["--runs", String(n)] }),
  ...Option.match(given.minutes, { onNone: () => [], onSome: (n) => ["--minutes", String(n)] })
]

const run = async (given: Given): Promise<number> => {
  if (Option.isSome(given.shard) && Option.isNone(given.seed)) {
    throw new BadInput({ message: "--shard needs --seed N: all shares of a campaign have one" })
  }
  const seed = Option.getOrElse(given.seed, () => Math.floor(Math.random() * 0x7fff_ffff))
  atLeast("runs", given.runs, 1)
  atLeast("minutes", given.minutes, 0.001)
  const worker = Option.getOrUndefined(given.worker)
  if (worker !== undefined) {
    const [first, every] = worker.split("/").map(Number) as [number, number]
    await work(given, { seed, inputs: undefined }, { first, every, shards: shardOf(given).count })
    return 0
  }
  probeDirectory(given.out)
  const { inputs, note } = await recordedInputs(given, seed)
  const workers = workersOf(given, inputs !== undefined || given.selfCheck)
  const { clear, readShares } = await import("#properties/harness/commands/results.ts")
  clear(given.out, workers)
  const { failed, isStopped } = workers.length > 1 ? await shares(workers, argumentsOf(given, seed))
    : await work(given, { seed, inputs }, workers[0]!)
  const { conclude } = await import("#properties/harness/commands/conclude.ts")
  const campaign = readShares(given.out, workers, isStopped)
  conclude(campaign, { ...given, junit: Option.getOrUndefined(given.junit), note })
  return failed.length === 0 ? exitCodes[campaign.summary.verdict] : exitCodes.crash
}

export const check = Command.make("check", flags, (given) => Effect.gen(function*() {
  const code = yield* Effect.tryPromise({ try: () => run(given), catch: (error) => error })
  if (code !== 0) return yield* new ExitWith({ code })
})).pipe(Command.withDescription("Random workloads and failures against the whole cluster, judged line by line"))
