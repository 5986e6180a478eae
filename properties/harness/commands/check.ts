/** plimsoll check, the main job: random workloads and failures against the whole cluster, judged line by line. */
import { availableParallelism } from "node:os"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { BadInput, ExitWith, exitCodes, probeDirectory, readText, writeText } from "#properties/harness/commands/outcome.ts"
import { encodeShare, merged, shares, type Share } from "#properties/harness/commands/shares.ts"
import type { Failed, Summary } from "#properties/harness/run/campaign.ts"
import type { Judging } from "#properties/harness/commands/judging.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

const flags = {
  seed: Flag.Int("seed").pipe(Flag.withDescription("Seed of the campaign; each run derives from it"), Flag.optional),
  runs: Flag.Int("runs").pipe(Flag.withDescription("How many runs"), Flag.optional),
  minutes: Flag.Finite("minutes").pipe(Flag.withDescription("How long, in minutes of wall time"), Flag.optional),
  selfCheck: Flag.Boolean("self-check").pipe(Flag.withDescription("Run everything twice, once in another process, and compare byte for byte"), Flag.withDefault(false)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false)),
  verbose: Flag.Boolean("verbose").pipe(Flag.withDescription("List everything that was never reached"), Flag.withDefault(false)),
  out: Flag.String("out").pipe(Flag.withDescription("Directory for the traces of failures"), Flag.withDefault("plimsoll-out")),
  shrinkSeconds: Flag.Finite("shrink-seconds").pipe(Flag.withDescription("Budget for making a failure small"), Flag.withDefault(60)),
  nodes: Flag.String("nodes").pipe(Flag.withDescription("A recorded workload: nodes, CSV in openb's columns"), Flag.optional),
  pods: Flag.String("pods").pipe(Flag.withDescription("A recorded workload: pods, CSV in openb's columns"), Flag.optional),
  machines: Flag.Int("machines").pipe(Flag.withDescription("Only the first N nodes of --nodes"), Flag.optional),
  podsMax: Flag.Int("pods-max").pipe(Flag.withDescription("Only the first N pods of --pods"), Flag.optional),
  examples: Flag.Boolean("examples").pipe(Flag.withDescription("Also run the known inputs, and runs near them"), Flag.withDefault(true)),
  jobs: Flag.Int("jobs").pipe(Flag.withDescription("Processes that share the runs; default: one per core"), Flag.optional),
  worker: Flag.String("worker").pipe(Flag.withDescription("A share of a campaign: FIRST/EVERY"), Flag.withHidden, Flag.optional),
  speedup: Flag.Finite("speedup").pipe(Flag.withDescription("Divide the recorded times by X"), Flag.optional)
}
type Given = { readonly [K in keyof typeof flags]: (typeof flags)[K] extends Flag.Flag<infer A> ? A : never }

/** With neither --runs nor --minutes. */
const runsByDefault = 10

const atLeast = (name: string, value: Option.Option<number>, least: number): number | undefined => {
  if (Option.isSome(value) && !(value.value >= least)) throw new BadInput({ message: `--${name} ${value.value}: must be at least ${least}` })
  return Option.getOrUndefined(value)
}

/** The recorded workload as the only input, or none. */
const recordedInputs = async (given: Given, seed: number): Promise<{ inputs?: ReadonlyArray<RunInput>; note?: string }> => {
  const nodes = Option.getOrUndefined(given.nodes)
  const pods = Option.getOrUndefined(given.pods)
  if (nodes === undefined && pods === undefined) {
    const stray = (["machines", "podsMax", "speedup"] as const).find((name) => Option.isSome(given[name]))
    if (stray !== undefined) throw new BadInput({ message: `--${stray === "podsMax" ? "pods-max" : stray} needs --nodes FILE.csv and --pods FILE.csv` })
    return {}
  }
  if (nodes === undefined || pods === undefined) throw new BadInput({ message: "--nodes and --pods go together" })
  const { openb, BadRow } = await import("#properties/harness/draw/openb.ts")
  const limits = {
    ...(Option.isSome(given.machines) ? { machines: atLeast("machines", given.machines, 1)! } : {}),
    ...(Option.isSome(given.podsMax) ? { pods: atLeast("pods-max", given.podsMax, 1)! } : {}),
    ...(Option.isSome(given.speedup) ? { speedup: atLeast("speedup", given.speedup, 1e-6)! } : {})
  }
  try {
    const { input, neverFit } = openb({ file: nodes, text: readText(nodes) }, { file: pods, text: readText(pods) }, { seed, ...limits })
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
      process.stderr.write(`\r\u001b[Krun ${run + 1} · ${(virtual_ms / 60_000).toFixed(0)} simulated minutes in ${(wall_ms / 1000).toFixed(0)} s`)
    },
    clear: () => process.stderr.write("\r\u001b[K")
  }
}

interface Explained { readonly text: string; readonly file: string }

/** Shrinks, records, writes; returns the text to print. */
const explain = async (failed: Failed, summary: Summary, judged: Judging, given: Given): Promise<Explained> => {
  const [{ reduce }, { record, slug }, { foundText, sizeOf }, { decodeTrace }] = await Promise.all([
    import("#properties/harness/run/reduce.ts"), import("#properties/harness/commands/judging.ts"),
    import("#properties/harness/commands/report.ts"), import("#traces/format.ts")
  ])
  const before = sizeOf(failed.input)
  const small = failed.broken.kind === "crash" ? undefined
    : reduce(failed.input, failed.broken, judged.options, given.shrinkSeconds * 1000)
  const input = small?.input ?? failed.input
  const after = sizeOf(input)
  const recorded = record(input, judged.options, {
    why: `plimsoll check --seed ${summary.seed} found it in ${failed.example ?? `run ${failed.run + 1}`}`,
    shrunk: {
      operations: [before.operations, after.operations], faults: [before.faults, after.faults],
      choices: [before.choices, after.choices]
    }
  }, failed.broken)
  const broken = recorded.result.broken ?? failed.broken
  const file = `${given.out}/${slug(broken.property)}.ndjson`
  writeText(file, recorded.text)
  const { lines } = decodeTrace(recorded.text, file)
  return {
    file,
    text: foundText({
      broken, seed: summary.seed, run: failed.run, runs: summary.runs,
      ...(failed.example === undefined ? {} : { example: failed.example }), before, after,
      isMinimal: small?.isMinimal ?? true, file, lines
    })
  }
}

/** A share of the campaign, in this process. */
const share = async (
  given: Given, seed: number, inputs: ReadonlyArray<RunInput> | undefined, worker: { first: number; every: number }
): Promise<Share> => {
  const [{ campaign }, { judging }, { examples }] = await Promise.all([
    import("#properties/harness/run/campaign.ts"), import("#properties/harness/commands/judging.ts"),
    import("#properties/harness/draw/examples.ts")
  ])
  const runs = atLeast("runs", given.runs, 1)
  const minutes = atLeast("minutes", given.minutes, 0.001)
  const judged = judging()
  const known = judging()
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
  const line = progressLine()
  const most = runs ?? inputs?.length ?? (minutes === undefined ? runsByDefault : undefined)
  const summary = await campaign({
    ...judged.options, seed, coverage: judged.coverage, signal: stop.signal, selfCheck: given.selfCheck, ...worker,
    ...(minutes === undefined ? {} : { wall_ms: minutes * 60_000 }),
    ...(most === undefined ? {} : { runs: Math.ceil((most - worker.first) / worker.every) }),
    ...(inputs !== undefined ? { inputs } : !given.examples ? {}
      : { examples: { all: examples(), options: known.options } }),
    ...(line.progress === undefined ? {} : { progress: line.progress })
  })
  line.clear()
  judged.coverage.add(known.coverage.counts())
  const found = summary.failed === undefined ? undefined : await explain(summary.failed, summary, judged, given)
  process.off("SIGINT", onSignal)
  process.off("SIGTERM", onSignal)
  return { summary, coverage: judged.coverage.counts(), found }
}

const run = async (given: Given): Promise<number> => {
  const seed = Option.getOrElse(given.seed, () => Math.floor(Math.random() * 0x7fff_ffff))
  atLeast("runs", given.runs, 1)
  atLeast("minutes", given.minutes, 0.001)
  const jobs = atLeast("jobs", given.jobs, 1) ?? availableParallelism()
  probeDirectory(given.out)
  const { inputs, note } = await recordedInputs(given, seed)
  const worker = Option.getOrUndefined(given.worker)
  if (worker !== undefined) {
    const [first, every] = worker.split("/").map(Number) as [number, number]
    console.log(encodeShare(await share(given, seed, inputs, { first, every })))
    return 0
  }
  const alone = jobs === 1 || inputs !== undefined || given.selfCheck || Option.getOrElse(given.runs, () => jobs) < jobs
  const whole = alone ? await share(given, seed, inputs, { first: 0, every: 1 })
    : merged(await shares(jobs, seed, [...(given.examples ? [] : ["--no-examples"]), "--out", given.out, "--shrink-seconds", String(given.shrinkSeconds),
      ...Option.match(given.runs, { onNone: () => [], onSome: (n) => ["--runs", String(n)] }),
      ...Option.match(given.minutes, { onNone: () => [], onSome: (n) => ["--minutes", String(n)] })]))
  await print(whole, given, note)
  return exitCodes[whole.summary.verdict]
}

const print = async ({ summary, coverage: counts, found }: Share, given: Given, note: string | undefined): Promise<void> => {
  const [{ judging }, { speed, summaryText }] = await Promise.all([
    import("#properties/harness/commands/judging.ts"), import("#properties/harness/commands/report.ts")
  ])
  const { coverage, options } = judging()
  coverage.add(counts)
  if (given.json) {
    const { failed, sometimes, ...rest } = summary
    console.log(JSON.stringify({
      ...rest, times: speed(summary), sometimes: Object.fromEntries(sometimes),
      coverage: { reached: coverage.reached, reachable: coverage.reachable, transitions: coverage.transitions,
        unreached: coverage.unreached(), untaken: coverage.untaken() },
      ...(failed === undefined ? {} : { broken: { ...failed.broken, line: failed.broken.line?.seq }, run: failed.run, example: failed.example, trace: found?.file })
    }))
    return
  }
  if (note !== undefined) console.log(note)
  console.log(summaryText(summary, coverage, options.properties.length, given.verbose))
  if (found !== undefined) console.log(found.text)
  console.log(`\n${verdictText(summary)}`)
}

const verdictText = (summary: Summary): string => {
  const stopped = summary.isAborted ? " (stopped)" : ""
  switch (summary.verdict) {
    case "held":
      return `held${stopped}`
    case "unknown":
      return summary.runs === 0 ? `unknown: nothing was decided${stopped}`
        : `unknown: ${summary.never.length} situations that must sometimes occur never did${stopped}`
    default:
      return `broke: ${summary.verdict}${stopped}`
  }
}

export const check = Command.make("check", flags, (given) => Effect.gen(function*() {
  const code = yield* Effect.tryPromise({ try: () => run(given), catch: (error) => error })
  if (code !== 0) return yield* new ExitWith({ code })
})).pipe(Command.withDescription("Random workloads and failures against the whole cluster, judged line by line"))
