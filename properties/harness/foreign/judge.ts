/**
 * The judge of what others wrote: charts and promises over one course of lines after the other. Nothing is concluded
 * over a gap: each course begins with the sight of what there is. What must come true in time is asked at the end, and
 * what holds at rest if it was quiet for long enough.
 */
import type { AnyStateMachine } from "xstate"
import type { Line } from "#model/events.ts"
import { chartOf } from "#model/observed.ts"
import { isHeartbeat } from "#properties/cluster/rest.ts"
import { isSource, type Need, needsOf, sourceOf } from "#properties/hearing.ts"
import { committed, isChange } from "#properties/history.ts"
import type { Limits } from "#properties/history/limits.ts"
import { Conformance, type Disagreement } from "#properties/harness/judge.ts"
import { chartLimits } from "#properties/harness/judge/input/flags.ts"
import type { Sink } from "#properties/harness/judge/input/course.ts"
import { type Breach, breachOf, lackOf, type Verdict } from "#properties/harness/foreign/verdict.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import type { Property } from "#properties/property.ts"

/** Nothing is written but leases, heartbeats and Events for so long: whoever had something to do has done it. */
export const rest_ms = 1_000 // ASSUMED: a sync and its write take milliseconds; in 26 recordings all was done by then.
const ofOurs = "Plimsoll's own run: it holds where code takes no time"
const batch = 500 // ASSUMED: as in a run.

export interface Options {
  readonly charts: Readonly<Record<string, AnyStateMachine>>
  readonly properties: ReadonlyArray<Property>
  /** The cluster's timers, asked at the first line: a file's header says them. */
  readonly limits?: () => Readonly<Limits>
  readonly rest_ms?: number
  /** Sources that can be in such files at all: whoever needs another is not asked. Absent: any. */
  readonly told?: ReadonlySet<Need>
  /** Lines are Plimsoll's own: what holds of them alone is judged too. */
  readonly isOwn?: true
}

/** What a chart must hear: whose lines they are shows in the events that it takes. */
const isAsked = (property: Property, { isOwn, told }: Options): boolean =>
  property.kind !== "sometimes" && (isOwn === true || property.isOurs !== true)
  && (told === undefined || needsOf(property).every((need) => !isSource(need) || told.has(need)))

const isRestless = (line: Line): boolean => {
  if (!isChange(line.event) || line.event.resource === "leases" || line.event.resource === "events") return false
  const node = committed(line, "nodes")
  return node?.type !== "object.updated" || !isHeartbeat(node.previous, node.object)
}

/** Whose lines a chart takes. */
const heardBy = ({ events }: AnyStateMachine): ReadonlyArray<Need> =>
  [...new Set((events as ReadonlyArray<string>).filter((event) => !event.startsWith("xstate.")).map(sourceOf))]

/** No promise asks what was longer ago, but for how it began. */
const remembered_ms = 3_600_000

interface Counted {
  times: number
  breach: Breach | undefined
}

export class ForeignJudge implements Sink {
  readonly #options: Options
  readonly #properties: ReadonlyArray<Property>
  readonly #promises: ReadonlyArray<Counted>
  readonly #charts: ReadonlyMap<string, Counted>
  /** Breaches of a chart whose name the model does not have. */
  readonly unknownCharts = new Map<string, Breach>()
  #conformance: Conformance
  #monitors: Monitors
  #lines: Array<Line> = []
  #wheres: Array<string> = []
  #last: Line | undefined
  #forgot_ms = -Infinity
  readonly #malformed = new Set<number>()
  #calmSince_ms = 0
  #restSince_ms = 0
  lines = 0
  /** Why one course ended and another began. */
  readonly gaps: Array<{ readonly at_ms: number; readonly why: string }> = []
  readonly undecided: Array<string> = []

  constructor(options: Options) {
    this.#options = options
    this.#properties = options.properties.filter((property) => isAsked(property, options))
    this.#promises = this.#properties.map(() => ({ times: 0, breach: undefined }))
    this.#charts = new Map(Object.keys(options.charts).map((name) => [name, { times: 0, breach: undefined }]))
    ;[this.#conformance, this.#monitors] = this.#fresh()
  }

  #fresh(): [Conformance, Monitors] {
    const { charts, limits } = this.#options
    const given = limits?.()
    return [new Conformance({ charts, ...(given === undefined ? {} : { limits: chartLimits(given) }) }),
      new Monitors(this.#properties, given)]
  }

  begin(at_ms: number): void {
    [this.#conformance, this.#monitors] = this.#fresh()
    this.#calmSince_ms = at_ms
    this.#restSince_ms = at_ms
  }
  disturbed(at_ms: number): void {
    this.#calmSince_ms = at_ms
  }

  line(line: Line, where: string): void {
    this.lines++
    this.#last = line
    if (isRestless(line)) this.#restSince_ms = line.at_ms
    this.#step(line, where)
    this.#lines.push(this.#stated(line))
    this.#wheres.push(where)
    if (this.#lines.length >= batch) this.#hear()
  }

  /** Whoever leaves out the states is told them by the charts; of recordings nobody asks for them. */
  #stated(line: Line): Line {
    const { came } = this.#conformance
    return this.#options.told !== undefined || line.state !== undefined || came === undefined ? line
      : { ...line, state: came }
  }
  #step(line: Line, where: string): void {
    try {
      const parted = this.#conformance.line(line)
      if (parted !== undefined) this.#part(parted, where)
    } catch (error) {
      // Of others' objects anything may be missing; of our own lines it is our mistake.
      if (this.#options.isOwn === true) throw error
      this.#malformed.add(line.seq)
      const breach = breachOf({ kind: "conformance", at_ms: line.at_ms, line,
        message: `it is not such an object as an API server stores: ${String(error)}` }, where)
      const chart = this.#charts.get(line.chart)
      if (chart !== undefined) chart.breach ??= breach
    }
  }

  forget(resource: string, uid: string): void {
    this.#conformance.forget("etcd", chartOf(resource), uid)
  }

  #part(parted: Disagreement, where: string): void {
    const breach = breachOf({ kind: "conformance", at_ms: parted.line.at_ms, line: parted.line,
      message: parted.message }, where)
    const chart = this.#charts.get(parted.chart)
    if (chart !== undefined) chart.breach ??= breach
    else if (!this.unknownCharts.has(parted.chart)) this.unknownCharts.set(parted.chart, breach)
  }

  #hear(): void {
    const [first] = this.#lines
    for (const broken of this.#monitors.hear(this.#lines)) {
      this.#break(broken.property, breachOf(broken, this.#wheres[broken.line.seq - first!.seq]))
    }
    const now_ms = this.#lines.at(-1)?.at_ms ?? 0
    if (this.#options.isOwn !== true && now_ms - this.#forgot_ms > remembered_ms / 4) {
      this.#forgot_ms = now_ms
      this.#monitors.forget(now_ms - remembered_ms)
    }
    this.#lines = []
    this.#wheres = []
  }
  #break(name: string, breach: Breach): void {
    // The chart has said so already.
    if (breach.kind === "crash" && breach.seq !== undefined && this.#malformed.has(breach.seq)) return
    // A monitor that fails is our own fault, whoever wrote the line.
    const at = this.#properties.findIndex((property) => breach.kind === "crash"
      ? breach.message.startsWith(`${property.name}:`) : property.name === name)
    if (at >= 0) this.#promises[at]!.breach ??= breach
  }

  end(at_ms: number, why: string | undefined): void {
    this.#hear()
    if (why !== undefined) this.gaps.push({ at_ms, why })
    else {
      const isAtRest = at_ms - Math.max(this.#restSince_ms, this.#calmSince_ms) >= (this.#options.rest_ms ?? rest_ms)
      for (const broken of this.#monitors.atEnd(at_ms, { calmSince_ms: this.#calmSince_ms, isAtRest })) {
        this.#break(broken.property, breachOf(broken, undefined))
      }
      const late = this.#last === undefined ? undefined : this.#conformance.end({ ...this.#last, at_ms })
      if (late !== undefined) this.#part(late, "")
    }
    for (const [place, times] of this.#monitors.premises.entries()) this.#promises[place]!.times += times
    for (const [name, judged] of this.#conformance.judgedBy) this.#charts.get(name)!.times += judged
    this.undecided.push(...this.#monitors.undecided)
  }

  /** `heard`: the sources and kinds that were there. */
  verdicts(heard: ReadonlySet<Need>): ReadonlyArray<Verdict> {
    return [...this.#ofCharts(heard), ...this.#ofPromises(heard)]
  }
  #ofCharts(heard: ReadonlySet<Need>): ReadonlyArray<Verdict> {
    const lacking = (name: string): ReadonlyArray<Need> =>
      heardBy(this.#options.charts[name]!).filter((need) => !heard.has(need))
    return [...this.#charts].map(([name, { breach, times }]) => ({
      name, kind: "chart", invariants: [], times,
      ...(times === 0 ? { verdict: "not judged", lacks: lackOf(lacking(name)) } as const
        : breach === undefined ? { verdict: "held" } as const : { verdict: "broken", breach } as const)
    }))
  }
  #ofPromises(heard: ReadonlySet<Need>): ReadonlyArray<Verdict> {
    return this.#options.properties.flatMap((property): ReadonlyArray<Verdict> => {
      const { invariants, kind, name } = property
      if (kind === "sometimes") return []
      const at = this.#properties.indexOf(property)
      const lacking = needsOf(property).filter((need) => !heard.has(need))
      if (at < 0 || lacking.length > 0) {
        return [{ name, kind, invariants, times: 0, verdict: "not judged",
          lacks: lacking.length > 0 ? lackOf(lacking) : ofOurs }]
      }
      const { breach, times } = this.#promises[at]!
      return [{ name, kind, invariants, times,
        ...(breach === undefined ? { verdict: "held" } as const : { verdict: "broken", breach } as const) }]
    })
  }
}
