/** plimsoll show: a trace as a timeline, whole or cut to what led to the violation. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { cited } from "#properties/harness/commands/cited.ts"
import { BadInput, readTrace } from "#properties/harness/commands/outcome.ts"
import { Names } from "#traces/names.ts"
import { rows } from "#traces/timeline.ts"
import { why as explain } from "#traces/why.ts"
import type { Trace } from "#traces/format.ts"

const about = ({ header, lines }: Trace, names: Names): ReadonlyArray<string> => [
  `trace  ${header.why}`,
  ...(header.broke === undefined ? [] : [
    `broke  ${header.broke.property}` +
    (header.broke.invariants.length === 0 ? "" : ` · invariant ${header.broke.invariants.join(", ")}`),
    ...cited(header.broke.invariants),
    `       ${names.beside(header.broke.message)}`
  ]),
  ...(header.bug === undefined ? [] : [`bug    ${header.bug} was planted`]),
  `       ${lines.length} lines, Plimsoll ${header.version}`,
  ""
]

interface Wish {
  readonly why: boolean
  readonly at: Option.Option<number>
  readonly chart: Option.Option<string>
  readonly last: Option.Option<number>
}

const pick = (trace: Trace, { why, ...wish }: Wish) => {
  const at = Option.getOrUndefined(wish.at)
  const chart = Option.getOrUndefined(wish.chart)
  const last = Option.getOrUndefined(wish.last)
  const seq = at ?? trace.header.broke?.seq ?? trace.lines.length - 1
  if (at !== undefined && trace.lines[at] === undefined) {
    throw new BadInput({ message: `--at ${at}: the trace has lines 0 to ${trace.lines.length - 1}` })
  }
  const explained = why ? explain(trace.header.broke, trace.lines, at) : undefined
  const lines = (explained?.lines ?? trace.lines)
    .filter((line) => chart === undefined || line.chart.startsWith(chart))
  return { seq: explained?.seq ?? seq, lines: last === undefined ? lines : lines.slice(-last),
    seen: explained?.seen ?? [], actors: explained?.actors ?? [] }
}

const wide = { event: 78, actor: 24 }

export const show = Command.make("show", {
  file: Argument.String("file").pipe(Argument.withDescription("The trace to show")),
  why: Flag.Boolean("why").pipe(
    Flag.withDescription("Only the causal past of the violation (or of --at)"), Flag.withDefault(false)),
  at: Flag.Int("at").pipe(Flag.withDescription("The seq of the line to explain"), Flag.optional),
  chart: Flag.String("chart").pipe(
    Flag.withDescription("Only lines of charts that begin so, e.g. etcd or pod.pod"), Flag.optional),
  last: Flag.Int("last").pipe(Flag.withDescription("Only the last N of them"), Flag.optional),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}, (input) => Effect.gen(function*() {
  const trace = yield* Effect.try({ try: () => readTrace(input.file), catch: (error) => error as BadInput })
  const { seq, lines, seen, actors } = yield* Effect.try({
    try: () => pick(trace, input),
    catch: (error) => error as BadInput
  })
  if (input.json) return yield* Console.log(JSON.stringify({ header: trace.header, at: seq, lines, actors, seen }))
  const mark = trace.header.broke === undefined && Option.isNone(input.at) ? undefined : seq
  const names = new Names()
  for (const line of trace.lines) names.hear(line)
  const isOwed = input.why && Option.isNone(input.at) && trace.header.broke?.obligation !== undefined
  yield* Console.log([...about(trace, names), ...(isOwed ? [`opened by line ${seq}, ✗` +
    (actors.length === 0 ? "" : `; what ${actors.join(", ")} did about it since`), ""] : []),
  ...rows(lines, mark, input.why ? wide : undefined, input.why ? names : undefined),
  ...(seen.length === 0 ? [] : ["", ...seen])].join("\n"))
})).pipe(Command.withDescription("Print a trace as a timeline"))
