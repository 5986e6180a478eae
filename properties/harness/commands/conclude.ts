/**
 * How a campaign ends: each way in which it failed is kept, shrunk within a budget for all of them, recorded and shown;
 * then the summary. Whatever shrinking comes to, a failure is written first and printed in any case.
 */
import { Run, type Options } from "#properties/harness/run.ts"
import { narrowed, reduce } from "#properties/harness/run/reduce.ts"
import { nameOf, type Failed, type Summary } from "#properties/harness/run/tally.ts"
import { judging, slug, traceOf } from "#properties/harness/commands/judging.ts"
import { junit } from "#properties/harness/commands/junit.ts"
import { writeText } from "#properties/harness/commands/outcome.ts"
import { foundText, sizeOf, speed, summaryText, verdictText } from "#properties/harness/commands/report.ts"
import type { Campaign } from "#properties/harness/commands/results.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import type { Line } from "#model/events.ts"
import { make as makeRecorder } from "#traces/recorder.ts"

export interface Ending {
  readonly out: string
  /** For all failures together. */
  readonly shrinkSeconds: number
  readonly json: boolean
  readonly verbose: boolean
  readonly junit: string | undefined
  readonly note?: string | undefined
  /** Who listens when a failure is run again; default: everybody. */
  readonly listening?: Options
}

/** Runs the input with a recorder until it breaks, is over, or `isOver`; undefined: it was not over in time. */
const record = (input: RunInput, options: Options, isOver: () => boolean) => {
  const recorder = makeRecorder()
  const lines: Array<Line> = []
  const one = new Run(input, { ...options, record: (line) => {
    recorder.line(line)
    lines.push(line)
  } })
  while (one.step()) if (isOver()) return undefined
  return { recorder, lines, result: one.result() }
}

/** Of the budget: what is left is for the recording. */
const toShrink = 0.8 // ASSUMED: a recording takes about as long as one candidate.

/** Writes its trace and says what is to be said of it. */
const explain = (
  failed: Failed, summary: Summary, file: string, budget_ms: number, options: Options
): string => {
  const { broken: asFound, input: original } = failed
  const end_ms = performance.now() + budget_ms
  const why = `plimsoll check --seed ${summary.seed} found it in ${nameOf(failed)}`
  const sizes = (smaller: RunInput) => {
    const [before, after] = [sizeOf(original), sizeOf(smaller)]
    return { operations: [before.operations, after.operations], faults: [before.faults, after.faults],
      choices: [before.choices, after.choices] } as const
  }
  /** A trace without lines holds all that is needed to record them. */
  const keep = (input: RunInput) =>
    writeText(file, traceOf(makeRecorder(), input, asFound, { why, shrunk: sizes(input) }))
  keep(original)
  const isCrash = asFound.kind === "crash"
  const small = isCrash ? { input: original, isMinimal: true, repeats: true }
    : reduce(original, asFound, options, toShrink * budget_ms)
  const { input, repeats } = small
  // One that does not break alone is recorded as it was found, with everybody listening.
  const recorded = record(input, repeats ? narrowed(options, asFound) : options, () => performance.now() >= end_ms)
  const broken = recorded?.result.broken ?? asFound
  const shown = { ...failed, broken, seed: summary.seed, runs: summary.runs, before: sizeOf(original),
    after: sizeOf(input), lines: recorded?.lines ?? [] }
  if (recorded === undefined) {
    keep(input)
    const note = "not recorded, the budget was over (--shrink-seconds): the trace has the input, but no lines"
    return foundText({ ...shown, isMinimal: false, file, note })
  }
  const about = { why, shrunk: sizes(input) }
  writeText(file, traceOf(recorded.recorder, input, repeats ? recorded.result.broken : undefined, about))
  const note = repeats ? undefined : recorded.result.broken === undefined
    ? "it did not break again: Plimsoll is not deterministic here, please report it"
    : "it did not break again within the budget while nobody else listened, so it is as it was found"
  return foundText({ ...shown, isMinimal: small.isMinimal, file, note })
}

/** Shows all; each failure is handled in turn, with an equal part of what is left of the budget. */
export const conclude = ({ coverage: counts, summary }: Campaign, ending: Ending): void => {
  const { coverage, options: everybody } = judging()
  const options = ending.listening ?? everybody
  for (const one of counts) coverage.add(one)
  if (!ending.json) {
    if (ending.note !== undefined) console.log(ending.note)
    console.log(summaryText(summary, coverage, options.properties.length, ending.verbose))
  }
  const names = new Set<string>()
  const end_ms = performance.now() + ending.shrinkSeconds * 1000
  const files = summary.failures.map((failed, i) => {
    const sentence = slug(failed.broken.property)
    const name = names.has(sentence) ? `${sentence}-${i + 1}` : sentence
    names.add(name)
    const budget_ms = Math.max(0, end_ms - performance.now()) / (summary.failures.length - i)
    const file = `${ending.out}/${name}.ndjson`
    const text = explain(failed, summary, file, budget_ms, options)
    if (!ending.json) console.log(text)
    return file
  })
  if (ending.junit !== undefined) writeText(ending.junit, junit(summary, options.properties, files))
  if (!ending.json) {
    console.log(`\n${verdictText(summary)}`)
    return
  }
  const { failures, sometimes, ...rest } = summary
  const said = failures.map(({ broken, count, example, run }, i) =>
    ({ broken: { ...broken, line: broken.line?.seq }, count, run, example, trace: files[i]! }))
  const { count: _, ...first } = said[0] ?? { count: 0 }
  console.log(JSON.stringify({
    ...rest, times: speed(summary), sometimes: Object.fromEntries(sometimes),
    coverage: { reached: coverage.reached, reachable: coverage.reachable, transitions: coverage.transitions,
      unreached: coverage.unreached(), untaken: coverage.untaken() },
    failures: said, ...first
  }))
}
