/** plimsoll model-check: every reachable state of a scope of the model. */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { BadInput, ExitWith } from "#properties/harness/commands/outcome.ts"
import type { Report } from "#properties/harness/search.ts"

interface Timed extends Report {
  readonly seconds: number
}

const text = async (report: Timed): Promise<string> => {
  const { render } = await import("#properties/harness/search.ts")
  const rate = report.transitions / Math.max(report.seconds, 1e-3)
  return [
    `scope  ${report.scope}`,
    `       ${report.states} states, ${report.transitions} transitions, ${report.cut} steps cut` +
      `${report.complete ? "" : " (stopped early)"}; ${report.seconds.toFixed(1)} s, ` +
      `${(rate / 1e6).toFixed(2)} M transitions/s`,
    ...report.verdicts.flatMap(({ sentence, kind, verdict, counterexample }) => [
      `${verdict.padEnd(7)}  ${kind.padEnd(9)} ${sentence}`,
      ...(counterexample === undefined ? [] : [render(counterexample)])
    ])
  ].join("\n")
}

export const modelCheck = Command.make("model-check", {
  scope: Flag.String("scope").pipe(Flag.withDescription("One scope, by its name; default: all"), Flag.optional),
  statesMax: Flag.Int("states-max").pipe(
    Flag.withDescription("Stop after so many states"), Flag.withDefault(50_000_000)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}, (given) => Effect.gen(function*() {
  const [{ scopes }, { search }] = yield* Effect.promise(() =>
    Promise.all([import("#model/cluster.ts"), import("#properties/harness/search.ts")]))
  const name = Option.getOrUndefined(given.scope)
  const chosen = name === undefined ? scopes : scopes.filter((scope) => scope.name === name)
  if (chosen.length === 0) {
    const known = scopes.map((scope) => scope.name).join(", ")
    return yield* new BadInput({ message: `--scope ${name}: there is no such scope; there are ${known}` })
  }
  const reports: Array<Timed> = []
  for (const scope of chosen) {
    const began = performance.now()
    const report = search(scope, { states_max: given.statesMax })
    const timed = { ...report, seconds: (performance.now() - began) / 1000 }
    reports.push(timed)
    if (!given.json) yield* Console.log(`${yield* Effect.promise(() => text(timed))}\n`)
  }
  if (given.json) yield* Console.log(JSON.stringify(reports))
  const verdicts = reports.flatMap((report) => report.verdicts)
  const broken = verdicts.find(({ verdict }) => verdict === "broken")
  if (broken !== undefined) return yield* new ExitWith({ code: broken.kind === "leadsTo" ? 2 : 1 })
  if (verdicts.some(({ verdict }) => verdict === "unknown")) return yield* new ExitWith({ code: 5 })
})).pipe(Command.withDescription("Search every reachable state of a scope of the model"))
