/** How a campaign and a failure read on a terminal. Pure: text in, text out. */
import { cited } from "#properties/harness/commands/cited.ts"
import type { Coverage } from "#properties/harness/judge/coverage.ts"
import type { Summary } from "#properties/harness/run/tally.ts"
import type { Broken } from "#properties/harness/run.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import { Names } from "#traces/names.ts"
import { rows } from "#traces/timeline.ts"
import { why } from "#traces/why.ts"
import type { Line } from "#model/events.ts"

const hours = (ms: number): string =>
  ms >= 3_600_000 ? `${(ms / 3_600_000).toFixed(1)} h`
    : ms >= 60_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 1000).toFixed(1)} s`
const counted = (counts: Readonly<Record<string, number>>): string => {
  const sorted = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([name, n]) => `${name} ${n}`).join(", ") || "none"
}
const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)
const wrap = (label: string, text: string): string => `${label.padEnd(12)}${text}`

export interface Size { readonly operations: number; readonly faults: number; readonly choices: number }
export const sizeOf = (input: RunInput): Size => ({
  operations: input.operations.length, faults: input.faults.length,
  choices: input.choices.filter((choice) => choice !== 0).length
})

/** Simulated time over wall time. */
export const speed = (summary: Pick<Summary, "virtual_ms" | "wall_ms">): number =>
  summary.wall_ms === 0 ? 0 : summary.virtual_ms / summary.wall_ms

export const summaryText = (summary: Summary, coverage: Coverage, properties: number, verbose: boolean): string => {
  const { transitions } = coverage
  const unreached = coverage.unreached()
  const shown = verbose ? unreached : unreached.slice(0, 5)
  const more = unreached.length - shown.length
  const { rested, runs, seed, virtual_ms, wall_ms } = summary
  return [
    wrap("runs", `${runs}, of which ${rested} came to rest with every promise kept · seed ${seed}`),
    ...(summary.examples === 0 ? [] : [
      wrap("examples", `${summary.examples} known inputs, and ${summary.variations} runs near one of them`)]),
    wrap("simulated", `${hours(virtual_ms)} in ${hours(wall_ms)}: ${Math.round(speed(summary))} times real time`),
    wrap("looked at", `${summary.lines} lines, ${properties} properties`),
    wrap("operations", counted(summary.operations)),
    wrap("faults", `${total(summary.faults)}: ${counted(summary.faults)}`),
    wrap("coverage", `${coverage.reached} of ${coverage.reachable} (chart, state, event) triples, ` +
      `${transitions.reached} of ${transitions.reachable} transitions`),
    ...(unreached.length === 0 ? [] : [
      wrap("never", `${shown.join("\n            ")}` +
        (more > 0 ? `\n            … and ${more} more (--verbose lists them)` : ""))
    ]),
    ...(summary.never.length === 0 ? [] : [
      wrap("not yet", summary.never.map((name) => summary.missed.includes(name) ? `${name}  (missed)` : name)
        .join("\n            "))
    ]),
    ...(summary.undecided.runs === 0 ? [] : [
      wrap("undecided", [`in ${summary.undecided.runs} runs`, ...summary.undecided.first].join("\n            "))]),
    ...(summary.unfinished.length === 0 ? [] : [wrap("unfinished", summary.unfinished.join("\n            "))])
  ].join("\n")
}

export interface Found {
  readonly broken: Broken
  readonly seed: number
  readonly run: number
  /** What was run instead of a numbered run. */
  readonly example?: string
  /** Runs in which it broke. */
  readonly count: number
  readonly runs: number
  readonly before: Size
  readonly after: Size
  readonly isMinimal: boolean
  readonly file: string
  readonly lines: ReadonlyArray<Line>
  readonly note?: string | undefined
}

const words: Readonly<Record<Broken["kind"], string>> = {
  safety: "always", liveness: "eventually", conformance: "conforms to", crash: "Plimsoll"
}

/** The failure as it is shown: what broke, how small it was made, what led to it, how to see it again. */
export const foundText = (found: Found): string => {
  const { broken, before, after } = found
  const shrunk = (name: keyof Size): string => `${before[name]} → ${after[name]} ${name}`
  const seq = broken.line?.seq
  const names = new Names()
  for (const line of found.lines) names.hear(line)
  const { property, obligation } = broken
  const explained = why({ property, ...(seq === undefined ? {} : { seq }),
    ...(obligation === undefined ? {} : { obligation }) }, found.lines)
  // What opened an obligation comes first; what led to a line stands just before it.
  const past = obligation === undefined ? explained.lines.slice(-20) : explained.lines.slice(0, 20)
  const invariants = broken.invariants.length === 0 ? "" : ` · invariant ${broken.invariants.join(", ")}`
  return [
    "",
    `broke  ${words[broken.kind]}  ${broken.property}${invariants}`,
    ...cited(broken.invariants),
    `       ${names.beside(broken.message).split("\n").join("\n       ")}`,
    `       seed ${found.seed}   ${found.example ?? `run ${found.run + 1}/${found.runs}`}` +
      `${found.count === 1 ? "" : `, and ${found.count - 1} more`}   ` +
      `shrunk ${shrunk("operations")}, ${shrunk("faults")}, ${shrunk("choices")}` +
      (found.isMinimal ? "" : " (out of time, perhaps not the smallest)"),
    ...(found.note === undefined ? [] : [`       ${found.note}`]),
    "",
    ...(found.lines.length === 0 ? [` record  npx plimsoll replay ${found.file} --to ${found.file}`] : [
      ...rows(past, obligation === undefined ? seq : explained.seq),
      ...explained.seen,
      "",
      ` replay  npx plimsoll replay ${found.file}`,
      ` show    npx plimsoll show ${found.file} --why`
    ])
  ].join("\n")
}

/** The last line. An unknown says all its reasons. */
export const verdictText = (summary: Summary): string => {
  const stopped = summary.isAborted ? " (stopped)" : ""
  const { missed, undecided, unfinished, verdict } = summary
  if (verdict === "held") return `held${stopped}`
  if (verdict !== "unknown") {
    const { length } = summary.failures
    return `broke: ${verdict}${length === 1 ? "" : `, and ${length - 1} more`}${stopped}`
  }
  const reasons = [
    ...(summary.runs === 0 || summary.lines === 0 ? ["nothing was decided"] : []),
    ...(missed.length === 0 ? [] : [`${missed.length} situations never occurred that so many runs must have met`]),
    ...(undecided.runs === 0 ? [] : [`${undecided.runs} runs could not be judged to their end`]),
    ...unfinished
  ]
  return `unknown: ${reasons.join("; ")}${stopped}`
}
