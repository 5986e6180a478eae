/**
 * What can happen next in a state of a scope: deeds, deliveries, losses, duplicates, crashes, and time. Works on
 * packed words; everything that a chart decides is looked up in tables that fill as the search goes.
 */
import type { At, CrashBudget, EventValue, Scope, View } from "#model/cluster/scope.ts"
import { keyOf, LocalTable, type Taken } from "#properties/model-check/local.ts"
import { Layout } from "#properties/model-check/pool.ts"
import { show } from "#properties/model-check/words.ts"
import { Wire } from "#properties/model-check/wire.ts"

/** What one component's step changes: itself, channels, and those that step with it. */
interface Effect {
  readonly action: number
  readonly next: number
  readonly cut: boolean
  /** Pairs of channel and message. */
  readonly puts: ReadonlyArray<number>
  /** Triples of component, event, and 1 if that part may be dropped. */
  readonly joint: ReadonlyArray<number>
  readonly condition: ((at: At) => boolean) | undefined
}
interface WireLinks {
  readonly from: number
  readonly to: number
  /** By message: the event that the receiver is given. */
  readonly events: Array<number>
  readonly deliver: Array<number>
  readonly lose: Array<number>
  readonly duplicate: Array<number>
  /** By message: the answer to a refusal, as a message of another channel; -1 none. */
  readonly answers: Array<number>
  readonly answerThrough: number
  readonly lossy: boolean
}

/** A table outgrew its field. */
export class Widen extends Error {}

export interface Action {
  readonly name: string
  readonly fair: boolean
}

/** Called per successor with the action's number; `next` holds the state. Cut steps say so. */
export type Emit = (action: number, cut: boolean) => void

export class Successors {
  readonly scope: Scope
  readonly components: ReadonlyArray<LocalTable>
  readonly wires: ReadonlyArray<Wire>
  readonly actions: Array<Action> = []
  /** The state that is being expanded, field by field, and the one being made, packed. */
  readonly fields: Int32Array
  next = new Int32Array(1)
  layout!: Layout
  readonly at: At
  readonly #names: ReadonlyArray<string>
  readonly #links: ReadonlyArray<WireLinks>
  readonly #sendsOf: ReadonlyArray<ReadonlyArray<number>>
  readonly #actionIds = new Map<string, number>()
  readonly #deeds: ReadonlyArray<Array<ReadonlyArray<Effect> | undefined>>
  readonly #reactions: ReadonlyArray<Array<Array<Effect | null> | undefined>>
  readonly #later: ReadonlyArray<ReadonlyArray<Array<number | undefined>>>
  readonly #crashed: ReadonlyArray<Array<number | undefined>>
  readonly #crashes: ReadonlyArray<{ readonly of: ReadonlyArray<number>; readonly streams: ReadonlyArray<number>;
    readonly action: number; readonly then: CrashBudget["then"] }>
  readonly #ticks: ReadonlyArray<number>
  readonly #tickActions: ReadonlyArray<number>
  readonly #lossesField: number
  readonly #duplicatesField: number
  readonly #crashesField: number
  #cut = false

  constructor(scope: Scope) {
    this.scope = scope
    this.#names = Object.keys(scope.components)
    this.components = this.#names.map((name) => new LocalTable(name, scope.components[name]!))
    this.wires = Object.entries(scope.channels).map(([name, channel]) => new Wire(name, channel))
    const indexOf = (name: string): number => {
      const i = this.#names.indexOf(name)
      if (i < 0) throw new Error(`scope ${scope.name}: no component "${name}"`)
      return i
    }
    this.#links = this.wires.map(({ name, channel }) => ({ from: indexOf(channel.from), to: indexOf(channel.to),
      events: [], deliver: [], lose: [], duplicate: [], answers: [], lossy: channel.lossy ?? false,
      answerThrough: typeof channel.refused === "object"
        ? this.#wireNamed(channel.refused.through, `channel "${name}"`) : -1 }))
    this.#sendsOf = this.#names.map((_, c) => this.#links.flatMap((link, w) => link.from === c ? w : []))
    this.#deeds = this.#names.map(() => [])
    this.#reactions = this.#names.map(() => [])
    this.#ticks = scope.ticks_ms ?? []
    this.#tickActions = this.#ticks.map((tick) => this.#action(`${tick} ms pass`, true))
    this.#later = this.#ticks.map(() => this.#names.map(() => []))
    this.#crashed = this.#names.map(() => [])
    this.#crashes = Object.entries(scope.faults?.crashes ?? {}).map(([name, { of, then }]) => {
      const members = of.map(indexOf)
      return { of: members, then, action: this.#action(`${name} crashes`, false),
        streams: this.#links.flatMap((link, w) => this.wires[w]!.channel.kind === "stream"
          && (members.includes(link.from) || members.includes(link.to)) ? w : []) }
    })
    const tables = this.components.length + this.wires.length
    this.#lossesField = tables
    this.#duplicatesField = tables + 1
    this.#crashesField = tables + 2
    this.fields = new Int32Array(tables + 2 + this.#crashes.length)
    const numbers = new Map(this.#names.map((name, c) => [name, c]))
    const view = (name: string): View => {
      const c = numbers.get(name)
      if (c === undefined) throw new Error(`scope ${scope.name}: no component "${name}"`)
      return this.components[c]!.views[this.#get(c)]!
    }
    this.at = Object.assign(view, { underWay: (name: string) => {
      const w = this.#wireNamed(name, "a condition")
      return this.wires[w]!.underWay(this.#get(this.components.length + w))
    } })
    this.widen(new Layout(this.fields.length === 0 ? [] : this.#firstWidths()))
  }

  #wireNamed(name: string, by: string): number {
    const i = this.wires.findIndex((wire) => wire.name === name)
    if (i < 0) throw new Error(`scope ${this.scope.name}: ${by} names the channel "${name}", which is none`)
    return i
  }

  #budgets(): ReadonlyArray<number> {
    const faults = this.scope.faults
    return [faults?.losses ?? 0, faults?.duplicates ?? 0,
      ...Object.values(faults?.crashes ?? {}).map(({ times }) => times)]
  }
  #firstWidths(): ReadonlyArray<number> {
    return [...this.components.map(() => 1), ...this.wires.map(({ channel }) => channel.kind === "joint" ? 0 : 1),
      ...this.#budgets().map((budget) => budget === 0 ? 0 : 32 - Math.clz32(budget))]
  }

  /** The layout with room for what the tables hold by now. */
  wider(): Layout {
    const sizes = [...this.components, ...this.wires].map((table) => table.size)
    return new Layout(this.layout.widths.map((width, field) => {
      const size = sizes[field]
      return size === undefined || size <= 2 ** width ? width : Math.ceil(Math.log2(size))
    }))
  }
  widen(layout: Layout): void {
    this.layout = layout
    this.next = new Int32Array(layout.words)
  }

  /** Writes the initial state to `next`. */
  initial(): void {
    this.next.fill(0)
    for (const [c, table] of this.components.entries()) this.#set(c, table.initial)
    for (const [i, budget] of this.#budgets().entries()) this.#set(this.#lossesField + i, budget)
  }

  /** `key` tells actions apart whose names for people are the same. */
  #action(name: string, fair: boolean, key = name): number {
    let id = this.#actionIds.get(key)
    if (id === undefined) {
      id = this.actions.push({ name, fair }) - 1
      this.#actionIds.set(key, id)
    }
    return id
  }

  #get(field: number): number {
    const layout = this.layout
    return (this.next[layout.wordOf[field]!]! >>> layout.shift[field]!) & layout.mask[field]!
  }
  #set(field: number, value: number): void {
    const layout = this.layout
    const mask = layout.mask[field]!
    if (value > mask) throw new Widen()
    const i = layout.wordOf[field]!
    const shift = layout.shift[field]!
    this.next[i] = (this.next[i]! & ~(mask << shift)) | (value << shift)
  }

  /** Every step from the state at `offset` in `data`. */
  each(data: Int32Array, offset: number, emit: Emit): void {
    const { fields, layout } = this
    for (let field = 0; field < fields.length; field++) fields[field] = layout.get(data, offset, field)
    const { words } = layout
    const next = this.next
    const reset = (): void => {
      for (let i = 0; i < words; i++) next[i] = data[offset + i]!
    }
    for (let c = 0; c < this.components.length; c++) {
      const deeds = this.#deeds[c]![fields[c]!] ?? this.#deedsOf(c, fields[c]!)
      for (let i = 0; i < deeds.length; i++) {
        const deed = deeds[i]!
        reset()
        if (deed.condition !== undefined && !deed.condition(this.at)) continue
        this.#emit(this.#apply(c, deed), deed.action, emit)
      }
    }
    for (let w = 0; w < this.wires.length; w++) {
      if (fields[this.components.length + w] !== 0) this.#eachMessage(w, reset, emit)
    }
    for (let g = 0; g < this.#crashes.length; g++) {
      if (fields[this.#crashesField + g]! > 0) this.#crash(g, reset, emit)
    }
    if (this.#ticks.length > 0) this.#pass(reset, emit)
  }

  #emit(done: boolean, action: number, emit: Emit): void {
    if (done) emit(action, false)
    else if (this.#cut) emit(action, true)
    this.#cut = false
  }

  /** Makes the effect part of `next`; false when it is cut or somebody else refuses their part. */
  #apply(c: number, effect: Effect): boolean {
    if (effect.cut) {
      this.#cut = true
      return false
    }
    this.#set(c, effect.next)
    for (let i = 0; i < effect.puts.length; i += 2) {
      if (!this.#put(effect.puts[i]!, effect.puts[i + 1]!)) return false
    }
    for (let i = 0; i < effect.joint.length; i += 3) {
      const to = effect.joint[i]!
      const reaction = this.#reaction(to, this.#get(to), effect.joint[i + 1]!)
      if (reaction === null && effect.joint[i + 2] === 1) continue
      if (reaction === null || !this.#apply(to, reaction)) return false
    }
    return true
  }

  #put(w: number, message: number): boolean {
    const field = this.components.length + w
    const content = this.wires[w]!.put(this.#get(field), message)
    if (content < 0) {
      this.#cut = true
      return false
    }
    this.#set(field, content)
    return true
  }

  #eachMessage(w: number, reset: () => void, emit: Emit): void {
    const links = this.#links[w]!
    const field = this.components.length + w
    const local = this.fields[links.to]!
    const deliverable = this.wires[w]!.deliverable(this.fields[field]!)
    for (let i = 0; i < deliverable.length; i++) {
      const { message, rest } = deliverable[i]!
      if (links.deliver[message] === undefined) this.#learn(w, message)
      const reaction = this.#reaction(links.to, local, links.events[message]!)
      reset()
      this.#set(field, rest)
      const deliver = links.deliver[message]!
      if (reaction !== null) this.#emit(this.#apply(links.to, reaction), deliver, emit)
      else if (links.answerThrough >= 0 && links.answers[message]! >= 0) {
        this.#emit(this.#put(links.answerThrough, links.answers[message]!), deliver, emit)
      } else if (this.wires[w]!.channel.refused !== "kept") emit(deliver, false)
      if (!links.lossy) continue
      if (this.fields[this.#lossesField]! > 0) {
        reset()
        this.#set(field, rest)
        this.#set(this.#lossesField, this.fields[this.#lossesField]! - 1)
        emit(links.lose[message]!, false)
      }
      if (this.fields[this.#duplicatesField]! > 0 && reaction !== null) {
        reset()
        this.#set(this.#duplicatesField, this.fields[this.#duplicatesField]! - 1)
        this.#emit(this.#apply(links.to, reaction), links.duplicate[message]!, emit)
      }
    }
  }

  #learn(w: number, message: number): void {
    const { channel, name, messages } = this.wires[w]!
    const links = this.#links[w]!
    const value = messages[message]!
    const text = `${name} ${show(value)}`
    links.events[message] = this.components[links.to]!.event(value)
    const answer = typeof channel.refused === "object" ? channel.refused.with(value) : undefined
    links.answers[message] = answer === undefined ? -1 : this.wires[links.answerThrough]!.message(answer)
    const key = `${name} ${message}`
    links.lose[message] = this.#action(`lost: ${text}`, false, `lost ${key}`)
    links.duplicate[message] = this.#action(`delivered and still under way: ${text}`, false, `twice ${key}`)
    links.deliver[message] = this.#action(`delivered: ${text}`, true, `delivered ${key}`)
  }

  #crash(g: number, reset: () => void, emit: Emit): void {
    const crash = this.#crashes[g]!
    reset()
    const listed = crash.then?.(this.at) ?? []
    this.#set(this.#crashesField + g, this.fields[this.#crashesField + g]! - 1)
    for (const c of crash.of) {
      const next = this.#crashed[c]![this.fields[c]!] ??= this.components[c]!.crash(this.fields[c]!)
      if (next < 0) return emit(crash.action, true)
      this.#set(c, next)
    }
    for (const w of crash.streams) this.#set(this.components.length + w, 0)
    let fits = true
    for (const { through, message } of listed) {
      const w = this.#wireNamed(through, "a crash")
      fits &&= this.#put(w, this.wires[w]!.message(message))
    }
    this.#emit(fits, crash.action, emit)
  }

  #pass(reset: () => void, emit: Emit): void {
    for (let c = 0; c < this.components.length; c++) if (this.components[c]!.urgent[this.fields[c]!]!) return
    for (let t = 0; t < this.#ticks.length; t++) {
      reset()
      for (let c = 0; c < this.components.length; c++) {
        const local = this.fields[c]!
        this.#set(c, this.#later[t]![c]![local] ??= this.components[c]!.later(local, this.#ticks[t]!))
      }
      emit(this.#tickActions[t]!, false)
    }
  }

  #deedsOf(c: number, local: number): ReadonlyArray<Effect> {
    const table = this.components[c]!
    const effects = table.deeds(local).flatMap(({ event, fair = true, after_ms = 0, if: condition }) => {
      const taken = table.take(local, event, after_ms)
      const after = after_ms === 0 ? "" : ` after ${after_ms} ms`
      const key = `${table.name}${after} ${keyOf(event)}`
      const action = this.#action(`${table.name}: ${show(event)}${after}`, fair, key)
      return taken === undefined ? [] : this.#effect(c, taken, action, condition)
    })
    this.#deeds[c]![local] = effects
    return effects
  }

  #reaction(c: number, local: number, event: number): Effect | null {
    const row = this.#reactions[c]![local] ??= []
    let effect = row[event]
    if (effect === undefined) {
      const taken = this.components[c]!.take(local, this.components[c]!.eventOf(event))
      row[event] = effect = taken === undefined ? null : this.#effect(c, taken, -1)
    }
    return effect
  }

  #effect(c: number, { next, step, cut }: Taken, action: number, condition?: (at: At) => boolean): Effect {
    const puts: Array<number> = []
    const joint: Array<number> = []
    for (const w of cut ? [] : this.#sendsOf[c]!) {
      const wire = this.wires[w]!
      const sent = wire.channel.sends[step.event.type]?.(step)
      for (const value of sent === undefined ? [] : Array.isArray(sent) ? sent as Array<EventValue> : [sent]) {
        if (wire.channel.kind === "joint") {
          const to = this.#links[w]!.to
          joint.push(to, this.components[to]!.event(value as EventValue), wire.channel.refused === "dropped" ? 1 : 0)
        } else puts.push(w, wire.message(value as EventValue))
      }
    }
    return { action, next, cut, puts, joint, condition }
  }
}
