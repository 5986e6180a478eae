/**
 * Walks a chart by its table and by XState at once and says where they first part: in `can`, state value, context or
 * what is emitted.
 */
import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine } from "xstate"
import type { Line } from "#model/events.ts"
import { CompiledChart, type Instance } from "#properties/harness/judge/compile.ts"

interface AnyEvent { readonly type: string }

export interface Walk {
  readonly offered: number
  readonly taken: number
  /** Undefined: they agree. */
  readonly parted: string | undefined
}

/** An error is an outcome too: a guard may throw on an event that is not for it, and then throws in both. */
const outcome = <A>(of: () => A): A | string => {
  try { return of() } catch { return "threw" }
}

/** `next` draws an event, knowing the context so that it can aim at what guards accept. */
export const walk = (machine: AnyStateMachine, input: unknown, steps: number,
  next: (context: any, value: unknown) => AnyEvent): Walk => {
  const chart = new CompiledChart(machine, input)
  let [snapshot] = initialTransition(machine, input as never) as unknown as [AnyMachineSnapshot]
  const instance = chart.start()
  let taken = 0
  for (let offered = 0; offered < steps; offered++) {
    const event = next(instance.context, instance.configuration.value)
    const before = JSON.stringify(snapshot.value)
    const differs = compare(machine, chart, instance, snapshot, event)
    if (differs.parted !== undefined) {
      return { offered, taken, parted: `${machine.id} in ${before} on ${JSON.stringify(event)}: ${differs.parted}` }
    }
    if (differs.snapshot !== undefined) {
      snapshot = differs.snapshot
      taken++
    }
  }
  return { offered: steps, taken, parted: undefined }
}

/** One event through both; the instance steps when both accept. */
export const compare = (machine: AnyStateMachine, chart: CompiledChart, instance: Instance,
  snapshot: AnyMachineSnapshot, event: AnyEvent): { parted: string | undefined; snapshot?: AnyMachineSnapshot } => {
  const can = outcome(() => snapshot.can(event))
  const tableCan = outcome(() => chart.can(instance, event))
  if (can !== tableCan) return { parted: `can: XState says ${can}, the table ${tableCan}` }
  if (can !== true) return { parted: undefined }
  const result = outcome(() =>
    transition(machine, snapshot as never, event as never) as [AnyMachineSnapshot, Array<any>])
  const kept = { ...instance }
  const stepped = outcome(() => chart.step(instance, event))
  if (typeof result === "string" || typeof stepped === "string") {
    Object.assign(instance, kept)
    return { parted: result === stepped ? undefined : `step: XState ${result}, the table ${stepped}` }
  }
  const [after, actions] = result
  const emitted = actions.filter((action) => action.type === "xstate.emit").map((action) => action.params.event)
  const pairs: ReadonlyArray<readonly [string, unknown, unknown]> = [
    ["state", sorted(after.value), sorted(instance.configuration.value)],
    ["context", after.context, instance.context], ["emitted", emitted, chart.outputs]]
  for (const [what, theirs, ours] of pairs) {
    if (JSON.stringify(theirs, spread) !== JSON.stringify(ours, spread)) {
      return { parted: `${what}: XState ${JSON.stringify(theirs, spread)}, the table ${JSON.stringify(ours, spread)}` }
    }
  }
  return { parted: undefined, snapshot: after }
}

const sorted = (value: any): unknown => typeof value === "string" ? value
  : Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
/** Maps and sets count too. */
const spread = (_key: string, value: unknown): unknown =>
  value instanceof Map || value instanceof Set ? [...value] : value

/** A recorded run through both: instances are made, and hear the end of their process, as the judge does it. */
export class Twins {
  readonly compared = new Map<string, number>()
  readonly #charts: Readonly<Record<string, AnyStateMachine>>
  readonly #tables = new Map<string, CompiledChart>()
  readonly #twins = new Map<string, Map<string, { chart: string; snapshot: AnyMachineSnapshot; instance: Instance }>>()
  readonly #lines_max: number

  /** XState takes its time: at most so many lines of each chart, whole instances. */
  constructor(charts: Readonly<Record<string, AnyStateMachine>>, lines_max: number) {
    this.#charts = charts
    this.#lines_max = lines_max
  }

  /** Another run: nobody from the last one lives on. */
  begin(): void {
    this.#twins.clear()
  }

  line(line: Line): string | undefined {
    if (this.#charts[line.chart] === undefined) return undefined
    let ofActor = this.#twins.get(line.actor)
    if (ofActor === undefined) this.#twins.set(line.actor, ofActor = new Map())
    const key = `${line.chart} ${line.entity}`
    let twin = ofActor.get(key)
    if (twin === undefined) {
      if ((this.compared.get(line.chart) ?? 0) >= this.#lines_max) return undefined
      const machine = this.#charts[line.chart]!
      let table = this.#tables.get(line.chart)
      if (table === undefined) this.#tables.set(line.chart, table = new CompiledChart(machine, {}))
      const [snapshot] = initialTransition(machine, {} as never) as unknown as [AnyMachineSnapshot]
      ofActor.set(key, twin = { chart: line.chart, snapshot, instance: table.start() })
    }
    const parted = this.#both(twin, line, line.actor, line.entity)
    if (parted !== undefined || line.chart !== "hardware.process") return parted
    for (const [other, one] of this.#twins.get(line.entity) ?? []) {
      const heard = this.#both(one, line, line.entity, other.slice(one.chart.length + 1))
      if (heard !== undefined) return heard
    }
    return undefined
  }

  #both(twin: { chart: string; snapshot: AnyMachineSnapshot; instance: Instance }, line: Line, actor: string,
    entity: string): string | undefined {
    const event = { ...line.event, seq: line.seq, at_ms: line.at_ms, clock_ms: line.clock_ms, actor, entity }
    const { parted, snapshot } = compare(this.#charts[twin.chart]!, this.#tables.get(twin.chart)!, twin.instance,
      twin.snapshot, event)
    if (snapshot !== undefined) {
      twin.snapshot = snapshot
      this.compared.set(twin.chart, (this.compared.get(twin.chart) ?? 0) + 1)
    }
    return parted === undefined ? undefined : `line ${line.seq}, ${twin.chart}: ${parted}`
  }
}
