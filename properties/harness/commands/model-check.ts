/** plimsoll model-check: every reachable state of a scope of the model. */
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { BadInput, ExitWith, readText } from "#properties/harness/commands/outcome.ts"
import type { Scope } from "#model/cluster/scope.ts"
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

/** Every scope that the module exports, alone or in an array, under whatever name. */
const scopesOf = async (file: string): Promise<ReadonlyArray<Scope>> => {
  let module: Readonly<Record<string, unknown>>
  try {
    readText(file)
    module = (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    if (error instanceof BadInput) throw error
    throw new BadInput({ message: `--file ${file} cannot be loaded: ${(error as Error).message.split("\n")[0]}` })
  }
  const found = Object.values(module).flat().filter(isScope)
  const scopes = [...new Map(found.map((scope) => [scope.name, scope])).values()]
  if (scopes.length > 0) return scopes
  throw new BadInput({ message: `--file ${file} exports no scope: an object with name, says, components, channels ` +
    "and always (model/cluster/scope.ts)" })
}

const isScope = (value: unknown): value is Scope => {
  if (value === null || typeof value !== "object") return false
  const { always, channels, components, name, says } = value as Partial<Scope>
  return typeof name === "string" && typeof says === "string" &&
    [always, channels, components].every((part) => part !== null && typeof part === "object")
}

export const modelCheck = Command.make("model-check", {
  scope: Flag.String("scope").pipe(Flag.withDescription("One scope, by its name; default: all"), Flag.optional),
  file: Flag.String("file").pipe(
    Flag.withDescription("Scopes of your own: a module that exports them"), Flag.optional),
  statesMax: Flag.Int("states-max").pipe(
    Flag.withDescription("Stop after so many states"), Flag.withDefault(50_000_000)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}, (given) => Effect.gen(function*() {
  const file = Option.getOrUndefined(given.file)
  const { search } = yield* Effect.promise(() => import("#properties/harness/search.ts"))
  const scopes = file === undefined ? (yield* Effect.promise(() => import("#model/cluster.ts"))).scopes
    : yield* Effect.tryPromise({ try: () => scopesOf(file), catch: (error) => error })
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
