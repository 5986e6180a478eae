/** plimsoll rates: measures how often each `sometimes` comes, and writes it where the campaigns read it. */
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { writeText } from "#properties/harness/commands/outcome.ts"

const measure = async (seed: number, runs: number): Promise<string> => {
  const [{ campaign }, { judging }, { demandedAfter, ratesFile }] = await Promise.all([
    import("#properties/harness/run/campaign.ts"), import("#properties/harness/commands/judging.ts"),
    import("#properties/harness/run/rates.ts")
  ])
  const { coverage, options } = judging()
  const summary = await campaign({ ...options, seed, runs, coverage })
  const reached = [...summary.sometimes].filter(([, n]) => n > 0).toSorted(([a], [b]) => a < b ? -1 : 1)
  const rates = { seed, runs: summary.runs, reached: Object.fromEntries(reached) }
  writeText(fileURLToPath(ratesFile), `${JSON.stringify(rates, null, 2)}\n`)
  const rare = reached.toSorted(([, a], [, b]) => a - b).slice(0, 10)
    .map(([name, n]) => `${String(n).padStart(5)}  demanded after ${demandedAfter(name, rates)} runs  ${name}`)
  return [`${reached.length} of ${summary.sometimes.size} situations came in ${summary.runs} runs; the rarest:`,
    ...rare, ...summary.never.map((name) => `never  ${name}`)].join("\n")
}

export const rates = Command.make("rates", {
  seed: Flag.Int("seed").pipe(Flag.withDescription("Seed of the campaign"), Flag.withDefault(1_000_003)),
  runs: Flag.Int("runs").pipe(Flag.withDescription("How many runs, in one process"), Flag.withDefault(200))
}, ({ runs, seed }) => Effect.gen(function*() {
  yield* Console.log(yield* Effect.tryPromise({ try: () => measure(seed, runs), catch: (error) => error }))
})).pipe(Command.withDescription("Measure how often each situation comes that must sometimes occur"))
