/**
 * Exhaustive search of a scope: breadth first over every reachable state, so that a counterexample is a shortest one.
 * Safety at every state; liveness afterwards, on the graph that was found (model-check/liveness.ts).
 */
import type { At, Scope, View } from "#model/cluster/scope.ts"
import { findUnfulfilled, type Graph, type Lasso } from "#properties/model-check/liveness.ts"
import { makePool, type Pool, repacked } from "#properties/model-check/pool.ts"
import { brief, Successors, Widen } from "#properties/model-check/successors.ts"

/** One step of a counterexample: what happened, and which components it brought into which state. */
export interface Move {
  readonly action: string
  readonly changed: Readonly<Record<string, { readonly before: View; readonly after: View }>>
}
export interface Counterexample {
  readonly prefix: ReadonlyArray<Move>
  /** For liveness: repeated for ever; empty when nothing more happens. */
  readonly loop?: ReadonlyArray<Move>
}
export interface Verdict {
  readonly sentence: string
  readonly kind: "always" | "sometimes" | "leadsTo"
  /** unknown: the search was cut where it would have to look. */
  readonly verdict: "holds" | "broken" | "unknown"
  readonly counterexample?: Counterexample
}
export interface Report {
  readonly scope: string
  readonly states: number
  readonly transitions: number
  /** Steps that a bound of the scope cut off. */
  readonly cut: number
  /** Local states by component, messages in all ways under way by channel. */
  readonly tables: Readonly<Record<string, number>>
  readonly verdicts: ReadonlyArray<Verdict>
  /** False: it stopped at a broken promise or at `states_max`. */
  readonly complete: boolean
}

export const search = (scope: Scope, options: { readonly states_max?: number } = {}): Report =>
  new Search(scope, options.states_max ?? 50_000_000).run()

class Search {
  readonly #scope: Scope
  readonly #states_max: number
  readonly #successors: Successors
  #pool: Pool
  #transitions = 0
  #cut = 0
  /** The state whose steps are being made. */
  #here = 0
  #full = false
  readonly #graph: GraphBuilder | undefined
  readonly #promises: ReadonlyArray<{ readonly from: (at: At) => boolean; readonly to: (at: At) => boolean }>
  readonly #reached = new Set<string>()
  readonly #always: ReadonlyArray<readonly [string, (at: At) => boolean]>
  #wanted: ReadonlyArray<readonly [string, (at: At) => boolean]>
  #broken: { readonly sentence: string; readonly state: number } | undefined

  constructor(scope: Scope, states_max: number) {
    this.#scope = scope
    this.#states_max = states_max
    this.#promises = Object.values(scope.leadsTo ?? {})
    this.#always = Object.entries(scope.always)
    this.#wanted = Object.entries(scope.sometimes ?? {})
    this.#successors = new Successors(scope)
    this.#graph = Object.keys(scope.leadsTo ?? {}).length === 0 ? undefined : new GraphBuilder()
    this.#pool = makePool(this.#successors.layout, this.#graph !== undefined)
  }

  run(): Report {
    this.#begin()
    while (!this.#done) {
      const before = { transitions: this.#transitions, cut: this.#cut }
      try {
        this.#expandAll(before)
      } catch (error) {
        if (!(error instanceof Widen)) throw error
        // The state's steps are made again, in a layout with more room; those already found are not new twice.
        this.#transitions = before.transitions
        this.#cut = before.cut
        this.#graph?.rewind(this.#here)
        this.#successors.widen(this.#successors.wider())
        this.#pool = repacked(this.#pool, this.#successors.layout, this.#graph !== undefined)
      }
    }
    return this.#report()
  }

  #begin(): void {
    for (;;) {
      try {
        this.#successors.initial()
        this.#add(-1)
        return
      } catch (error) {
        if (!(error instanceof Widen)) throw error
        this.#successors.widen(this.#successors.wider())
        this.#pool = makePool(this.#successors.layout, this.#graph !== undefined)
      }
    }
  }

  get #done(): boolean {
    return this.#here >= this.#pool.count || this.#broken !== undefined || this.#full
  }

  #expandAll(before: { transitions: number; cut: number }): void {
    const words = this.#successors.layout.words
    const graph = this.#graph
    const emit = (action: number, cut: boolean): void => {
      if (cut) {
        this.#cut++
        graph?.edge(-1, action)
        return
      }
      this.#transitions++
      const to = this.#add(this.#here)
      graph?.edge(to, action)
    }
    while (!this.#done) {
      before.transitions = this.#transitions
      before.cut = this.#cut
      graph?.begin(this.#here)
      this.#successors.each(this.#pool.data, this.#here * words, emit)
      this.#here++
    }
    graph?.begin(this.#here)
  }

  #add(parent: number): number {
    const pool = this.#pool
    const count = pool.count
    const id = pool.add(this.#successors.next, parent)
    if (pool.count === count) return id
    if (pool.count >= this.#states_max) this.#full = true
    this.#judge(id)
    return id
  }

  /** A new state, still in `next`. */
  #judge(state: number): void {
    const at = this.#successors.at
    for (const [sentence, holds] of this.#always) if (!holds(at)) this.#broken ??= { sentence, state }
    for (const [sentence, holds] of this.#wanted) {
      if (!holds(at)) continue
      this.#reached.add(sentence)
      this.#wanted = this.#wanted.filter(([other]) => other !== sentence)
    }
    if (this.#graph !== undefined) this.#graph.mark(state, this.#promises, at)
  }

  #report(): Report {
    const { components, wires } = this.#successors
    const complete = !this.#full && this.#broken === undefined
    const bounded = complete && this.#cut === 0
    const verdicts: Array<Verdict> = []
    for (const sentence of Object.keys(this.#scope.always)) {
      if (this.#broken?.sentence === sentence) {
        verdicts.push({ sentence, kind: "always", verdict: "broken",
          counterexample: { prefix: this.#path(this.#broken.state) } })
      } else verdicts.push({ sentence, kind: "always", verdict: complete ? "holds" : "unknown" })
    }
    for (const sentence of Object.keys(this.#scope.sometimes ?? {})) {
      verdicts.push({ sentence, kind: "sometimes",
        verdict: this.#reached.has(sentence) ? "holds" : bounded ? "broken" : "unknown" })
    }
    for (const [i, sentence] of Object.keys(this.#scope.leadsTo ?? {}).entries()) {
      verdicts.push({ sentence, kind: "leadsTo", ...complete ? this.#live(i) : { verdict: "unknown" as const } })
    }
    return { scope: this.#scope.name, states: this.#pool.count, transitions: this.#transitions, cut: this.#cut, complete,
      tables: Object.fromEntries([...components, ...wires].map((table) => [table.name, table.size])), verdicts }
  }

  #live(promise: number): Pick<Verdict, "verdict" | "counterexample"> {
    const fair = this.#successors.actions.map((action) => action.fair)
    const { lasso, cut } = findUnfulfilled(this.#graph!.graph(this.#pool.count), promise, fair)
    if (lasso === undefined) return { verdict: cut ? "unknown" : "holds" }
    return { verdict: "broken", counterexample: { prefix: this.#path(lasso.state), loop: this.#loop(lasso) } }
  }

  #path(state: number): ReadonlyArray<Move> {
    const states = [state]
    for (let up = this.#pool.parent[state]!; up >= 0; up = this.#pool.parent[up]!) states.unshift(up)
    return states.slice(1).map((to, i) => this.#move(states[i]!, to))
  }
  #loop(lasso: Lasso): ReadonlyArray<Move> {
    return lasso.loop.map(({ from, to, action }) => this.#move(from, to, action))
  }

  #move(from: number, to: number, action?: number): Move {
    const { layout, components, actions } = this.#successors
    const words = layout.words
    let found = action
    const same = (): boolean => this.#successors.next.every((word, i) => word === this.#pool.data[to * words + i])
    if (found === undefined) {
      this.#successors.each(this.#pool.data, from * words, (made, cut) => {
        if (!cut && found === undefined && same()) found = made
      })
    }
    const changed: Record<string, { before: View; after: View }> = {}
    for (const [c, table] of components.entries()) {
      const [before, after] = [from, to].map((state) => layout.get(this.#pool.data, state * words, c))
      if (before !== after) changed[table.name] = { before: table.views[before!]!, after: table.views[after!]! }
    }
    return { action: actions[found!]!.name, changed }
  }
}

/** The reached graph in compressed rows: what liveness is decided on. */
class GraphBuilder {
  #offsets = new Int32Array(1 << 12)
  #to = new Int32Array(1 << 14)
  #actions = new Int32Array(1 << 14)
  #edges = 0
  #marks = new Uint8Array(1 << 12)

  /** The edges that follow are this state's. */
  begin(state: number): void {
    if (state + 1 >= this.#offsets.length) this.#offsets = grown(this.#offsets)
    this.#offsets[state] = this.#edges
  }
  /** Back to the beginning of this state's edges. */
  rewind(state: number): void {
    this.#edges = this.#offsets[state]!
  }
  edge(to: number, action: number): void {
    if (this.#edges === this.#to.length) {
      this.#to = grown(this.#to)
      this.#actions = grown(this.#actions)
    }
    this.#to[this.#edges] = to
    this.#actions[this.#edges++] = action
  }
  /** Two bits per promise: whether the state opens it, whether it fulfils it. At most four promises. */
  mark(state: number, promises: ReadonlyArray<{ from: (at: At) => boolean; to: (at: At) => boolean }>, at: At): void {
    if (state >= this.#marks.length) {
      const marks = new Uint8Array(this.#marks.length * 2)
      marks.set(this.#marks)
      this.#marks = marks
    }
    let bits = 0
    for (const [i, { from, to }] of promises.entries()) bits |= (from(at) ? 1 : 0) << (2 * i) | (to(at) ? 2 : 0) << (2 * i)
    this.#marks[state] = bits
  }
  graph(states: number): Graph {
    return { states, offsets: this.#offsets, to: this.#to, actions: this.#actions, marks: this.#marks }
  }
}

const grown = (array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

/** A counterexample in lines: what happened, and below it what that changed. */
export const render = ({ prefix, loop }: Counterexample): string => {
  const lines = (moves: ReadonlyArray<Move>): Array<string> => moves.map(({ action, changed }, i) =>
    `${String(i + 1).padStart(4)}  ${action}\n` + Object.entries(changed).map(([name, { before, after }]) =>
      `        ${name}: ${difference(before, after)}\n`).join(""))
  return lines(prefix).join("") + (loop === undefined ? "" : loop.length === 0 ? "      and nothing more happens\n"
    : `      and then for ever\n${lines(loop).join("")}`)
}

const difference = (before: View, after: View): string => {
  const state = JSON.stringify(before.state) === JSON.stringify(after.state) ? []
    : [`${JSON.stringify(before.state)} -> ${JSON.stringify(after.state)}`]
  const fields = Object.keys(after.context ?? {}).filter((field) =>
    JSON.stringify(before.context[field]) !== JSON.stringify(after.context[field]))
  return [...state, ...fields.map((field) => `${field} ${brief(after.context[field])}`)].join(", ")
}
