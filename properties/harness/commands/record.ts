/** plimsoll record: the life of a real cluster as its watches show it, into a file that judge reads. */
import { homedir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { BadInput, version } from "#properties/harness/commands/outcome.ts"
import type { Progress, Recorded } from "#properties/harness/record/recorder.ts"

const units_ms: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const millis = (text: string): number => {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) {
    throw new BadInput({ message: `--for ${text}: expected a duration such as 90s, 10m or 1h30m` })
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units_ms[unit!]!, 0)
}

const short = (ms: number): string => {
  const seconds = Math.round(ms / 1_000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

/** Goes on until a signal comes, or the time is over; a second signal ends the process as usual. */
const stopping = (for_ms: number | undefined): { readonly signal: AbortSignal; readonly done: () => void } => {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  const timer = for_ms === undefined ? undefined : setTimeout(stop, for_ms)
  process.once("SIGINT", stop).once("SIGTERM", stop)
  return {
    signal: controller.signal,
    done: () => {
      clearTimeout(timer)
      process.off("SIGINT", stop).off("SIGTERM", stop)
    }
  }
}

/** What is worth knowing while it goes on, on stderr. A line that changes on a terminal only. */
const show = (progress: Progress, isQuiet: boolean): (() => void) => {
  const { context, lines, missing, notes, version: of, watches } = progress
  if (!isQuiet) {
    const what = `${many(watches.length, "kind")} of ${context}${of === "" ? "" : `, ${of}`}`
    console.error(`recording ${what}; Ctrl-C ends it`)
  }
  for (const [why, same] of Map.groupBy(missing, (one) => one.why)) {
    console.error(`plimsoll: not recorded: ${same.map(({ resource }) => resource).join(", ")}: ${why}`)
  }
  for (const note of notes) console.error(`plimsoll: ${note}`)
  if (!process.stderr.isTTY || isQuiet) return () => undefined
  const timer = setInterval(() => {
    const failing = watches.filter(({ tally }) => tally.trouble !== undefined).length
    process.stderr.write(`\r\x1b[K${many(lines(), "line")}${failing === 0 ? "" : `, ${failing} kinds fail`}`)
  }, 1_000).unref()
  return () => {
    clearInterval(timer)
    process.stderr.write("\r\x1b[K")
  }
}

const shown_max = 5

const text = ({ context, kinds, lasted_ms, lines, out }: Recorded): string => {
  const all = Object.entries(kinds)
  const sum = (of: "changes" | "bookmarks" | "resumed"): number => all.reduce((total, [, one]) => total + one[of], 0)
  const gaps = all.filter(([, { lists }]) => lists > 1).map(([resource, { lists }]) => `${resource} ${lists - 1}`)
  const failing = all.filter(([, { trouble }]) => trouble !== undefined)
  return [
    `recorded  ${context} for ${short(lasted_ms)}: ${many(all.length, "kind")}, ${many(lines, "line")} → ${out}`,
    `          ${many(sum("changes"), "change")}, ${many(sum("bookmarks"), "bookmark")}; ` +
      `${many(sum("resumed"), "watch")} opened again without loss`.replace("watchs", "watches"),
    ...(gaps.length === 0 ? [] : [`gaps      listed anew, since the cluster no longer knew where they stood: ${
      gaps.join(", ")}`]),
    ...failing.slice(0, shown_max).map(([resource, { trouble }]) => `failed    ${resource}: ${trouble}`),
    ...(failing.length <= shown_max ? [] : [`failed    and ${failing.length - shown_max} kinds more`])
  ].join("\n")
}

interface Given {
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
  readonly for: Option.Option<string>
  readonly out: string
  readonly resources: Option.Option<string>
  readonly flag: ReadonlyArray<string>
  readonly scenario: string
  readonly why: string
  readonly json: boolean
}

const recordAs = async (given: Given): Promise<Recorded> => {
  const for_ms = Option.map(given.for, millis)
  const [{ record: recordCluster }, { CannotRecord }] = await Promise.all([
    import("#properties/harness/record/recorder.ts"), import("#properties/harness/record/cluster.ts")
  ])
  const stop = stopping(Option.getOrUndefined(for_ms))
  let hide = (): void => undefined
  try {
    return await recordCluster({
      kubeconfig: Option.getOrElse(given.kubeconfig, () =>
        process.env["KUBECONFIG"] || join(homedir(), ".kube", "config")),
      context: Option.getOrUndefined(given.context), out: given.out, flags: given.flag,
      resources: Option.getOrElse(given.resources, () => "").split(",").map((name) => name.trim())
        .filter((name) => name !== ""),
      scenario: given.scenario, why: given.why, by: `plimsoll ${version}`
    }, {
      now: Date.now, chance: Math.random, stop: stop.signal,
      wait: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
      begun: (progress) => {
        hide = show(progress, given.json)
      }
    })
  } catch (error) {
    throw error instanceof CannotRecord ? new BadInput({ message: error.message }) : error
  } finally {
    hide()
    stop.done()
  }
}

export const record = Command.make("record", {
  kubeconfig: Flag.String("kubeconfig").pipe(
    Flag.withDescription("Where the cluster is and who asks; default: $KUBECONFIG, or ~/.kube/config"), Flag.optional),
  context: Flag.String("context").pipe(Flag.withDescription("Another context than the current one"), Flag.optional),
  for: Flag.String("for").pipe(
    Flag.withDescription("How long, e.g. 90s, 10m, 1h30m; default: until Ctrl-C"), Flag.optional),
  out: Flag.String("out").pipe(Flag.withDescription("The file to write; packed if its name ends in .gz")),
  resources: Flag.String("resources").pipe(
    Flag.withDescription("Only these, e.g. pods,nodes,leases; default: all that Plimsoll knows"), Flag.optional),
  flag: Flag.String("flag").pipe(
    Flag.withDescription("A flag that differs from its default and cannot be read from the cluster, " +
      "e.g. kube-controller-manager.node-monitor-grace-period=12s; may come again"), Flag.between(0, Infinity)),
  scenario: Flag.String("scenario").pipe(
    Flag.withDescription("A name for the header; default: the context"), Flag.withDefault("")),
  why: Flag.String("why").pipe(Flag.withDescription("A sentence for the header"), Flag.withDefault("")),
  json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false))
}, (given) => Effect.gen(function*() {
  const recorded = yield* Effect.tryPromise({ try: () => recordAs(given), catch: (error) => error })
  const { failed, kinds } = recorded
  const all = Object.values(kinds)
  if (failed === undefined && all.every(({ lists }) => lists === 0)) {
    const others = all.length === 1 ? "" : `; and so for ${many(all.length - 1, "kind")} more`
    const why = all[0]?.trouble ?? "it was over too soon"
    return yield* new BadInput({ message: `nothing was recorded: ${why}${others}` })
  }
  yield* Console.log(given.json ? JSON.stringify(recorded) : text(recorded))
  if (failed !== undefined) {
    return yield* new BadInput({
      message: `cannot write ${given.out} any more: ${failed}; what was recorded until then is kept`
    })
  }
})).pipe(Command.withDescription("Record a real cluster: what its watches show, for judge"))
