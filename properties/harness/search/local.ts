/**
 * A component of a scope as a table that is filled on demand: local states are numbered as they are met, and what an
 * event does in one is worked out once, by the chart's own guards and assignments.
 */
import type { Component, Deed, EventValue, Step, View } from "#model/cluster/scope.ts"
import { CompiledChart, type Instance } from "#properties/harness/judge/compile.ts"

/** What an event led to: the local state after it, and the step for channels to look at. */
export interface Taken {
  readonly next: number
  readonly step: Step
  /** It left the component's bound. */
  readonly cut: boolean
}

export class LocalTable {
  readonly views: Array<View> = []
  readonly urgent: Array<boolean> = []
  readonly #instances: Array<Instance> = []
  readonly #ids = new Map<string, number>()
  readonly #chart: CompiledChart
  readonly #component: Component
  readonly name: string
  readonly initial: number
  readonly #events: Array<EventValue> = []
  readonly #eventIds = new Map<string, number>()

  constructor(name: string, component: Component) {
    this.name = name
    this.#component = component
    this.#chart = new CompiledChart(component.chart, component.limits === undefined ? {} : { limits: component.limits })
    const instance = this.#chart.start()
    for (const event of component.begins ?? []) {
      if (!this.#chart.step(instance, this.#judged(event, 0))) {
        throw new Error(`${name} refuses ${JSON.stringify(event)}, with which its scope begins`)
      }
    }
    this.initial = this.#intern(this.#canonical(instance, 0))
  }

  get size(): number {
    return this.views.length
  }

  /** Event values that others give it are numbered too. */
  event(value: EventValue): number {
    const key = keyOf(value)
    let id = this.#eventIds.get(key)
    if (id === undefined) {
      id = this.#events.length
      this.#eventIds.set(key, id)
      this.#events.push(value)
    }
    return id
  }
  eventOf(id: number): EventValue {
    return this.#events[id]!
  }

  deeds(local: number): ReadonlyArray<Deed> {
    return this.#component.does?.(this.views[local]!) ?? []
  }

  /** Undefined when the chart refuses the event. */
  take(local: number, event: EventValue, after_ms = 0): Taken | undefined {
    const instance = { ...this.#instances[local]! }
    if (!this.#chart.step(instance, this.#judged(event, after_ms))) return undefined
    const emitted = [...this.#chart.outputs]
    const canonical = this.#canonical(instance, after_ms)
    const after: View = { state: canonical.configuration.value, context: canonical.context }
    const step = { event, before: this.views[local]!, after, emitted }
    if (this.#component.within?.(after) === false) return { next: -1, step, cut: true }
    return { next: this.#intern(canonical), step, cut: false }
  }

  /** The same state, so much later. */
  later(local: number, by_ms: number): number {
    return this.#intern(this.#canonical(this.#instances[local]!, by_ms))
  }

  /** The end of its process: the chart's own transition, or it begins anew. -1 when that is cut. */
  crash(local: number): number {
    const taken = this.take(local, { type: "process.crashed", process: this.#actor, reason: "killed" })
    return taken === undefined ? this.#intern(this.#canonical(this.#chart.start(), 0)) : taken.next
  }

  get #actor(): string {
    return this.#component.actor ?? this.name
  }
  #judged(event: EventValue, clock_ms: number): EventValue {
    return { ...event, seq: 0, at_ms: clock_ms, clock_ms, actor: this.#actor,
      entity: this.#component.entity ?? this.name }
  }

  #canonical(instance: Instance, by_ms: number): Instance {
    const { instants = [], horizon_ms = Infinity, canonical } = this.#component
    let context = instance.context
    if (instants.length > 0) {
      context = { ...context }
      for (const field of instants) {
        const instant = context[field]
        if (typeof instant === "number") context[field] = Math.max(instant - by_ms, -horizon_ms)
      }
    }
    if (canonical !== undefined) context = canonical(context, instance.configuration.value)
    return { configuration: instance.configuration, context }
  }

  #intern(instance: Instance): number {
    const key = `${instance.configuration.id} ${keyOf(instance.context)}`
    let id = this.#ids.get(key)
    if (id === undefined) {
      id = this.views.length
      this.#ids.set(key, id)
      this.#instances.push(instance)
      const view = { state: instance.configuration.value, context: instance.context }
      this.views.push(view)
      this.urgent.push(this.#component.urgent?.(view) ?? false)
    }
    return id
  }
}

/** Maps and sets count too; fields are compared in the order in which a chart writes them. */
export const keyOf = (value: unknown): string => JSON.stringify(value, (_key, inner) =>
  inner instanceof Map ? { map: [...inner] } : inner instanceof Set ? { set: [...inner] }
    : inner === undefined ? "undefined" : inner === Infinity ? "infinity" : inner)
