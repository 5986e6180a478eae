/** What every command that runs the cluster listens with: the charts, the properties, and a coverage to add to. */
import { ownCharts as charts } from "#model/cluster.ts"
import { properties } from "#properties/all.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { Coverage } from "#properties/harness/judge/coverage.ts"
import { run, type Broken, type Judge, type Options, type RunResult } from "#properties/harness/run.ts"
import { narrowed } from "#properties/harness/run/reduce.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import { formatVersion, type Header } from "#traces/format.ts"
import { make as makeRecorder, type Recorder } from "#traces/recorder.ts"
import { version } from "#properties/harness/commands/outcome.ts"

export interface Judging {
  readonly coverage: Coverage
  readonly options: Options
}

/** `parts`: a planted bug. */
export const judging = (parts?: Options["parts"]): Judging => {
  const coverage = new Coverage()
  const judge = (): Judge => new Conformance({ charts, coverage })
  judge()
  return { coverage, options: { properties, judge, ...(parts === undefined ? {} : { parts }) } }
}

type About = Pick<Header, "why"> & Partial<Pick<Header, "bug" | "shrunk">>

export interface Recorded {
  readonly text: string
  readonly result: RunResult
  /** The line at which it broke. */
  readonly seq: number | undefined
}

/** Runs the input again with the recorder on. `what` broke: nobody else listens, so that it ends at the same line. */
export const record = (
  input: RunInput, options: Options, about: About,
  what?: Pick<Broken, "kind" | "property">
): Recorded => {
  const recorder = makeRecorder()
  const result = run(input, { ...(what === undefined ? options : narrowed(options, what)), record: recorder.line })
  return { text: traceOf(recorder, input, result.broken, about), result, seq: result.broken?.line?.seq }
}

/** What was recorded, as a file. */
export const traceOf = (
  recorder: Recorder, input: RunInput, broken: Broken | undefined, about: About
): string => {
  const seq = broken?.line?.seq
  return recorder.trace({
    plimsoll: "trace", format: formatVersion, version, ...about,
    ...(broken === undefined ? {} : {
      broke: {
        kind: broken.kind, property: broken.property, invariants: broken.invariants, message: firstLine(broken.message),
        ...(seq === undefined ? {} : { seq }),
        ...(broken.obligation === undefined ? {} : { obligation: broken.obligation })
      }
    }),
    input
  })
}

/** A stack is not the same on every machine: only what went wrong stands in a trace. */
const firstLine = (message: string): string => message.split("\n")[0]!

/** "a-pod-is-bound-at-most-once": the name of a trace's file. */
export const slug = (sentence: string): string =>
  sentence.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60)
