/** plimsoll judge: a foreign trace, or one of Plimsoll's own, against charts and properties. Nothing is run. */
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { cited } from "#properties/harness/commands/cited.ts"
import { ExitWith, exitCodes, readTrace, type Verdict } from "#properties/harness/commands/outcome.ts"

interface Judged {
  readonly verdict: Verdict
  readonly lines: number
  readonly judgedByCharts: number
  /** The first that each chart and each property said. */
  readonly found: ReadonlyArray<{
    readonly by: string; readonly invariants: ReadonlyArray<number>; readonly seq: number; readonly message: string
  }>
  /** What properties gave up. */
  readonly undecided: ReadonlyArray<string>
}

const judgeFile = async (file: string): Promise<Judged> => {
  const trace = readTrace(file)
  const [{ Conformance }, { Monitors }, { charts }, { properties }] = await Promise.all([
    import("#properties/harness/judge.ts"), import("#properties/harness/run/monitors.ts"),
    import("#model/cluster.ts"), import("#properties/all.ts")
  ])
  const conformance = new Conformance({ charts })
  const monitors = new Monitors(properties)
  const broken = monitors.hear(trace.lines).map(({ invariants, kind, property, line, message }) =>
    ({ kind, by: property, invariants, seq: line.seq, message }))
  const disagreed = new Map<string, (typeof broken)[number]>()
  for (const line of trace.lines) {
    const said = conformance.line(line)
    if (said === undefined || disagreed.has(said.chart)) continue
    disagreed.set(said.chart, { kind: "conformance", by: `conforms to ${said.chart}`, invariants: [], seq: line.seq,
      message: said.message })
  }
  const all = [...broken, ...disagreed.values()].sort((a, b) => a.seq - b.seq)
  const isUndecided = trace.lines.length === 0 || monitors.undecided.length > 0
  const verdict = all[0]?.kind ?? (isUndecided ? "unknown" : "held")
  const found = all.map(({ by, invariants, seq, message }) => ({ by, invariants, seq, message }))
  return {
    verdict, lines: trace.lines.length, judgedByCharts: conformance.judged, found, undecided: monitors.undecided
  }
}

export const judge = Command.make("judge", {
  file: Argument.String("file").pipe(Argument.withDescription("The trace to judge")),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}, (given) => Effect.gen(function*() {
  const judged = yield* Effect.tryPromise({ try: () => judgeFile(given.file), catch: (error) => error })
  if (given.json) yield* Console.log(JSON.stringify(judged))
  else {
    for (const { by, invariants, seq, message } of judged.found) {
      const named = invariants.length === 0 ? "" : ` · invariant ${invariants.join(", ")}`
      const text = [`broke  ${by}${named}`, ...cited(invariants), `       line ${seq}: ${message}`, ""]
      yield* Console.log(text.join("\n"))
    }
    for (const what of judged.undecided) yield* Console.log(`not decided  ${what}`)
    yield* Console.log(`${judged.lines} lines, ${judged.judgedByCharts} of them judged by a chart\n${judged.verdict}`)
  }
  const code = exitCodes[judged.verdict]
  if (code !== 0) return yield* new ExitWith({ code })
})).pipe(Command.withDescription("Judge a recorded trace, also another implementation's, by charts and properties"))
