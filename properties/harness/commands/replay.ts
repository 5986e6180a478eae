/**
 * plimsoll replay: runs a recorded trace's input again and compares every line, byte for byte; or runs a kept input
 * and records it.
 */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { BadInput, ExitWith, readKept, readTrace, writeText } from "#properties/harness/commands/outcome.ts"
import type { Header, Trace } from "#traces/format.ts"
import { replay as compare, type Replay } from "#traces/replay.ts"

/** The lines of the input's run, as a trace; it ends where it broke, if it breaks what it broke. */
const recorded = async ({ bug, broke, input, shrunk, why }: Pick<Header, "bug" | "input" | "shrunk" | "why"> &
  { readonly broke?: Pick<NonNullable<Header["broke"]>, "kind" | "property"> | undefined }, file: string) => {
  const [{ judging, record }, { decodeRunInput }, { partsOf }] = await Promise.all([
    import("#properties/harness/commands/judging.ts"), import("#properties/harness/draw/run-input.ts"),
    import("#properties/harness/strength/bugs/catalogue.ts")
  ])
  let decoded
  try {
    decoded = decodeRunInput(input)
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0]
    throw new BadInput({ message: `${file}:1 holds no run that this version can repeat: ${reason}` })
  }
  const parts = bug === undefined ? undefined : partsOf(bug)
  if (bug !== undefined && parts === undefined) {
    throw new BadInput({ message: `${file} needs the planted bug ${bug}, which this version does not have` })
  }
  return record(decoded, judging(parts).options, {
    why, ...(bug === undefined ? {} : { bug }), ...(shrunk === undefined ? {} : { shrunk }) }, broke)
}

const withInput = (file: string): Trace => {
  const trace = readTrace(file)
  if (trace.header.input !== undefined) return trace
  const message = `${file} is a foreign trace: it has no input to run again. Use plimsoll judge ${file}`
  throw new BadInput({ message })
}

const again = async (file: string): Promise<Replay> => {
  const trace = withInput(file)
  if (trace.text.length === 0) {
    const message = `${file} has an input and no lines: plimsoll replay ${file} --to FILE records them`
    throw new BadInput({ message })
  }
  const { text } = await recorded(trace.header, file)
  return compare(trace, () => text.split("\n").slice(1, -2))
}

/** Of a planted bug it is the run with the bug, up to where it broke; of a regression the whole run, since it holds. */
const fresh = async (file: string, to: string): Promise<string> => {
  const { broke, ...kept } = file.endsWith(".json") ? readKept(file) : withInput(file).header
  const isWhole = file.endsWith(".json") && kept.bug === undefined
  const { result, text } = await recorded(isWhole ? kept : { ...kept, broke }, file)
  writeText(to, text)
  const verdict = result.broken === undefined ? "held" : `broke  ${result.broken.property}`
  return `${verdict}: ${result.counts.lines} lines in ${to}`
}

const clip = (text = "(no such line)"): string => text.length > 400 ? `${text.slice(0, 399)}…` : text

export const replay = Command.make("replay", {
  file: Argument.String("file").pipe(Argument.withDescription("The trace to replay, or a kept input (.json)")),
  to: Flag.String("to").pipe(
    Flag.withDescription("The trace to write; of a kept input it must be given"), Flag.optional),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}, (input) => Effect.gen(function*() {
  const to = Option.getOrUndefined(input.to)
  if (input.file.endsWith(".json") && to === undefined) {
    const message = "a kept input (.json) needs --to FILE, the trace to write"
    return yield* new BadInput({ message })
  }
  if (to !== undefined) {
    return yield* Console.log(yield* Effect.tryPromise({ try: () => fresh(input.file, to), catch: (error) => error }))
  }
  const outcome = yield* Effect.tryPromise({ try: () => again(input.file), catch: (error) => error })
  if (input.json) yield* Console.log(JSON.stringify(outcome))
  else if (outcome.same) yield* Console.log(`same  ${outcome.lines} lines, byte for byte`)
  else {
    yield* Console.log(`differs  at line ${outcome.seq}: ` +
      "Plimsoll changed since the trace was recorded, or is not deterministic")
    yield* Console.log(` recorded  ${clip(outcome.recorded)}\n replayed  ${clip(outcome.replayed)}`)
  }
  if (!outcome.same) return yield* new ExitWith({ code: 4 })
})).pipe(Command.withDescription("Run a recorded trace again and compare it byte for byte, or record a kept input"))
