/**
 * The same search by XState itself, on plain objects and strings: slow and simple, a second witness of what a scope
 * means. It shares with the tabulated search nothing but the scope.
 */
import { initialTransition, transition, type AnyMachineSnapshot } from "xstate"
import type { At, Channel, Component, EventValue, Scope, View } from "#model/cluster/scope.ts"

interface State {
  readonly locals: Readonly<Record<string, AnyMachineSnapshot>>
  readonly wires: Readonly<Record<string, ReadonlyArray<EventValue>>>
  readonly losses: number
  readonly duplicates: number
  readonly crashes: Readonly<Record<string, number>>
}
/** refused: some chart does not allow it. cut: it leaves a bound. */
type Outcome = State | "refused" | "cut"

export const plainSearch = (scope: Scope): { states: number; transitions: number; cut: number } => {
  const first = initial(scope)
  const seen = new Set([keyOfState(first)])
  const queue = [first]
  let transitions = 0
  let cut = 0
  for (let i = 0; i < queue.length; i++) {
    for (const outcome of successors(scope, queue[i]!)) {
      if (outcome === "refused") continue
      if (outcome === "cut") {
        cut++
        continue
      }
      transitions++
      const key = keyOfState(outcome)
      if (seen.has(key)) continue
      seen.add(key)
      queue.push(outcome)
    }
  }
  return { states: seen.size, transitions, cut }
}

const initial = (scope: Scope): State => ({
  locals: mapped(scope.components, (component, name) => {
    const [snapshot] = initialTransition(component.chart, inputOf(component) as never) as any
    const begun = (component.begins ?? []).reduce((state, event) =>
      transition(component.chart, state as never, judged(name, component, event, 0) as never)[0], snapshot)
    return canonical(component, begun, 0)
  }),
  wires: mapped(scope.channels, () => []),
  losses: scope.faults?.losses ?? 0,
  duplicates: scope.faults?.duplicates ?? 0,
  crashes: mapped(scope.faults?.crashes ?? {}, ({ times }) => times)
})

const successors = function* (scope: Scope, state: State): Generator<Outcome> {
  for (const [name, component] of Object.entries(scope.components)) {
    for (const { event, after_ms = 0, if: condition } of component.does?.(viewOf(state.locals[name]!)) ?? []) {
      if (condition === undefined || condition(atOf(state))) yield taken(scope, state, name, event, after_ms)
    }
  }
  for (const [name, channel] of Object.entries(scope.channels)) yield* deliveries(scope, state, name, channel)
  for (const [name, { of, then }] of Object.entries(scope.faults?.crashes ?? {})) {
    if (state.crashes[name]! === 0) continue
    let crashed: Outcome = { ...state, crashes: { ...state.crashes, [name]: state.crashes[name]! - 1 },
      wires: mapped(state.wires, (held, wire) => {
        const { kind, from, to } = scope.channels[wire]!
        return kind === "stream" && (of.includes(from) || of.includes(to)) ? [] : held
      }) }
    for (const member of of) if (typeof crashed !== "string") crashed = ended(scope, crashed, member)
    for (const { through, message } of then?.(atOf(state)) ?? []) {
      if (typeof crashed !== "string") crashed = sent(scope, crashed, through, message)
    }
    yield crashed
  }
  const urgent = Object.entries(scope.components)
    .some(([name, component]) => component.urgent?.(viewOf(state.locals[name]!)) ?? false)
  for (const tick of urgent ? [] : scope.ticks_ms ?? []) {
    yield { ...state, locals: mapped(state.locals, (local, name) => canonical(scope.components[name]!, local, tick)) }
  }
}

const deliveries = function* (scope: Scope, state: State, name: string, channel: Channel): Generator<Outcome> {
  const held = state.wires[name]!
  const deliverable = channel.kind === "stream" ? held.slice(0, 1)
    : held.filter((message, i) => held.findIndex((other) => keyOf(other) === keyOf(message)) === i)
  for (const message of deliverable) {
    const without: State = { ...state, wires: { ...state.wires, [name]: held.toSpliced(held.indexOf(message), 1) } }
    const delivered = taken(scope, without, channel.to, message, 0)
    if (delivered !== "refused") yield delivered
    else if (typeof channel.refused === "object" && channel.refused.with(message) !== undefined) {
      yield sent(scope, without, channel.refused.through, channel.refused.with(message)!)
    } else if (channel.refused !== "kept") yield without
    if (channel.lossy !== true) continue
    if (state.losses > 0) yield { ...without, losses: state.losses - 1 }
    if (state.duplicates > 0 && delivered !== "refused") {
      yield taken(scope, { ...state, duplicates: state.duplicates - 1 }, channel.to, message, 0)
    }
  }
}

const taken = (scope: Scope, state: State, name: string, event: EventValue, after_ms: number): Outcome => {
  const component = scope.components[name]!
  const before = state.locals[name]!
  const given = judged(name, component, event, after_ms)
  if (!before.can(given)) return "refused"
  const [snapshot, actions] = transition(component.chart, before as never, given as never) as any
  const after = canonical(component, snapshot, after_ms)
  const emitted = actions.filter((a: any) => a.type === "xstate.emit").map((a: any) => a.params.event)
  if (component.within?.(viewOf(after)) === false) return "cut"
  let next: Outcome = { ...state, locals: { ...state.locals, [name]: after } }
  const step = { event, before: viewOf(before), after: viewOf(after), emitted }
  const messages = Object.entries(scope.channels).filter(([, channel]) => channel.from === name)
    .flatMap(([wire, { kind, to, sends, refused }]) => [sends[event.type]?.(step) ?? []].flat().map((message) =>
      ({ wire, kind, to, refused, message: message as EventValue })))
  // Messages go out before those that step along do their part.
  for (const { wire, message } of messages.filter(({ kind }) => kind !== "joint")) {
    if (typeof next !== "string") next = sent(scope, next, wire, message)
  }
  for (const { to, refused, message } of messages.filter(({ kind }) => kind === "joint")) {
    if (typeof next === "string") break
    const alone: State = next
    const part = taken(scope, alone, to, message, 0)
    next = refused === "dropped" && part === "refused" && !couldAlone(scope, alone, to, message) ? alone : part
  }
  return next
}

/** Whether the component's own chart takes it, whoever else refuses to step along. */
const couldAlone = (scope: Scope, state: State, name: string, event: EventValue): boolean =>
  state.locals[name]!.can(judged(name, scope.components[name]!, event, 0))

const atOf = (state: State): At => Object.assign((name: string) => viewOf(state.locals[name]!),
  { underWay: (channel: string) => state.wires[channel]!.length })

const sent = (scope: Scope, state: State, wire: string, message: EventValue): Outcome => {
  const { kind, capacity = 2, full } = scope.channels[wire]!
  const held = state.wires[wire]!
  if (held.length >= capacity) return full === "dropped" ? state : "cut"
  const put = [...held, message]
  if (kind !== "stream") put.sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)
  return { ...state, wires: { ...state.wires, [wire]: put } }
}

const ended = (scope: Scope, state: State, name: string): Outcome => {
  const component = scope.components[name]!
  const crash = { type: "process.crashed", process: component.actor ?? name, reason: "killed" }
  const given = judged(name, component, crash, 0)
  const before = state.locals[name]!
  const after = before.can(given) ? transition(component.chart, before as never, given as never)[0]
    : initialTransition(component.chart, inputOf(component) as never)[0]
  const local = canonical(component, after as AnyMachineSnapshot, 0)
  if (before.can(given) && component.within?.(viewOf(local)) === false) return "cut"
  return { ...state, locals: { ...state.locals, [name]: local } }
}

const canonical = (component: Component, snapshot: AnyMachineSnapshot, by_ms: number): AnyMachineSnapshot => {
  let context = { ...snapshot.context }
  for (const field of component.instants ?? []) {
    if (typeof context[field] !== "number") continue
    context[field] = Math.max(context[field] - by_ms, -(component.horizon_ms ?? Infinity))
  }
  if (component.canonical !== undefined) context = component.canonical(context, snapshot.value as View["state"])
  return component.chart.resolveState({ value: snapshot.value, context } as never) as AnyMachineSnapshot
}

const inputOf = (component: Component): object => component.limits === undefined ? {} : { limits: component.limits }
const judged = (name: string, component: Component, event: EventValue, clock_ms: number): EventValue =>
  ({ ...event, seq: 0, at_ms: clock_ms, clock_ms, actor: component.actor ?? name, entity: component.entity ?? name })
const viewOf = (snapshot: AnyMachineSnapshot): View =>
  ({ state: snapshot.value as View["state"], context: snapshot.context })

const mapped = <A, B>(record: Readonly<Record<string, A>>, f: (value: A, key: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value, key)]))

/** Parts are shared between states and never change: each is written out once. */
const keys = new WeakMap<object, string>()
const keyOf = (part: object): string => {
  const known = keys.get(part)
  if (known !== undefined) return known
  const key = written(part)
  keys.set(part, key)
  return key
}
const keyOfState = ({ locals, wires, ...budgets }: State): string =>
  [...Object.values(locals), ...Object.values(wires), budgets].map(keyOf).join(" ")

const written = (value: unknown): string => JSON.stringify(value, (_key, inner) => {
  if (inner instanceof Map || inner instanceof Set) return [...inner]
  if (inner === Infinity) return "infinity"
  return inner !== null && typeof inner === "object" && "machine" in inner ? [inner.value, inner.context] : inner
})
