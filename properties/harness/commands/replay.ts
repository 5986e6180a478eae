/** plimsoll replay: runs a recorded trace's input again and compares every line, byte for byte. */
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { BadInput, ExitWith, readTrace } from "#properties/harness/commands/outcome.ts"
import { replay as compare, type Replay } from "#traces/replay.ts"

const run = async (file: string): Promise<Replay> => {
  const trace = readTrace(file)
  if (trace.header.input === undefined) {
    const message = `${file} is a foreign trace: it has no input to run again. Use plimsoll judge ${file}`
    throw new BadInput({ message })
  }
  const [{ judging, record }, { decodeRunInput }, { partsOf }] = await Promise.all([
    import("#properties/harness/commands/judging.ts"), import("#properties/harness/draw/run-input.ts"),
    import("#properties/harness/strength/bugs/catalogue.ts")
  ])
  return compare(trace, ({ input, bug, broke }) => {
    let decoded
    try {
      decoded = decodeRunInput(input)
    } catch (error) {
      const why = (error as Error).message.split("\n")[0]
      throw new BadInput({ message: `${file}:1 holds no run that this version can repeat: ${why}` })
    }
    const parts = bug === undefined ? undefined : partsOf(bug)
    if (bug !== undefined && parts === undefined) {
      throw new BadInput({ message: `${file} needs the planted bug ${bug}, which this version does not have` })
    }
    const { text } = record(decoded, judging(parts).options, { why: trace.header.why }, broke)
    return text.split("\n").slice(1, -2)
  })
}

const clip = (text = "(no such line)"): string => text.length > 400 ? `${text.slice(0, 399)}…` : text

export const replay = Command.make("replay", {
  file: Argument.String("file").pipe(Argument.withDescription("The trace to replay")),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}, (input) => Effect.gen(function*() {
  const outcome = yield* Effect.tryPromise({ try: () => run(input.file), catch: (error) => error })
  if (input.json) yield* Console.log(JSON.stringify(outcome))
  else if (outcome.same) yield* Console.log(`same  ${outcome.lines} lines, byte for byte`)
  else {
    yield* Console.log(`differs  at line ${outcome.seq}: Plimsoll changed since the trace was recorded, or is not ` +
      "deterministic")
    yield* Console.log(` recorded  ${clip(outcome.recorded)}\n replayed  ${clip(outcome.replayed)}`)
  }
  if (!outcome.same) return yield* new ExitWith({ code: 4 })
})).pipe(Command.withDescription("Run a recorded trace again and compare it byte for byte"))
