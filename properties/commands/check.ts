/** plimsoll check, the main job: random workloads and failures against the whole cluster, judged line by line. */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { BadInput, ExitWith, exitCodes, probeDirectory, readText, writeText } from "#properties/commands/outcome.ts"
import type { Failed, Summary } from "#properties/campaign.ts"
import type { Judging } from "#properties/commands/judging.ts"
import type { RunInput } from "#properties/run-input.ts"

const flags = {
  seed: Flag.Int("seed").pipe(Flag.withDescription("Seed of the campaign; each run derives from it"), Flag.optional),
  runs: Flag.Int("runs").pipe(Flag.withDescription("How many runs"), Flag.optional),
  minutes: Flag.Finite("minutes").pipe(Flag.withDescription("How long, in minutes of wall time"), Flag.optional),
  selfCheck: Flag.Boolean("self-check").pipe(Flag.withDescription("Run everything twice, once in another process, and compare byte for byte"), Flag.withDefault(false)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false)),
  verbose: Flag.Boolean("verbose").pipe(Flag.withDescription("List everything that was never reached"), Flag.withDefault(false)),
  out: Flag.String("out").pipe(Flag.withDescription("Directory for the traces of failures"), Flag.withDefault("traces/recorded")),
  shrinkSeconds: Flag.Finite("shrink-seconds").pipe(Flag.withDescription("Budget for making a failure small"), Flag.withDefault(60)),
  nodes: Flag.String("nodes").pipe(Flag.withDescription("A recorded workload: nodes, CSV in openb's columns"), Flag.optional),
  pods: Flag.String("pods").pipe(Flag.withDescription("A recorded workload: pods, CSV in openb's columns"), Flag.optional),
  machines: Flag.Int("machines").pipe(Flag.withDescription("Only the first N nodes of --nodes"), Flag.optional),
  podsMax: Flag.Int("pods-max").pipe(Flag.withDescription("Only the first N pods of --pods"), Flag.optional),
  speedup: Flag.Finite("speedup").pipe(Flag.withDescription("Divide the recorded times by X"), Flag.optional)
}
type Given = { readonly [K in keyof typeof flags]: (typeof flags)[K] extends Flag.Flag<infer A> ? A : never }

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
  const { openb, BadRow } = await import("#properties/openb.ts")
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

/** Shrinks, records, writes; returns the text to print. */
const explain = async (failed: Failed, summary: Summary, judged: Judging, given: Given): Promise<{ text: string; file: string }> => {
  const [{ shrink }, { failureOf, record, runOnce, slug }, { foundText, sizeOf }, { decodeTrace }] = await Promise.all([
    import("#properties/shrink.ts"), import("#properties/commands/judging.ts"), import("#properties/commands/report.ts"), import("#traces/format.ts")
  ])
  const before = sizeOf(failed.input)
  const small = failed.broken.kind === "crash" && failed.broken.property.startsWith("one seed") ? undefined : shrink(
    failed.input, (input) => failureOf(runOnce(input, judged.options)),
    { budget_ms: given.shrinkSeconds * 1000, now_ms: () => performance.now() })
  const input = small?.input ?? failed.input
  const after = sizeOf(input)
  const recorded = record(input, judged.options, {
    why: `plimsoll check --seed ${summary.seed} found it in run ${failed.run + 1}`,
    shrunk: {
      operations: [before.operations, after.operations], faults: [before.faults, after.faults], choices: [before.choices, after.choices]
    }
  })
  const broken = recorded.result.broken ?? failed.broken
  const file = `${given.out}/${slug(broken.property)}.ndjson`
  writeText(file, recorded.text)
  const { lines } = decodeTrace(recorded.text, file)
  return {
    file,
    text: foundText({
      broken, seed: summary.seed, run: failed.run, runs: summary.runs, before, after, isMinimal: small?.isMinimal ?? true, file, lines
    })
  }
}

const run = async (given: Given): Promise<number> => {
  const seed = Option.getOrElse(given.seed, () => Math.floor(Math.random() * 0x7fff_ffff))
  const runs = atLeast("runs", given.runs, 1)
  const minutes = atLeast("minutes", given.minutes, 0.001)
  probeDirectory(given.out)
  const { inputs, note } = await recordedInputs(given, seed)
  const [{ campaign }, { judging }, { speed, summaryText }] = await Promise.all([
    import("#properties/campaign.ts"), import("#properties/commands/judging.ts"), import("#properties/commands/report.ts")
  ])
  const judged = judging()
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once("SIGINT", onSignal)
  process.once("SIGTERM", onSignal)
  const line = progressLine()
  const limit = minutes === undefined ? {} : { wall_ms: minutes * 60_000 }
  const summary = await campaign({
    ...judged.options, seed, coverage: judged.coverage, signal: stop.signal, selfCheck: given.selfCheck, ...limit,
    ...(runs !== undefined ? { runs } : inputs !== undefined ? { runs: inputs.length } : minutes === undefined ? { runs: 10 } : {}),
    ...(inputs === undefined ? {} : { inputs }),
    ...(line.progress === undefined ? {} : { progress: line.progress })
  })
  line.clear()
  const found = summary.failed === undefined ? undefined : await explain(summary.failed, summary, judged, given)
  process.off("SIGINT", onSignal)
  process.off("SIGTERM", onSignal)
  if (given.json) {
    const { failed, sometimes, ...rest } = summary
    console.log(JSON.stringify({
      ...rest, times: speed(summary), sometimes: Object.fromEntries(sometimes),
      coverage: { reached: judged.coverage.reached, reachable: judged.coverage.reachable, transitions: judged.coverage.transitions,
        unreached: judged.coverage.unreached() },
      ...(failed === undefined ? {} : { broken: { ...failed.broken, line: failed.broken.line?.seq }, run: failed.run, trace: found?.file })
    }))
  } else {
    if (note !== undefined) console.log(note)
    console.log(summaryText(summary, judged.coverage, judged.options.properties.length, given.verbose))
    if (found !== undefined) console.log(found.text)
    console.log(`\n${verdictText(summary)}`)
  }
  return exitCodes[summary.verdict]
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
