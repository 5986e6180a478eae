/**
 * What can happen in a state of a scope: deeds, deliveries, losses, duplicates and crashes, by the charts and channels
 * themselves. Slow and asked once: it works on a record of what it reads (decisions.ts), and successors.ts remembers.
 */
import type { At, CrashBudget, EventValue, Scope } from "#model/cluster/scope.ts"
import { Recorder } from "#properties/harness/search/decisions.ts"
import { keyOf, LocalTable, type Taken } from "#properties/harness/search/local.ts"
import { show } from "#properties/harness/search/words.ts"
import { Wire } from "#properties/harness/search/wire.ts"

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
interface Crash {
  readonly of: ReadonlyArray<number>
  readonly streams: ReadonlyArray<number>
  readonly action: number
  readonly then: CrashBudget["then"]
}

export interface Action {
  readonly name: string
  readonly fair: boolean
}

/** How a step ends: it is made, leaves a bound of the scope, or somebody refuses their part. */
export type Outcome = "made" | "cut" | "refused"

/** A step that may be possible; `make` changes the record. */
export interface Option {
  readonly action: number
  readonly make: () => Outcome
}

export class Rules {
  readonly scope: Scope
  readonly components: ReadonlyArray<LocalTable>
  readonly wires: ReadonlyArray<Wire>
  readonly actions: Array<Action> = []
  /** The state in question: a field per component, channel and budget. */
  readonly state: Recorder
  readonly at: At
  /** What may be left of each budget. */
  readonly budgets: ReadonlyArray<number>
  /** Each reads what decides which steps there may be. In this order steps are made. */
  readonly menus: ReadonlyArray<() => ReadonlyArray<Option>>
  readonly #names: ReadonlyArray<string>
  readonly #links: ReadonlyArray<WireLinks>
  readonly #sendsOf: ReadonlyArray<ReadonlyArray<number>>
  readonly #actionIds = new Map<string, number>()
  readonly #deeds: ReadonlyArray<Array<ReadonlyArray<Effect> | undefined>>
  readonly #reactions: ReadonlyArray<Array<Array<Effect | null> | undefined>>
  readonly #lossesField: number
  readonly #duplicatesField: number
  readonly #crashesField: number

  constructor(scope: Scope) {
    this.scope = scope
    this.#names = Object.keys(scope.components)
    this.components = this.#names.map((name) => new LocalTable(name, scope.components[name]!))
    this.wires = Object.entries(scope.channels).map(([name, channel]) => new Wire(name, channel))
    this.#links = this.wires.map(({ name, channel }) => ({ events: [], deliver: [], lose: [], duplicate: [],
      from: this.#componentNamed(channel.from), to: this.#componentNamed(channel.to),
      answers: [], lossy: channel.lossy ?? false,
      answerThrough: typeof channel.refused === "object"
        ? this.#wireNamed(channel.refused.through, `channel "${name}"`) : -1 }))
    this.#sendsOf = this.#names.map((_, c) => this.#links.flatMap((link, w) => link.from === c ? w : []))
    this.#deeds = this.#names.map(() => [])
    this.#reactions = this.#names.map(() => [])
    const faults = scope.faults
    this.budgets = [faults?.losses ?? 0, faults?.duplicates ?? 0,
      ...Object.values(faults?.crashes ?? {}).map(({ times }) => times)]
    this.#lossesField = this.components.length + this.wires.length
    this.#duplicatesField = this.#lossesField + 1
    this.#crashesField = this.#lossesField + 2
    this.state = new Recorder(this.#lossesField + this.budgets.length)
    this.at = Object.assign(
      (name: string) => {
        const c = this.#componentNamed(name)
        return this.components[c]!.views[this.state.get(c)]!
      },
      { underWay: (name: string) => {
        const w = this.#wireNamed(name, "a condition")
        return this.wires[w]!.underWay(this.state.get(this.components.length + w))
      } })
    const crashes = Object.entries(faults?.crashes ?? {}).map(([name, crash]) => this.#crashOf(name, crash))
    this.menus = [
      ...this.components.map((_, c) => () => this.#deedsOf(c, this.state.get(c))
        .map((deed) => ({ action: deed.action, make: () => this.#do(c, deed) }))),
      // On a joint channel nothing is ever under way.
      ...this.wires.flatMap(({ channel }, w) => channel.kind === "joint" ? [] : () => this.#messages(w)),
      ...crashes.map((crash, g) => () => this.state.get(this.#crashesField + g) === 0 ? []
        : [{ action: crash.action, make: () => this.#crash(g, crash) }])
    ]
  }

  #componentNamed(name: string): number {
    const c = this.#names.indexOf(name)
    if (c < 0) throw new Error(`scope ${this.scope.name}: no component "${name}"`)
    return c
  }
  #wireNamed(name: string, by: string): number {
    const i = this.wires.findIndex((wire) => wire.name === name)
    if (i < 0) throw new Error(`scope ${this.scope.name}: ${by} names the channel "${name}", which is none`)
    return i
  }

  #crashOf(name: string, { of, then }: CrashBudget): Crash {
    const members = of.map((member) => this.#componentNamed(member))
    return { of: members, then, action: this.action(`${name} crashes`, false),
      streams: this.#links.flatMap((link, w) => this.wires[w]!.channel.kind === "stream"
        && (members.includes(link.from) || members.includes(link.to)) ? w : []) }
  }

  /** `key` tells actions apart whose names for people are the same. */
  action(name: string, fair: boolean, key = name): number {
    let id = this.#actionIds.get(key)
    if (id === undefined) {
      id = this.actions.push({ name, fair }) - 1
      this.#actionIds.set(key, id)
    }
    return id
  }

  #do(c: number, deed: Effect): Outcome {
    return deed.condition === undefined || deed.condition(this.at) ? this.#apply(c, deed) : "refused"
  }

  #apply(c: number, effect: Effect): Outcome {
    if (effect.cut) return "cut"
    this.state.set(c, effect.next)
    for (let i = 0; i < effect.puts.length; i += 2) {
      if (this.#put(effect.puts[i]!, effect.puts[i + 1]!) === "cut") return "cut"
    }
    for (let i = 0; i < effect.joint.length; i += 3) {
      const to = effect.joint[i]!
      const reaction = this.#reaction(to, this.state.get(to), effect.joint[i + 1]!)
      if (reaction === null && effect.joint[i + 2] === 1) continue
      const outcome = reaction === null ? "refused" : this.#apply(to, reaction)
      if (outcome !== "made") return outcome
    }
    return "made"
  }

  #put(w: number, message: number): Outcome {
    const field = this.components.length + w
    const content = this.wires[w]!.put(this.state.get(field), message)
    if (content < 0) return "cut"
    this.state.set(field, content)
    return "made"
  }

  #messages(w: number): ReadonlyArray<Option> {
    const field = this.components.length + w
    const content = this.state.get(field)
    if (content === 0) return []
    const links = this.#links[w]!
    const local = this.state.get(links.to)
    const options: Array<Option> = []
    const take = (rest: number, budget?: number): void => {
      this.state.set(field, rest)
      if (budget !== undefined) this.state.set(budget, this.state.get(budget) - 1)
    }
    const isLeft = (budget: number): boolean =>
      this.budgets[budget - this.#lossesField]! > 0 && this.state.get(budget) > 0
    for (const { message, rest } of this.wires[w]!.deliverable(content)) {
      if (links.deliver[message] === undefined) this.#learn(w, message)
      const action = links.deliver[message]!
      const reaction = this.#reaction(links.to, local, links.events[message]!)
      const answer = links.answers[message]!
      const react = (): Outcome => reaction !== null ? this.#apply(links.to, reaction)
        : answer >= 0 ? this.#put(links.answerThrough, answer) : "made"
      if (reaction !== null || answer >= 0 || this.wires[w]!.channel.refused !== "kept") {
        options.push({ action, make: () => (take(rest), react()) })
      }
      if (!links.lossy) continue
      if (isLeft(this.#lossesField)) {
        options.push({ action: links.lose[message]!, make: () => (take(rest, this.#lossesField), "made") })
      }
      if (isLeft(this.#duplicatesField) && reaction !== null) {
        options.push({ action: links.duplicate[message]!,
          make: () => (take(content, this.#duplicatesField), react()) })
      }
    }
    return options
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
    links.lose[message] = this.action(`lost: ${text}`, false, `lost ${key}`)
    links.duplicate[message] = this.action(`delivered and still under way: ${text}`, false, `twice ${key}`)
    links.deliver[message] = this.action(`delivered: ${text}`, true, `delivered ${key}`)
  }

  #crash(g: number, { of, streams, then }: Crash): Outcome {
    const listed = then?.(this.at) ?? []
    const budget = this.#crashesField + g
    this.state.set(budget, this.state.get(budget) - 1)
    for (const c of of) {
      const next = this.components[c]!.crash(this.state.get(c))
      if (next < 0) return "cut"
      this.state.set(c, next)
    }
    for (const w of streams) this.state.set(this.components.length + w, 0)
    for (const { through, message } of listed) {
      const w = this.#wireNamed(through, "a crash")
      if (this.#put(w, this.wires[w]!.message(message)) === "cut") return "cut"
    }
    return "made"
  }

  #deedsOf(c: number, local: number): ReadonlyArray<Effect> {
    const table = this.components[c]!
    return this.#deeds[c]![local] ??= table.deeds(local).flatMap((deed) => {
      const { event, fair = true, after_ms = 0, if: condition } = deed
      const taken = table.take(local, event, after_ms)
      const after = after_ms === 0 ? "" : ` after ${after_ms} ms`
      const key = `${table.name}${after} ${keyOf(event)}`
      const action = this.action(`${table.name}: ${show(event)}${after}`, fair, key)
      return taken === undefined ? [] : this.#effect(c, taken, action, condition)
    })
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
