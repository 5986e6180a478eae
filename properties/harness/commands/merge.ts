/** plimsoll merge: the shares of one campaign, from whatever machines, as the one campaign that they are. */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { ExitWith, exitCodes, probeDirectory, type Verdict } from "#properties/harness/commands/outcome.ts"

const merged = async (directories: ReadonlyArray<string>, given: {
  readonly out: string; readonly shrinkSeconds: number; readonly json: boolean; readonly verbose: boolean
  readonly junit: Option.Option<string>
}): Promise<Verdict> => {
  probeDirectory(given.out)
  const [{ read }, { conclude }] = await Promise.all([
    import("#properties/harness/commands/results.ts"), import("#properties/harness/commands/conclude.ts")
  ])
  const campaign = read(directories)
  conclude(campaign, { ...given, junit: Option.getOrUndefined(given.junit) })
  return campaign.summary.verdict
}

export const merge = Command.make("merge", {
  directories: Argument.String("directory").pipe(
    Argument.withDescription("Where shares of the campaign are, at any depth: results*.ndjson"), Argument.atLeast(1)),
  out: Flag.String("out").pipe(
    Flag.withDescription("Directory for the traces of failures"), Flag.withDefault("plimsoll-out")),
  shrinkSeconds: Flag.Finite("shrink-seconds").pipe(
    Flag.withDescription("Budget for making the failures small"), Flag.withDefault(60)),
  junit: Flag.String("junit").pipe(Flag.withDescription("Also write the results as JUnit XML"), Flag.optional),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false)),
  verbose: Flag.Boolean("verbose").pipe(
    Flag.withDescription("List everything that was never reached"), Flag.withDefault(false))
}, ({ directories, ...given }) => Effect.gen(function*() {
  const verdict = yield* Effect.tryPromise({ try: () => merged(directories, given), catch: (error) => error })
  const code = exitCodes[verdict]
  if (code !== 0) return yield* new ExitWith({ code })
})).pipe(Command.withDescription("Put the shares of one campaign (check --shard) together"))
