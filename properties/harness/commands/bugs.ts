/** plimsoll bugs: the track record. Each planted bug is hunted, shrunk, named, and its seeds are run without it. */
import { availableParallelism } from "node:os"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"
import { citedInLine } from "#properties/harness/commands/cited.ts"
import type { Catch } from "#properties/harness/commands/hunters.ts"
import type { Size } from "#properties/harness/commands/report.ts"
import { BadInput, ExitWith, readText, writeText } from "#properties/harness/commands/outcome.ts"

const flags = {
  only: Flag.String("only").pipe(Flag.withDescription("One bug, by its id"), Flag.optional),
  seed: Flag.Int("seed").pipe(Flag.withDescription("Seed of the hunt"), Flag.withDefault(1)),
  findSeconds: Flag.Finite("find-seconds").pipe(Flag.withDescription("Budget for finding each"), Flag.withDefault(60)),
  shrinkSeconds: Flag.Finite("shrink-seconds").pipe(
    Flag.withDescription("Budget for shrinking each"), Flag.withDefault(120)),
  out: Flag.String("out").pipe(
    Flag.withDescription("Directory for the traces and inputs"), Flag.withDefault("plimsoll-out")),
  markdown: Flag.String("markdown").pipe(Flag.withDescription("Write the track record to this file"), Flag.optional),
  keep: Flag.Boolean("keep").pipe(
    Flag.withDescription("Hunt nothing: bring what the harness found itself up to date in --markdown FILE"),
    Flag.withDefault(false)),
  jobs: Flag.Int("jobs").pipe(
    Flag.withDescription("Processes that share a hunt; default: one per core"), Flag.optional),
  share: Flag.String("share").pipe(
    Flag.withDescription("A share of a hunt: FIRST/EVERY"), Flag.withHidden, Flag.optional),
  healthy: Flag.Int("healthy").pipe(
    Flag.withDescription("So many runs with nothing planted"), Flag.withHidden, Flag.optional),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document"), Flag.withDefault(false))
}

const most = 25
const total = ({ operations, faults, choices }: Size): number => operations + faults + choices
const sizeOf = ({ found }: Catch): number => found === undefined ? 0 : total(found.after)
const passes = (caught: Catch): boolean =>
  caught.found !== undefined && caught.found.isNamed && caught.falseAlarms.length === 0 && sizeOf(caught) <= most

const notNamed = " (not what the catalogue names)"
/** With its kept input, which the tests run. */
const nameOf = ({ id }: Bug): string => `[${id}](traces/bugs/${id.toLowerCase()}.json)`
const row = (bug: Bug, caught: Catch): ReadonlyArray<string> => {
  const { found } = caught
  const alarms = caught.falseAlarms.length === 0 ? "none" : caught.falseAlarms.join("; ")
  return found === undefined
    ? [nameOf(bug), bug.source, bug.mechanism, "not found", String(caught.runs), caught.seconds.toFixed(1), "", alarms]
    : [nameOf(bug), bug.source, bug.mechanism,
      `${found.broken.property}${citedInLine(found.broken.invariants)}${found.isNamed ? "" : notNamed}`,
      String(found.run), caught.seconds.toFixed(1), `${total(found.before)} → ${total(found.after)}`, alarms]
}
const heads = [
  "bug", "source", "mechanism", "guarantee that broke", "runs", "seconds", "operations + faults + choices",
  "false alarms"
]
const markdownOf = (bugs: ReadonlyArray<Bug>, results: ReadonlyArray<Catch>): string => [
  "# Track record", "",
  "Real bugs, planted by replacing one part of the cluster, and what the harness made of them. Made anew by " +
    "`npx plimsoll bugs --markdown FILE`; numbers are those of that hunt. The input behind each name is run by the " +
    "tests: it breaks the guarantee with the bug, and nothing without it.", "",
  `| ${heads.join(" | ")} |`, `|${heads.map(() => "---").join("|")}|`,
  ...bugs.map((bug, i) => `| ${row(bug, results[i]!).join(" | ")} |`), ""
].join("\n")

const plain = (bugs: ReadonlyArray<Bug>, results: ReadonlyArray<Catch>): string => bugs.map((bug, i) => {
  const caught = results[i]!
  const { found } = caught
  return `${passes(caught) ? "found " : "MISSED"}  ${bug.id.padEnd(8)} ` +
    (found === undefined ? `not in ${caught.runs} runs, ${caught.seconds.toFixed(0)} s`
    : `run ${found.run}, ${caught.seconds.toFixed(1)} s, ` +
      `shrunk to ${sizeOf(caught)} in ${found.shrinkSeconds.toFixed(0)} s\n` +
      `          ${found.broken.kind}: ${found.broken.property}${citedInLine(found.broken.invariants)}` +
      `${found.isNamed ? "" : notNamed}\n          ${found.broken.message}`) +
    (caught.falseAlarms.length === 0 ? ""
      : `\n          FALSE ALARMS on the same seeds: ${caught.falseAlarms.join("; ")}`)
}).join("\n")

/** Only the second table, which needs no hunt. */
const keep = async (file: string | undefined): Promise<void> => {
  if (file === undefined) {
    throw new BadInput({ message: "--keep needs --markdown FILE, the track record that it brings up to date" })
  }
  const { withFoundTable } = await import("#properties/harness/commands/regressions.ts")
  writeText(file, withFoundTable(readText(file)))
}

export const bugs = Command.make("bugs", flags, (given) => Effect.gen(function*() {
  const file = Option.getOrUndefined(given.markdown)
  if (given.keep) return yield* Effect.tryPromise({ try: () => keep(file), catch: (error) => error })
  const { bugs: catalogue } = yield* Effect.promise(() => import("#properties/harness/strength/bugs/catalogue.ts"))
  const only = Option.getOrUndefined(given.only)
  const chosen = only === undefined ? catalogue : catalogue.filter((bug) => bug.id === only)
  if (chosen.length === 0) {
    const known = catalogue.map((bug) => bug.id).join(", ")
    return yield* new BadInput({ message: `--only ${only}: there is no such planted bug; there are ${known}` })
  }
  const { hunt, report, reportAlarms } = yield* Effect.promise(() => import("#properties/harness/commands/hunters.ts"))
  const options = { ...given, jobs: Option.getOrElse(given.jobs, () => availableParallelism()) }
  const share = Option.getOrUndefined(given.share)
  if (share !== undefined) {
    const [first, every] = share.split("/").map(Number) as [number, number]
    const healthy = Option.getOrUndefined(given.healthy)
    if (healthy === undefined) report(chosen[0]!, options, { first, every })
    else reportAlarms(given.seed, healthy, { first, every })
    return
  }
  const results: Array<Catch> = []
  for (const bug of chosen) {
    results.push(yield* Effect.tryPromise({ try: () => hunt(bug, options), catch: (error) => error }))
  }
  yield* Console.log(given.json ? JSON.stringify(results) : plain(chosen, results))
  if (file !== undefined) {
    const { withFoundTable } = yield* Effect.promise(() => import("#properties/harness/commands/regressions.ts"))
    yield* Effect.try({
      try: () => writeText(file, withFoundTable(markdownOf(chosen, results))), catch: (error) => error
    })
  }
  const missed = results.filter((caught) => !passes(caught)).length
  if (!given.json) {
    yield* Console.log(`\n${results.length - missed} of ${results.length} planted bugs found, ` +
      "shrunk and named, without false alarms")
  }
  if (missed > 0) return yield* new ExitWith({ code: 1 })
})).pipe(Command.withDescription("Hunt the planted bugs: the track record"))
