/**
 * plimsoll judge: what somebody recorded, held against charts and promises: Plimsoll's own traces, recordings of
 * watches, the output of kubectl get -w, audit logs. Nothing is run.
 */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { BadInput, ExitWith, exitCodes, type Verdict, writeText } from "#properties/harness/commands/outcome.ts"
import type { Judged } from "#properties/harness/foreign/files.ts"

/** Of all that broke, what came first; a promise of ours that failed is our own crash. */
const verdictOf = ({ undecided, unknownCharts, verdicts }: Judged): Verdict => {
  const breaches = [...unknownCharts, ...verdicts.flatMap(({ breach }) => breach === undefined ? [] : [breach])]
  if (breaches.some(({ kind }) => kind === "crash")) return "crash"
  const [first] = breaches.toSorted((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity))
  if (first !== undefined) return first.kind
  const isSaid = verdicts.some(({ times, verdict }) => verdict === "held" && times > 0)
  return isSaid && undecided.length === 0 ? "held" : "unknown"
}

const judgedOf = async (files: ReadonlyArray<string>, given: {
  readonly flags: ReadonlyArray<string>; readonly ahead: number; readonly rest: number
}): Promise<Judged> => {
  const [{ judgeFiles }, { BadInputFile }] = await Promise.all([
    import("#properties/harness/foreign/files.ts"), import("#properties/harness/judge/input/heard.ts")])
  try {
    return await judgeFiles(files,
      { flags: given.flags, ahead_ms: given.ahead * 1_000, rest_ms: given.rest * 1_000 })
  } catch (error) {
    throw error instanceof BadInputFile ? new BadInput({ message: error.message }) : error
  }
}

const textOf = async (judged: Judged, verdict: Verdict, isLong: boolean): Promise<string> => {
  const { table } = await import("#properties/harness/commands/judge-table.ts")
  const { gaps, lines, notes, undecided, unknownCharts } = judged
  const shown = isLong ? gaps : gaps.slice(0, 5)
  return [
    ...notes.map((note) => `note   ${note}`),
    ...shown.map(({ at, why }) => `gap    ${at}: ${why}; nothing is concluded over it`),
    ...shown.length < gaps.length ? [`gap    and ${gaps.length - shown.length} more`] : [],
    ...unknownCharts.map(({ message }) => `broken ${message}`),
    ...table(judged.verdicts, isLong),
    ...undecided.map((what) => `not decided  ${what}`),
    `${lines} lines\n${verdict}`
  ].join("\n")
}

const seconds = (name: string, value: number): void => {
  if (!(value >= 0)) throw new BadInput({ message: `--${name} ${value}: must be at least 0` })
}

const ofHistory = (file: string, isJson: boolean) => Effect.gen(function*() {
  const said = yield* Effect.tryPromise({ try: async () => {
    const { historyText, judgeHistory } = await import("#properties/harness/commands/judge-history.ts")
    const judged = await judgeHistory(file)
    return { verdict: judged.verdict, text: isJson ? JSON.stringify(judged) : historyText(judged) }
  }, catch: (error) => error })
  yield* Console.log(said.text)
  const code = exitCodes[said.verdict]
  if (code !== 0) return yield* new ExitWith({ code })
})

export const judge = Command.make("judge", {
  files: Argument.String("file").pipe(Argument.withDescription(
    "A trace, or recordings, outputs of kubectl get -w -o json, audit logs of one cluster; also gzipped"),
  Argument.variadic()),
  history: Flag.String("history").pipe(Flag.withDescription(
    "Judge a history of Jepsen's instead: EDN maps or the log form; registers, compare-and-set, append"),
  Flag.optional),
  flag: Flag.String("flag").pipe(Flag.withDescription(
    "A flag of the cluster that differs from its default: kube-controller-manager.node-monitor-grace-period=12s"),
  Flag.atLeast(0)),
  ahead: Flag.Finite("ahead").pipe(Flag.withDescription(
    "Seconds of arrivals after which nothing older is expected"), Flag.withDefault(5)),
  rest: Flag.Finite("rest").pipe(Flag.withDescription(
    "Seconds without a write at the end after which a cluster counts as at rest"), Flag.withDefault(1)),
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("Also name each promise that was not judged"), Flag.withDefault(false)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false)),
  junit: Flag.String("junit").pipe(Flag.withDescription("Also write the table as JUnit XML"), Flag.optional)
}, (given) => Effect.gen(function*() {
  if (Option.isSome(given.history) === given.files.length > 0) {
    return yield* new BadInput({ message: "judge takes either files or --history FILE" })
  }
  if (Option.isSome(given.history)) return yield* ofHistory(given.history.value, given.json)
  const judged = yield* Effect.tryPromise({ try: () => {
    seconds("ahead", given.ahead)
    seconds("rest", given.rest)
    return judgedOf(given.files, { flags: given.flag, ahead: given.ahead, rest: given.rest })
  }, catch: (error) => error })
  const verdict = verdictOf(judged)
  yield* Console.log(given.json ? JSON.stringify({ verdict, ...judged })
    : yield* Effect.promise(() => textOf(judged, verdict, given.all)))
  if (Option.isSome(given.junit)) {
    const file = given.junit.value
    yield* Effect.tryPromise({ try: async () => {
      const { junitOfTable } = await import("#properties/harness/commands/junit.ts")
      writeText(file, junitOfTable(judged.verdicts, `plimsoll judge ${given.files.join(" ")}`))
    }, catch: (error) => error })
  }
  const code = exitCodes[verdict]
  if (code !== 0) return yield* new ExitWith({ code })
})).pipe(Command.withDescription(
  "Judge what was recorded of a cluster, also of somebody else's, by charts and promises"))
