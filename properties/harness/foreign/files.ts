/** Files, judged: what `plimsoll judge` and `plimsoll teeth` do with what people have. */
import { charts } from "#model/cluster.ts"
import type { Line } from "#model/events.ts"
import { properties } from "#properties/all.ts"
import { foreign } from "#properties/foreign.ts"
import { everything, type Need, sourceOf } from "#properties/hearing.ts"
import { isChange } from "#properties/history.ts"
import { detect, heardIn, newFacts } from "#properties/harness/judge/input.ts"
import { Course } from "#properties/harness/judge/input/course.ts"
import { givenFlag, limitsOf } from "#properties/harness/judge/input/flags.ts"
import { judgeOwn } from "#properties/harness/judge/input/own.ts"
import { ForeignJudge } from "#properties/harness/foreign/judge.ts"
import { type Breach, ofStreams, stampOf, type Verdict } from "#properties/harness/foreign/verdict.ts"

export interface Given {
  readonly ahead_ms?: number
  readonly rest_ms?: number
  /** "COMPONENT.FLAG=VALUE". */
  readonly flags?: ReadonlyArray<string>
}

export interface Judged {
  readonly verdicts: ReadonlyArray<Verdict>
  readonly lines: number
  /** Where nothing is concluded from before to after. */
  readonly gaps: ReadonlyArray<{ readonly at: string; readonly why: string }>
  /** What was odd about the files. */
  readonly notes: ReadonlyArray<string>
  /** What monitors gave up. */
  readonly undecided: ReadonlyArray<string>
  /** Of charts that the model does not have. */
  readonly unknownCharts: ReadonlyArray<Breach>
}

/** What recordings, watches and audit logs can tell. */
const inRecordings: ReadonlySet<Need> = new Set<Need>(["objects", "times", "versions", "requests"])

const heardOf = (heard: Set<Need>, { event }: Line): void => {
  if (!isChange(event)) return void heard.add(sourceOf(event.type))
  heard.add("objects").add(event.resource as Need)
}

/** Throws BadInputFile. */
export const judgeFiles = async (files: ReadonlyArray<string>, given: Given = {}): Promise<Judged> => {
  const facts = newFacts()
  const form = files.length === 1 ? await detect(files[0]!) : undefined
  const flags = [...given.flags ?? []].map(givenFlag)
  const limits = () => limitsOf(flags.reduce((all, [component, flag]) =>
    ({ ...all, [component]: `${String(all[component] ?? "")} ${flag}` }), facts.flags))
  const judge = new ForeignJudge({ charts, properties: [...properties, ...foreign], limits,
    ...(form === "run" ? { isOwn: true } : form === "own" ? {} : { told: inRecordings }),
    ...(given.rest_ms === undefined ? {} : { rest_ms: given.rest_ms }) })
  const heard = new Set<Need>()
  if (form === "run" || form === "own") {
    heard.add("times")
    // A run of ours tells everything: what it does not tell has not been.
    if (form === "run") for (const need of everything) heard.add(need)
    await judgeOwn(files[0]!, judge, (line) => heardOf(heard, line))
  } else {
    const course = new Course(judge)
    for await (const piece of heardIn(files, facts, given.ahead_ms === undefined ? {} : { ahead_ms: given.ahead_ms })) {
      for (const one of piece) course.hear(one)
    }
    course.end()
    heard.add("objects")
    if (facts.hasVersions) heard.add("versions")
    if (facts.hasTimes) heard.add("times")
    for (const source of facts.sources) heard.add(source as Need)
    for (const resource of course.resources) if (!course.partial.has(resource)) heard.add(resource as Need)
  }
  return {
    verdicts: [...judge.verdicts(heard), ...ofStreams(facts.streams)],
    lines: judge.lines, notes: facts.notes, undecided: judge.undecided,
    gaps: judge.gaps.map(({ at_ms, why }) => ({ at: stampOf(at_ms), why })),
    unknownCharts: [...judge.unknownCharts.values()]
  }
}
