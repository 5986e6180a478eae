/**
 * A trace against the charts: each line must be a step that its chart allows, into the state that the line claims,
 * and what a chart says must follow must follow in time.
 *
 * A line is judged by the instance (actor, chart, entity); the first line makes it, in the chart's initial state. The
 * end and the start of a process reach every instance of it: a chart without a transition for the end is forgotten,
 * as is an instance whose state is tagged "gone". Costs O(1) a line.
 */
import type { AnyStateMachine } from "xstate"
import type { Line, StateValue } from "#model/events.ts"
import { compile, type CompiledChart, type Configuration, type Instance } from "#properties/harness/judge/compile.ts"
import { type ChartCoverage, Coverage, mark } from "#properties/harness/judge/coverage.ts"
import { type Emitted, Obligations } from "#properties/harness/judge/obligations.ts"
import { reasonOf, sidesOf } from "#properties/harness/judge/refusal.ts"

export type Charts = Readonly<Record<string, AnyStateMachine>>

export interface Disagreement {
  /** The line at which they part; for an obligation, the first line after its deadline. */
  readonly line: Line
  /** The instance that did not agree: not the line's own for an obligation or the end of a process. */
  readonly chart: string
  readonly actor: string
  readonly entity: string
  readonly why: "unknown chart" | "refused" | "wrong state" | "obligation overdue"
  readonly stateBefore: StateValue | undefined
  readonly context: unknown
  /** What the chart has for the state: "event [guard] [guard]". */
  readonly allowed: ReadonlyArray<string>
  /** What was owed, since which line. */
  readonly obligation?: { readonly entity: string; readonly since_ms: number; readonly actor: string;
    readonly seq: number }
  /** One sentence: what the chart allowed and what came. */
  readonly message: string
}

interface Judge {
  readonly name: string
  readonly chart: CompiledChart
  readonly counts: ChartCoverage
  /** Lines that it judged. */
  judged: number
}
/** The live instances of one actor: by chart, by entity. */
type Instances = Map<string, Map<string, Instance>>

const gone = "gone"
/** Lines of the run itself: what was injected and asked, no component's doing. */
const isOfTheRun = (chart: string): boolean => chart.startsWith("run.")

export class Conformance {
  readonly coverage: Coverage
  readonly #judges = new Map<string, Judge>()
  readonly #actors = new Map<string, Instances>()
  readonly #obligations = new Obligations()
  #judged = 0
  #came: StateValue | undefined

  constructor(options: {
    readonly charts: Charts
    /** A chart's own limits, by the chart's name, where the run's are not the defaults. */
    readonly limits?: Readonly<Record<string, object>>
    /** A campaign's, to which this run adds. */
    readonly coverage?: Coverage
  }) {
    this.coverage = options.coverage ?? new Coverage()
    for (const [name, machine] of Object.entries(options.charts)) {
      const limits = options.limits?.[name]
      const chart = compile(machine, limits === undefined ? undefined : { limits })
      this.#judges.set(name, { name, chart, counts: this.coverage.register(name, chart), judged: 0 })
    }
  }

  /** Lines that a chart judged. */
  get judged(): number {
    return this.#judged
  }
  /** The state into which the last line went that a chart allowed. */
  get came(): StateValue | undefined {
    return this.#came
  }
  /** By chart: lines that it judged. */
  get judgedBy(): ReadonlyMap<string, number> {
    return new Map([...this.#judges].map(([name, { judged }]) => [name, judged]))
  }
  get liveInstances(): number {
    let count = 0
    for (const instances of this.#actors.values()) for (const byEntity of instances.values()) count += byEntity.size
    return count
  }

  line(line: Line): Disagreement | undefined {
    const late = this.#obligations.next_ms < line.at_ms ? this.#overdue(line) : undefined
    if (late !== undefined || isOfTheRun(line.chart)) return late
    const judge = this.#judges.get(line.chart)
    if (judge === undefined) {
      return { line, chart: line.chart, actor: line.actor, entity: line.entity, why: "unknown chart",
        stateBefore: undefined, context: undefined, allowed: [],
        message: `line ${line.seq}: ${line.actor} names the chart "${line.chart}", which the model does not have` }
    }
    this.#judged++
    judge.judged++
    this.#obligations.discharge(line.actor, line.chart, line.entity, line.event.type)
    const byEntity = this.#instancesOf(line.actor, line.chart)
    let instance = byEntity.get(line.entity)
    if (instance === undefined) byEntity.set(line.entity, instance = judge.chart.start())
    const before = instance.configuration
    // The envelope first: what is spread last is copied faster, as events have many shapes.
    const event = { seq: line.seq, at_ms: line.at_ms, clock_ms: line.clock_ms, actor: line.actor, entity: line.entity,
      ...line.event }
    if (!judge.chart.step(instance, event)) return this.#refused(line, judge, instance)
    this.#stepped(judge, line.seq, line.at_ms, line.actor)
    const after = instance.configuration
    this.#came = after.value
    if (line.state !== undefined && !equal(after.value, line.state)) {
      return this.#parted(line, judge, instance, "wrong state", before,
        `goes from ${show(before.value)} to ${show(after.value)}, the line says ${show(line.state)}`)
    }
    if (after.tags.has(gone)) byEntity.delete(line.entity)
    if (line.chart === "hardware.process") this.#process(line)
    return undefined
  }

  /** What that instance went through is not known any more: its next line begins it anew. */
  forget(actor: string, chart: string, entity: string): void {
    this.#actors.get(actor)?.get(chart)?.delete(entity)
  }

  /** At the end of a trace: what should have followed by now. */
  end(last: Line): Disagreement | undefined {
    return this.#overdue(last)
  }

  #instancesOf(actor: string, chart: string): Map<string, Instance> {
    let instances = this.#actors.get(actor)
    if (instances === undefined) this.#actors.set(actor, instances = new Map())
    let byEntity = instances.get(chart)
    if (byEntity === undefined) instances.set(chart, byEntity = new Map())
    return byEntity
  }

  #stepped(judge: Judge, seq: number, at_ms: number, actor: string): void {
    const chart = judge.chart
    mark(judge.counts, chart.taken!)
    for (let i = 0; i < chart.outputs.length; i++) {
      const output = chart.outputs[i] as Emitted
      this.#obligations.owe({ type: output.type, entity: output.entity, chart: output.chart,
        within_ms: output.within_ms, actor: output.actor ?? actor, since: seq, due_ms: at_ms + output.within_ms,
        open: true })
    }
  }

  /** A process ended, started or was paused: its own instances hear it. */
  #process(line: Line): void {
    const actor = line.entity
    const { type } = line.event
    const ended = type === "process.crashed" || type === "process.stopped"
    // Who was told to end may leave things undone.
    if (ended || type === "process.terminating") this.#obligations.waive(actor)
    if (type === "process.paused") this.#obligations.pause(actor, line.at_ms)
    if (type === "process.resumed") this.#obligations.resume(actor, line.at_ms)
    const instances = this.#actors.get(actor)
    if (instances === undefined) return
    for (const [name, byEntity] of instances) {
      const judge = this.#judges.get(name)!
      for (const [entity, instance] of byEntity) {
        const event = { ...line.event, seq: line.seq, at_ms: line.at_ms, clock_ms: line.clock_ms, actor, entity }
        if (judge.chart.step(instance, event)) {
          this.#stepped(judge, line.seq, line.at_ms, actor)
          if (instance.configuration.tags.has(gone)) byEntity.delete(entity)
        } else if (ended) byEntity.delete(entity)
      }
    }
  }

  #overdue(line: Line): Disagreement | undefined {
    const late = this.#obligations.overdue(line.at_ms)
    if (late === undefined) return undefined
    const judge = this.#judges.get(late.chart)
    const instance = this.#actors.get(late.actor)?.get(late.chart)?.get(late.entity)
    const configuration = instance?.configuration
    return { line, chart: late.chart, actor: late.actor, entity: late.entity, why: "obligation overdue",
      obligation: { entity: late.entity, since_ms: late.due_ms - late.within_ms, actor: late.actor, seq: late.since },
      stateBefore: configuration?.value, context: instance?.context,
      allowed: configuration === undefined || judge === undefined ? [] : judge.chart.allowed(configuration),
      message: `line ${late.since} demands ${late.type} of ${late.chart} ${late.entity} by ${late.actor} within ` +
        `${late.within_ms} ms, by ${late.due_ms} ms; at line ${line.seq} it is ${line.at_ms} ms and it has not come` }
  }

  #refused(line: Line, judge: Judge, instance: Instance): Disagreement {
    const { configuration, context } = instance
    const { clock_ms, event } = line
    const guards = judge.chart.explain(configuration, event.type)
    const envelope = { seq: line.seq, at_ms: line.at_ms, clock_ms, actor: line.actor, entity: line.entity }
    const state = show(configuration.value)
    const what = guards.length === 0
      ? `has no ${event.type} in ${state}; it has ${judge.chart.allowed(configuration).join(", ") || "nothing"}`
      : `refuses ${event.type} in ${state}: ${reasonOf(judge.name, guards, context, { ...envelope, ...event })}`
    return this.#parted(line, judge, instance, "refused", configuration, what + sidesOf(context, event, clock_ms))
  }

  #parted(line: Line, judge: Judge, instance: Instance, why: Disagreement["why"], before: Configuration,
    what: string): Disagreement {
    return { line, chart: line.chart, actor: line.actor, entity: line.entity, why, stateBefore: before.value,
      context: instance.context, allowed: judge.chart.allowed(before),
      message: `line ${line.seq} at ${line.at_ms} ms: ${line.chart} of ${line.actor} ${line.entity} ${what}` }
  }
}

const show = (state: StateValue): string => JSON.stringify(state)

const equal = (a: any, b: any): boolean => {
  if (typeof a === "string" || typeof b !== "object" || b === null) return a === b
  let keys = 0
  for (const key in a) {
    if (!equal(a[key], b[key])) return false
    keys++
  }
  for (const _ in b) keys--
  return keys === 0
}
