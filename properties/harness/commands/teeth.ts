/** plimsoll teeth: mutates recorded traces and says which lies charts and properties would not notice. */
import { globSync } from "node:fs"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { BadInput, ExitWith, readTrace } from "#properties/harness/commands/outcome.ts"
import type { Teeth } from "#properties/harness/strength/teeth.ts"

const least = 0.9

const percent = (part: number, whole: number): string => whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`

const row = (kind: string, mutants: string, equivalent: string, charts: string, all: string): string =>
  [kind.padEnd(10), mutants.padStart(8), equivalent.padStart(11), charts.padStart(8), all.padStart(20)].join(" ")

const text = ({ scores, survivors }: Teeth, most: number): string => {
  const rows = Object.entries(scores).map(([kind, { mutants, equivalent, byCharts, caught }]) => {
    const lies = mutants - equivalent
    return row(kind, String(mutants), String(equivalent), percent(byCharts, lies), percent(caught, lies))
  })
  const shown = survivors.slice(0, most).map(({ kind, what, line }) =>
    `  ${kind.padEnd(9)} line ${line.seq} ${line.actor} ${line.chart} ${line.event.type}: ${what}`)
  return [
    row("mutation", "mutants", "equivalent", "charts", "charts + properties"), ...rows, "",
    survivors.length === 0 ? "no survivors"
      : `${survivors.length} survivors${survivors.length > most ? `, the first ${most}` : ""}:`,
    ...shown
  ].join("\n")
}

/** Recorded traces of runs that held, or runs made for it when there are none. */
const honestTraces = async (files: ReadonlyArray<string>, seed: number, runs: number) => {
  if (files.length > 0) {
    return files.flatMap((file) => {
      const trace = readTrace(file)
      if (trace.header.broke !== undefined) {
        const message = `${file} records a run that broke a promise; teeth needs traces of runs that held`
        throw new BadInput({ message })
      }
      return [trace.lines]
    })
  }
  const [{ drawRun }, { judging, record }, { decodeTrace }] = await Promise.all([
    import("#properties/harness/draw.ts"), import("#properties/harness/commands/judging.ts"),
    import("#traces/format.ts")
  ])
  const { options } = judging()
  const traces = []
  for (let index = 0; traces.length < runs && index < runs * 5; index++) {
    const input = drawRun(seed, index, { operations: 20, faults: 8 })
    const { text: written, result } = record(input, options, { why: "teeth" })
    if (result.verdict === "held") traces.push(decodeTrace(written, `run ${index}`).lines)
  }
  return traces
}

const leastRecorded = 0.95
const leastOfKind = 0.8
/** Of recordings of others' clusters: the mutants of each kind are shared among them. */
const ofRecordings = (given: {
  readonly seed: number; readonly perKind: number; readonly survivors: number; readonly json: boolean
}, files: ReadonlyArray<string>) => Effect.gen(function*() {
  const { outcome, text: shown, total } = yield* Effect.tryPromise({
    try: async () => {
      const [recorded, { teethOfRecordings }, { charts }, { properties }, { foreign }, { Chance }] = await Promise.all([
        import("#properties/harness/commands/teeth-recorded.ts"),
        import("#properties/harness/strength/teeth/recorded.ts"), import("#model/cluster.ts"),
        import("#properties/all.ts"), import("#properties/foreign.ts"), import("#impl/sim/draws.ts")
      ])
      const chance = new Chance(given.seed)
      const bitten = teethOfRecordings(await Promise.all(files.map((file) => recorded.recordingIn(file))), {
        charts, properties: [...properties, ...foreign], perKind: given.perKind,
        pick: (n) => chance.stream("teeth", "mutant").below(n) })
      return { outcome: bitten, text: recorded.textOfRecorded(bitten, given.survivors),
        total: recorded.totalOf(bitten) }
    },
    catch: (error) => error
  })
  yield* Console.log(given.json ? JSON.stringify({ ...outcome, ...total })
    : `${shown}; at least ${leastRecorded * 100} % is demanded, and ${leastOfKind * 100} % of each kind of which ` +
      `enough were told; weakest: ${total.weakest?.kind ?? "none"}`)
  if (total.lies === 0) return yield* new ExitWith({ code: 5 })
  const isWeak = total.rejected / total.lies < leastRecorded || (total.weakest?.part ?? 1) < leastOfKind
  if (isWeak) return yield* new ExitWith({ code: 1 })
})

export const teeth = Command.make("teeth", {
  files: Argument.String("file").pipe(
    Argument.withDescription("Traces of runs that held, or recordings of clusters; default: runs drawn from --seed"),
    Argument.variadic()),
  seed: Flag.Int("seed").pipe(Flag.withDescription("Which runs, and which mutants"), Flag.withDefault(1)),
  runs: Flag.Int("runs").pipe(Flag.withDescription("How many runs to draw when no file is given"), Flag.withDefault(6)),
  perKind: Flag.Int("per-kind").pipe(
    Flag.withDescription("Mutants of each kind and trace; of recordings, of each kind"), Flag.withDefault(40)),
  survivors: Flag.Int("survivors").pipe(Flag.withDescription("How many survivors to list"), Flag.withDefault(40)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}, (given) => Effect.gen(function*() {
  const files = given.files.flatMap((file) => globSync(file)).toSorted()
  const isRecorded = files.length > 0 && (yield* Effect.tryPromise({
    try: async () => (await import("#properties/harness/commands/teeth-recorded.ts")).areRecordings(files),
    catch: (error) => error
  }))
  if (isRecorded) return yield* ofRecordings(given, files)
  const outcome = yield* Effect.tryPromise({
    try: async () => {
      const [{ teeth: bite }, { charts }, { properties }, { Chance }] = await Promise.all([
        import("#properties/harness/strength/teeth.ts"), import("#model/cluster.ts"), import("#properties/all.ts"),
        import("#impl/sim/draws.ts")
      ])
      const traces = await honestTraces(files, given.seed, given.runs)
      const chance = new Chance(given.seed)
      const pick = (n: number): number => chance.stream("teeth", "mutant").below(n)
      return bite(traces, { charts, properties, perKind: given.perKind, pick })
    },
    catch: (error) => error
  })
  const all = Object.values(outcome.scores)
  const lies = all.reduce((sum, { mutants, equivalent }) => sum + mutants - equivalent, 0)
  const caught = all.reduce((sum, one) => sum + one.caught, 0)
  const charts = all.reduce((sum, one) => sum + one.byCharts, 0)
  if (given.json) yield* Console.log(JSON.stringify({ ...outcome, lies, caught, charts }))
  else {
    yield* Console.log(text(outcome, given.survivors))
    yield* Console.log(`\ncaught  ${caught} of ${lies} lies, ${percent(caught, lies)} (charts alone ` +
      `${percent(charts, lies)}); at least ${least * 100} % is demanded`)
  }
  if (lies === 0) return yield* new ExitWith({ code: 5 })
  if (caught / lies < least) return yield* new ExitWith({ code: 1 })
})).pipe(Command.withDescription("Mutate recorded traces and see which lies go unnoticed"))
