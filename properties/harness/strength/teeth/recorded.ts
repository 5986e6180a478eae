/**
 * Would charts and promises notice a lie about somebody else's cluster? Recordings are mutated in memory and judged
 * again as `plimsoll judge` judges them.
 */
import type { AnyStateMachine } from "xstate"
import { ForeignJudge } from "#properties/harness/foreign/judge.ts"
import { ofStreams } from "#properties/harness/foreign/verdict.ts"
import { newFacts } from "#properties/harness/judge/input.ts"
import { Course } from "#properties/harness/judge/input/course.ts"
import { limitsOf } from "#properties/harness/judge/input/flags.ts"
import type { Heard } from "#properties/harness/judge/input/heard.ts"
import { Order } from "#properties/harness/judge/input/order.ts"
import { RecordingReader } from "#properties/harness/judge/input/recording.ts"
import { type Need } from "#properties/hearing.ts"
import type { Property } from "#properties/property.ts"
import { whyEquivalent } from "#properties/harness/strength/teeth/recorded-equivalence.ts"
import { withMeaning } from "#properties/harness/strength/teeth/recorded-lies.ts"
import { ofEvents } from "#properties/harness/strength/teeth/recorded-mutate.ts"
import { type Liar, type Lie, type Recorded, Story, told } from "#properties/harness/strength/teeth/recorded-story.ts"
import type { Pick } from "#properties/harness/strength/teeth/mutate.ts"

export const liars: Readonly<Record<string, Liar>> = { ...ofEvents, ...withMeaning }

export interface Options {
  readonly charts: Readonly<Record<string, AnyStateMachine>>
  readonly properties: ReadonlyArray<Property>
  /** Mutants of each kind, over all recordings. */
  readonly perKind: number
  readonly pick: Pick
}
export type Rejected = { readonly by: "charts" | "promises"; readonly message: string }
export interface RecordedScore {
  mutants: number
  equivalent: number
  byCharts: number
  rejected: number
}
export interface RecordedSurvivor {
  readonly kind: string
  readonly file: string
  readonly what: string
}
export interface RecordedTeeth {
  readonly scores: Readonly<Record<string, RecordedScore>>
  readonly survivors: ReadonlyArray<RecordedSurvivor>
  /** How many were held to be equivalent, by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** The rule held them to be equivalent, and they are rejected all the same: so they are lies, and it is too wide. */
  readonly contradicted: ReadonlyArray<RecordedSurvivor & { readonly why: string; readonly message: string }>
}

/** What it breaks first, if anything. */
export const rejected = (
  lines: Recorded, { charts, properties }: Judging
): Rejected | undefined => {
  const facts = newFacts()
  const judge = new ForeignJudge({ charts, properties, limits: () => limitsOf(facts.flags) })
  const course = new Course(judge)
  const order = new Order()
  const reader = new RecordingReader(facts)
  let into: Array<Heard> = []
  const flush = (): void => {
    for (const one of into) course.hear(one)
    into = []
  }
  for (const [at, line] of lines.entries()) {
    const heard = reader.read(line as never, String(at + 1))
    if (heard !== undefined) order.hear(heard, into)
    flush()
  }
  order.end(into)
  flush()
  course.end()
  const heard = new Set<Need>(["objects", "versions", "times"])
  for (const source of facts.sources) heard.add(source as Need)
  for (const resource of course.resources) if (!course.partial.has(resource)) heard.add(resource as Need)
  const broken = [...judge.verdicts(heard), ...ofStreams(facts.streams)].filter(({ verdict }) => verdict === "broken")
  const [first] = broken.toSorted((a, b) => (a.kind === "chart" ? 0 : 1) - (b.kind === "chart" ? 0 : 1))
  if (first === undefined) return undefined
  return { by: first.kind === "chart" ? "charts" : "promises", message: `${first.name}: ${first.breach!.message}` }
}
type Judging = { readonly charts: Options["charts"]; readonly properties: Options["properties"] }

const draw = (liar: Liar, story: Story, pick: Pick): Lie | undefined => {
  const { events } = story
  const places = events.length
  const from = pick(places)
  for (let tries = 0; tries < places; tries++) {
    const lie = liar(story, events[(from + tries) % places]!, pick)
    if (lie !== undefined) return lie
  }
  return undefined
}

export const teethOfRecordings = (
  recordings: ReadonlyArray<{ readonly file: string; readonly lines: Recorded }>, options: Options
): RecordedTeeth => {
  const stories = recordings.map(({ file, lines }) => {
    const honest = rejected(lines, options)
    if (honest !== undefined) throw new Error(`${file} is rejected before it is mutated: ${honest.message}`)
    return { file, story: new Story(lines) }
  })
  const scores: Record<string, RecordedScore> = {}
  const reasons: Record<string, number> = {}
  const survivors: Array<RecordedSurvivor> = []
  const contradicted: Array<RecordedTeeth["contradicted"][number]> = []
  for (const [kind, liar] of Object.entries(liars)) {
    const score = scores[kind] = { mutants: 0, equivalent: 0, byCharts: 0, rejected: 0 }
    // One recording after the other, so that each has its share.
    for (let tries = 0; tries < 10 * options.perKind && score.mutants < options.perKind; tries++) {
      const { file, story } = stories[(options.pick(stories.length))]!
      const lie = draw(liar, story, options.pick)
      if (lie === undefined) continue
      score.mutants++
      const why = whyEquivalent(kind, lie, story)
      const found = rejected(told(lie, story.lines), options)
      if (why !== undefined && found === undefined) {
        score.equivalent++
        reasons[why] = (reasons[why] ?? 0) + 1
        continue
      }
      if (why !== undefined) contradicted.push({ kind, file, what: lie.what, why, message: found!.message })
      if (found === undefined) survivors.push({ kind, file, what: lie.what })
      else {
        score.rejected++
        if (found.by === "charts") score.byCharts++
      }
    }
  }
  return { scores, survivors, reasons, contradicted }
}
