/** plimsoll bugs: the track record. Each planted bug is hunted, shrunk, named, and its seeds are run without it. */
import { spawn } from "node:child_process"
import { availableParallelism } from "node:os"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { BadInput, ExitWith, writeText } from "#properties/commands/outcome.ts"
import type { Bug } from "#properties/bugs/bug.ts"
import type { Catch } from "#properties/hunt.ts"

const flags = {
  only: Flag.String("only").pipe(Flag.withDescription("One bug, by its id"), Flag.optional),
  seed: Flag.Int("seed").pipe(Flag.withDescription("Seed of the hunt"), Flag.withDefault(1)),
  findSeconds: Flag.Finite("find-seconds").pipe(Flag.withDescription("Budget for finding each"), Flag.withDefault(60)),
  shrinkSeconds: Flag.Finite("shrink-seconds").pipe(Flag.withDescription("Budget for shrinking each"), Flag.withDefault(120)),
  out: Flag.String("out").pipe(Flag.withDescription("Directory for the traces"), Flag.withDefault("traces/recorded")),
  markdown: Flag.String("markdown").pipe(Flag.withDescription("Write the track record to this file"), Flag.optional),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}
type Given = { readonly [K in keyof typeof flags]: (typeof flags)[K] extends Flag.Flag<infer A> ? A : never }

const hunted = async (bug: Bug, given: Given): Promise<Catch> => {
  const [{ hunt }, { judging, record }] = await Promise.all([import("#properties/hunt.ts"), import("#properties/commands/judging.ts")])
  const caught = hunt(bug, given.seed, judging().options, { find_ms: given.findSeconds * 1000, shrink_ms: given.shrinkSeconds * 1000 })
  if (caught.found !== undefined) {
    const { input, shrunk } = caught.found
    const count = (one: typeof input) => one.choices.filter((choice) => choice !== 0).length
    const { text } = record(shrunk, judging(bug.parts).options, {
      why: `${bug.id}: ${bug.mechanism}`, bug: bug.id,
      shrunk: { operations: [input.operations.length, shrunk.operations.length], faults: [input.faults.length, shrunk.faults.length],
        choices: [count(input), count(shrunk)] }
    }, caught.found.broken)
    writeText(`${given.out}/${bug.id.toLowerCase()}.ndjson`, text)
  }
  return caught
}

/** Each in a process of its own, as many at once as there are cores. */
const apart = (bug: Bug, given: Given): Promise<Catch> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, "bugs", "--only", bug.id, "--json", "--seed", String(given.seed),
    "--find-seconds", String(given.findSeconds), "--shrink-seconds", String(given.shrinkSeconds), "--out", given.out],
  { stdio: ["ignore", "pipe", "inherit"] })
  let text = ""
  child.stdout.on("data", (chunk: Buffer) => text += chunk.toString())
  child.on("error", reject)
  child.on("close", () => {
    try {
      resolve((JSON.parse(text) as ReadonlyArray<Catch>)[0]!)
    } catch {
      reject(new Error(`the hunt for ${bug.id} ended without a result`))
    }
  })
})

const all = async (bugs: ReadonlyArray<Bug>, given: Given): Promise<ReadonlyArray<Catch>> => {
  const results: Array<Catch> = []
  const todo = [...bugs.entries()]
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), bugs.length) }, async () => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) results[next[0]] = await apart(next[1], given)
  }))
  return results
}

const most = 25
const sizeOf = ({ found }: Catch): number => found === undefined ? 0
  : found.shrunk.operations.length + found.shrunk.faults.length + found.shrunk.choices.filter((choice) => choice !== 0).length
const passes = (caught: Catch): boolean =>
  caught.found !== undefined && caught.found.isNamed && caught.falseAlarms.length === 0 && sizeOf(caught) <= most

const row = (bug: Bug, caught: Catch): ReadonlyArray<string> => {
  const { found } = caught
  const alarms = caught.falseAlarms.length === 0 ? "none" : caught.falseAlarms.join("; ")
  return found === undefined
    ? [bug.id, bug.source, bug.mechanism, "not found", String(caught.runs), caught.seconds.toFixed(1), "", alarms]
    : [bug.id, bug.source, bug.mechanism, `${found.broken.property}${found.isNamed ? "" : " (not what the catalogue names)"}`,
      String(found.runs), found.seconds.toFixed(1),
      `${found.input.operations.length + found.input.faults.length} → ${sizeOf(caught)}`, alarms]
}
const heads = ["bug", "source", "mechanism", "guarantee that broke", "runs", "seconds", "operations + faults + choices", "false alarms"]
const markdownOf = (bugs: ReadonlyArray<Bug>, results: ReadonlyArray<Catch>): string => [
  "# Track record", "",
  "Real bugs, planted by replacing one part of the cluster, and what the harness made of them. Made anew by `npx plimsoll bugs --markdown FILE`.", "",
  `| ${heads.join(" | ")} |`, `|${heads.map(() => "---").join("|")}|`,
  ...bugs.map((bug, i) => `| ${row(bug, results[i]!).join(" | ")} |`), ""
].join("\n")

const plain = (bugs: ReadonlyArray<Bug>, results: ReadonlyArray<Catch>): string => bugs.map((bug, i) => {
  const caught = results[i]!
  const { found } = caught
  return `${passes(caught) ? "found " : "MISSED"}  ${bug.id.padEnd(8)} ` + (found === undefined ? `not in ${caught.runs} runs, ${caught.seconds.toFixed(0)} s`
    : `run ${found.runs}, ${found.seconds.toFixed(1)} s, shrunk to ${sizeOf(caught)} in ${found.shrinkSeconds.toFixed(0)} s\n` +
      `          ${found.broken.kind}: ${found.broken.property}${found.isNamed ? "" : "  (not what the catalogue names)"}\n          ${found.broken.message}`) +
    (caught.falseAlarms.length === 0 ? "" : `\n          FALSE ALARMS on the same seeds: ${caught.falseAlarms.join("; ")}`)
}).join("\n")

export const bugs = Command.make("bugs", flags, (given) => Effect.gen(function*() {
  const { bugs: catalogue } = yield* Effect.promise(() => import("#properties/bugs/catalogue.ts"))
  const only = Option.getOrUndefined(given.only)
  const chosen = only === undefined ? catalogue : catalogue.filter((bug) => bug.id === only)
  if (chosen.length === 0) {
    return yield* new BadInput({ message: `--only ${only}: there is no such planted bug; there are ${catalogue.map((bug) => bug.id).join(", ")}` })
  }
  const results = yield* Effect.tryPromise({
    try: async () => only === undefined ? all(chosen, given) : [await hunted(chosen[0]!, given)],
    catch: (error) => error
  })
  yield* Console.log(given.json ? JSON.stringify(results) : plain(chosen, results))
  const file = Option.getOrUndefined(given.markdown)
  if (file !== undefined) yield* Effect.try({ try: () => writeText(file, markdownOf(chosen, results)), catch: (error) => error })
  const missed = results.filter((caught) => !passes(caught)).length
  if (!given.json) yield* Console.log(`\n${results.length - missed} of ${results.length} planted bugs found, shrunk and named, without false alarms`)
  if (missed > 0) return yield* new ExitWith({ code: 1 })
})).pipe(Command.withDescription("Hunt the planted bugs: the track record"))
