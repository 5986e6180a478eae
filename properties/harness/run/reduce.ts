/**
 * From a failure to what is kept of it: the smallest input that fails in the same way, and its lines.
 *
 * While a failure is shrunk, recorded and replayed, nobody listens but the property that broke (for conformance the
 * charts): another property that breaks earlier would hide it, and a trace must end at the same line each time. The
 * phases of a run end when nobody waits for anything, so with fewer listeners they would end earlier or later: their
 * ends are pinned to those of the run that failed.
 */
import type { Line } from "#model/events.ts"
import { keyOf } from "#properties/harness/run/monitors.ts"
import { Run, run, type Broken, type Options, type RunResult } from "#properties/harness/run.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import { shrink, type Failure, type Progress, type Shrunk, type Test } from "#properties/harness/run/shrink.ts"

type What = Pick<Broken, "kind" | "property">

/** With the phases as long as they were when it broke, whoever listens. */
export const pinned = (input: RunInput, { at_ms, core_ms, kind }: Broken): RunInput => ({
  ...input, ...(core_ms === undefined ? {} : { core_ms }), ...(kind === "liveness" ? { until_ms: at_ms } : {})
})

export const narrowed = (options: Options, { kind, property }: What): Options => {
  const { judge, ...rest } = options
  if (kind === "crash") return options
  return {
    ...rest, patient: kind !== "liveness",
    properties: kind === "conformance" ? [] : options.properties.filter(({ name }) => name === property),
    ...(kind === "conformance" && judge !== undefined ? { judge } : {})
  }
}

export const failureOf = (broken: Broken): Failure =>
  ({ key: keyOf(broken), at_ms: broken.at_ms, needsLiveness: broken.kind === "liveness" })

/** Runs a candidate; one that is still undecided when time is over counts as one that holds. */
const testOf = (options: Options, isOver: () => boolean): Test => (input) => {
  const one = new Run(input, options)
  while (one.step()) if (isOver()) return undefined
  const { broken } = one.result()
  return broken === undefined ? undefined : failureOf(broken)
}

/** `repeats` is false when it does not fail again, or not in time: then the input is as it was given. */
export const reduce = (
  input: RunInput, broken: Broken, options: Options, budget_ms: number, progress?: (progress: Progress) => void
): Shrunk => {
  const now_ms = () => performance.now()
  const end_ms = now_ms() + budget_ms
  const test = testOf(narrowed(options, broken), () => now_ms() >= end_ms)
  const small = shrink(broken.kind === "crash" ? input : pinned(input, broken), test,
    { budget_ms, now_ms, ...(progress === undefined ? {} : { progress }) })
  return small.repeats ? small : { ...small, input }
}

/** Runs the input again with a recorder, as it is for a trace: up to the line at which `what` breaks. */
export const recorded = (input: RunInput, what: What, options: Options, record: (line: Line) => void): RunResult =>
  run(input, { ...narrowed(options, what), record })
