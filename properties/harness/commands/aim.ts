/** plimsoll aim: what is kept of a failure is aimed by events, so that it outlives the next change of the cluster. */
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { BadInput, readKept, readTrace, writeText } from "#properties/harness/commands/outcome.ts"
import type { Aimed, Comes } from "#properties/harness/run/aim.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import { encodeRegression, regressionFormat, Sights, type Regression, type Sight } from "#traces/regression.ts"

/** A failure's trace as a regression that is still to be said more of; or what is kept of one as it is. */
const read = (file: string): Regression => {
  if (file.endsWith(".json")) return readKept(file)
  const { header: { broke, bug, input, shrunk, why } } = readTrace(file)
  if (broke === undefined || input === undefined) {
    throw new BadInput({ message: `${file} records no failure of Plimsoll's own: there is nothing to aim` })
  }
  const { invariants, kind, property } = broke
  return { plimsoll: bug === undefined ? "regression" : "bug", format: regressionFormat, why, found: why,
    broke: { kind, property, invariants }, ...(shrunk === undefined ? {} : { shrunk }), reaches: [], input,
    ...(bug === undefined ? {} : { bug }) }
}

interface Found extends Aimed {
  readonly reaches: ReadonlyArray<Sight>
}
const search = async (kept: Regression, seconds: number): Promise<Found> => {
  const [{ aim }, { judging }, { decodeRunInput }, { run }, { narrowed }, { partsOf }] = await Promise.all([
    import("#properties/harness/run/aim.ts"), import("#properties/harness/commands/judging.ts"),
    import("#properties/harness/draw/run-input.ts"), import("#properties/harness/run.ts"),
    import("#properties/harness/run/reduce.ts"), import("#properties/harness/strength/bugs/catalogue.ts")
  ])
  const { options } = judging(kept.bug === undefined ? undefined : partsOf(kept.bug))
  const { broke, reaches } = kept
  const breaks: Comes = (input) => run(input, narrowed(options, broke)).broken?.property === broke.property
  const reachesAll: Comes = (input) => {
    const sights = new Sights(reaches)
    const { broken } = run(input, { ...options, record: (line) => sights.hear(line) })
    return broken === undefined && sights.missing === undefined
  }
  const end_ms = performance.now() + seconds * 1000
  const aimed = aim(decodeRunInput(kept.input), reaches.length === 0 ? breaks : reachesAll, options,
    () => performance.now() >= end_ms)
  if (reaches.length > 0 || kept.bug !== undefined) return { ...aimed, reaches }
  // Until somebody says better what the situation is: that all that waits has come, in this order.
  const seen: Array<Sight> = []
  run(aimed.input, { ...narrowed(options, broke), record: ({ event }) => {
    const upon = event.type === "fault.injected" ? event.fault.upon
      : event.type === "operation.invoked" ? event.operation.upon : undefined
    if (upon === undefined) return
    const { actor, event: type, of } = upon
    seen.push({ actor, ...(of === undefined ? {} : { of }), event: { type } })
  } })
  return { ...aimed, reaches: seen }
}

/** What the shrinker counts, as it is now. */
const shrunkTo = (kept: Regression, { operations, faults, choices }: RunInput): Regression["shrunk"] =>
  kept.shrunk === undefined ? undefined : { operations: [kept.shrunk.operations[0], operations.length],
    faults: [kept.shrunk.faults[0], faults.length], choices: [kept.shrunk.choices[0], choices.length] }

export const aim = Command.make("aim", {
  file: Argument.String("file").pipe(Argument.withDescription("A failure's trace, or a regression")),
  to: Flag.String("to").pipe(Flag.withDescription("The file to write, traces/regressions/NAME.json")),
  seconds: Flag.Finite("seconds").pipe(Flag.withDescription("Budget of time"), Flag.withDefault(60))
}, (given) => Effect.gen(function*() {
  const kept = yield* Effect.try({ try: () => read(given.file), catch: (error) => error })
  const { after, before, input, reaches, seeds } = yield* Effect.tryPromise({
    try: () => search(kept, given.seconds),
    catch: (error) => error instanceof Error && error.message.startsWith("the situation")
      ? new BadInput({ message: `${given.file}: ${error.message}` }) : error
  })
  const { shrunk: _, ...rest } = kept
  const shrunk = shrunkTo(kept, input)
  yield* Effect.try({ try: () => writeText(given.to, encodeRegression({
    ...rest, ...(shrunk === undefined ? {} : { shrunk }), reaches, input })), catch: (error) => error })
  yield* Console.log(`aimed  it comes about for ${after} of ${seeds} other seeds, before for ${before}`)
  if (kept.bug === undefined && kept.reaches.length === 0) {
    yield* Console.log(`       ${given.to}: say in it what was wrong, and which lines show that it came about`)
  }
})).pipe(Command.withDescription("Aim a kept failure by events instead of by milliseconds"))
