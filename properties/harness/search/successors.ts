/**
 * The steps from a state of a scope, on packed words: a step is an exclusive or with words that were worked out the
 * first time (rules.ts) and are found again by the values of the few fields that it depends on (decisions.ts). That
 * time passes changes all components at once: there, each adds its own part.
 */
import type { At, Scope } from "#model/cluster/scope.ts"
import type { Batch } from "#properties/harness/search/batch.ts"
import { Decisions } from "#properties/harness/search/decisions.ts"
import { Layout } from "#properties/harness/search/pool.ts"
import { type Option, Rules } from "#properties/harness/search/rules.ts"

/** A table outgrew its field. */
export class Widen extends Error {}

/** Instead of a change, as it stands in the decisions: nobody takes that step. */
const none = ~0

export class Successors {
  readonly rules: Rules
  layout!: Layout
  readonly #questions: ReadonlyArray<(at: At) => boolean>
  readonly #ticks: ReadonlyArray<number>
  readonly #tickActions: ReadonlyArray<number>
  /** The state that was loaded last, field by field: the record's own. */
  readonly #fields: Int32Array
  /** Those fields that have any width; the others are 0. */
  #varying = new Int32Array(0)
  #decisions!: Decisions
  /** Where in the decisions the questions and the menus begin. */
  #asked = 0
  #menus = 0
  readonly #options = new Map<number, Option>()
  /** Of each change: twice the action, plus 1 if it is cut, then the words of the exclusive or. The first is none. */
  #changes = new Int32Array(1 << 12)
  #changed = 0
  /** By tick, component and local state: the local state after it; -1: not yet known. */
  #later: ReadonlyArray<ReadonlyArray<Int32Array>> = []

  /** `questions`: what will be asked about states; they look at nothing else. */
  constructor(scope: Scope, questions: ReadonlyArray<(at: At) => boolean>) {
    this.rules = new Rules(scope)
    this.#questions = questions
    this.#ticks = scope.ticks_ms ?? []
    this.#tickActions = this.#ticks.map((tick) => this.rules.action(`${tick} ms pass`, true))
    this.#fields = this.rules.state.fields
    this.widen(new Layout(this.#firstWidths()))
  }

  #firstWidths(): ReadonlyArray<number> {
    const { components, wires, budgets } = this.rules
    return [...components.map(() => 1), ...wires.map(({ channel }) => channel.kind === "joint" ? 0 : 1),
      ...budgets.map((budget) => budget === 0 ? 0 : 32 - Math.clz32(budget))]
  }

  /** The layout with room for what the tables hold by now. */
  wider(): Layout {
    const { components, wires, budgets } = this.rules
    const sizes = [...components, ...wires].map((table) => table.size)
    const widths = this.layout.widths.map((width, field) => {
      const size = sizes[field]
      return size === undefined || size <= 2 ** width ? width : Math.ceil(Math.log2(size))
    })
    // What is on the fullest channel and what is left of the budgets depends least on all the rest: many states
    // differ in that alone.
    const channels = wires.map((_, w) => components.length + w).toSorted((a, b) => widths[b]! - widths[a]!)
    return new Layout(widths, [...channels.slice(0, 1), ...budgets.map((_, i) => sizes.length + i)])
  }

  /** What was worked out for the old layout is worked out again when it is needed. */
  widen(layout: Layout): void {
    this.layout = layout
    this.#varying = Int32Array.from(layout.widths.flatMap((width, field) => width > 0 ? field : []))
    this.#decisions = new Decisions(layout.widths.map((width) => 2 ** width))
    this.#asked = this.#decisions.place(this.#questions.length)
    this.#menus = this.#decisions.place(this.rules.menus.length)
    this.#options.clear()
    this.#changed = 1 + layout.words
    this.#later = this.#ticks.map(() =>
      this.rules.components.map((_, c) => new Int32Array(2 ** layout.widths[c]!).fill(-1)))
  }

  /** The initial state, packed. */
  initial(): Int32Array {
    const { components, wires, budgets } = this.rules
    const first = new Int32Array(this.layout.words)
    for (const [c, table] of components.entries()) this.#pack(first, c, table.initial)
    for (const [i, budget] of budgets.entries()) this.#pack(first, components.length + wires.length + i, budget)
    return first
  }
  #pack(words: Int32Array, field: number, value: number): void {
    if (value > this.layout.mask[field]!) throw new Widen()
    this.layout.set(words, 0, field, value)
  }

  /** The state at `offset` in `data` is the one that is asked about. */
  load(data: Int32Array, offset: number): void {
    const fields = this.#fields
    const { wordOf, shift, mask } = this.layout
    const varying = this.#varying
    for (let i = 0; i < varying.length; i++) {
      const field = varying[i]!
      fields[field] = (data[offset + wordOf[field]!]! >>> shift[field]!) & mask[field]!
    }
  }

  /** Is the question's answer yes for the loaded state? */
  holds(question: number): boolean {
    const answer = this.#decisions.find(this.#asked + question, this.#fields)
    if (answer !== 0) return ~answer === 1
    this.rules.state.begin()
    const holds = this.#questions[question]!(this.rules.at)
    this.#decisions.learn(this.#asked + question, this.rules.state, holds ? 1 : 0)
    return holds
  }

  /**
   * Every step from the loaded state, which is at `offset` in `data`, into the batch; none when a table must be widened
   * first. The walks are `Decisions.find`, written out: it is here that the search spends its time.
   */
  each(data: Int32Array, offset: number, from: number, batch: Batch): void {
    const fields = this.#fields
    const decisions = this.#decisions
    const { words } = this.layout
    const end = this.#menus + this.rules.menus.length
    let { entries } = decisions
    let changes = this.#changes
    let { room, states } = batch
    let count = batch.count
    for (let menu = this.#menus; menu < end; menu++) {
      let list = entries[menu]!
      while (list > 0) list = entries[list + 1 + fields[entries[list]!]!]!
      if (list === 0) {
        list = this.#list(menu)
        entries = decisions.entries
      }
      list = ~list
      const last = list + entries[list]!
      for (let step = list + 1; step <= last; step++) {
        let change = entries[step]!
        while (change > 0) change = entries[change + 1 + fields[entries[change]!]!]!
        if (change === 0) {
          change = this.#make(step)
          entries = decisions.entries
          changes = this.#changes
        }
        if (change === none) continue
        change = ~change
        if (count === room) ({ room, states } = batch.grow())
        batch.from[count] = from
        batch.codes[count] = changes[change]!
        const at = count++ * words
        states[at] = data[offset]! ^ changes[change + 1]!
        for (let word = 1; word < words; word++) states[at + word] = data[offset + word]! ^ changes[change + 1 + word]!
      }
    }
    if (this.#ticks.length > 0) count = this.#pass(data, offset, from, batch, count)
    batch.count = count
  }

  /** A list in the decisions: its length, then an entry per step that may be possible. */
  #list(menu: number): number {
    this.rules.state.begin()
    const options = this.rules.menus[menu - this.#menus]!()
    const list = this.#decisions.place(1 + options.length)
    this.#decisions.entries[list] = options.length
    for (const [i, option] of options.entries()) this.#options.set(list + 1 + i, option)
    this.#decisions.learn(menu, this.rules.state, list)
    return ~list
  }

  #make(step: number): number {
    const { state } = this.rules
    const option = this.#options.get(step)!
    state.begin()
    const outcome = option.make()
    const change = outcome === "refused" ? 0 : this.#change(option.action, outcome === "cut")
    this.#decisions.learn(step, state, change)
    return ~change
  }

  /** What the record says was changed, as an exclusive or. */
  #change(action: number, cut: boolean): number {
    const { state } = this.rules
    const { words, wordOf, shift, mask } = this.layout
    if (this.#changed + 1 + words > this.#changes.length) {
      const changes = new Int32Array(this.#changes.length * 2)
      changes.set(this.#changes)
      this.#changes = changes
    }
    const at = this.#changed
    this.#changes.fill(0, at, at + 1 + words)
    this.#changes[at] = action * 2 + (cut ? 1 : 0)
    for (const field of cut ? [] : state.reads) {
      const value = state.get(field)
      if (value > mask[field]!) throw new Widen()
      const word = at + 1 + wordOf[field]!
      this.#changes[word] = this.#changes[word]! ^ ((value ^ state.fields[field]!) << shift[field]!)
    }
    this.#changed += 1 + words
    return at
  }

  /** Time passes for all, unless something is due. The count of steps with it. */
  #pass(data: Int32Array, offset: number, from: number, batch: Batch, before: number): number {
    const { components } = this.rules
    const { words, wordOf, shift, mask } = this.layout
    const fields = this.#fields
    let count = before
    for (let c = 0; c < components.length; c++) if (components[c]!.urgent[fields[c]!]!) return count
    for (let t = 0; t < this.#ticks.length; t++) {
      if (count === batch.room) batch.grow()
      const { states } = batch
      batch.from[count] = from
      batch.codes[count] = this.#tickActions[t]! * 2
      const at = count++ * words
      for (let word = 0; word < words; word++) states[at + word] = data[offset + word]!
      for (let c = 0; c < components.length; c++) {
        const local = fields[c]!
        const known = this.#later[t]![c]!
        let next = known[local]!
        if (next < 0) {
          next = components[c]!.later(local, this.#ticks[t]!)
          if (next > mask[c]!) throw new Widen()
          known[local] = next
        }
        const word = at + wordOf[c]!
        states[word] = states[word]! ^ ((local ^ next) << shift[c]!)
      }
    }
    return count
  }
}
