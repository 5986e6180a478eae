/**
 * Exhaustive search of a scope: breadth first over every reachable state, so that a counterexample is a shortest one.
 * Safety at every state; liveness afterwards, on the graph that was found (model-check/liveness.ts).
 */
import type { At, Scope, View } from "#model/cluster/scope.ts"
import { Batch } from "#properties/harness/search/batch.ts"
import { GraphBuilder } from "#properties/harness/search/graph.ts"
import { findUnfulfilled, type Lasso } from "#properties/harness/search/liveness.ts"
import { makePool, type Pool, repacked } from "#properties/harness/search/pool.ts"
import { Successors, Widen } from "#properties/harness/search/successors.ts"
import { brief } from "#properties/harness/search/words.ts"

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

interface Sentence {
  readonly sentence: string
  readonly question: number
}

export const search = (scope: Scope, options: { readonly states_max?: number } = {}): Report =>
  new Search(scope, options.states_max ?? 50_000_000).run()

class Search {
  readonly #scope: Scope
  readonly #states_max: number
  readonly #successors: Successors
  #pool: Pool
  #batch: Batch
  #transitions = 0
  #cut = 0
  /** The state that is judged, and whose steps are being made. */
  #here = 0
  #full = false
  readonly #graph: GraphBuilder | undefined
  /** Sentences, each with the number of its question; the opening of a promise, then its fulfilment. */
  readonly #always: ReadonlyArray<Sentence>
  #wanted: ReadonlyArray<Sentence>
  readonly #promises: ReadonlyArray<number>
  readonly #reached = new Set<string>()
  #broken: { readonly sentence: string; readonly state: number } | undefined

  constructor(scope: Scope, states_max: number) {
    this.#scope = scope
    this.#states_max = states_max
    const questions: Array<(at: At) => boolean> = []
    const ask = (question: (at: At) => boolean): number => questions.push(question) - 1
    const askAll = (sentences: Scope["always"]): ReadonlyArray<Sentence> =>
      Object.entries(sentences).map(([sentence, holds]) => ({ sentence, question: ask(holds) }))
    this.#always = askAll(scope.always)
    this.#wanted = askAll(scope.sometimes ?? {})
    this.#promises = Object.values(scope.leadsTo ?? {}).flatMap(({ from, to }) => [ask(from), ask(to)])
    this.#successors = new Successors(scope, questions)
    this.#graph = this.#promises.length === 0 ? undefined : new GraphBuilder()
    this.#pool = makePool(this.#successors.layout, this.#graph !== undefined)
    this.#batch = new Batch(this.#successors.layout.words)
  }

  run(): Report {
    this.#begin()
    while (!this.#done) {
      try {
        this.#expandAll()
      } catch (error) {
        if (!(error instanceof Widen)) throw error
        // The steps of this state come later, in a layout with more room.
        this.#takeBatch()
        this.#relay()
      }
    }
    while (this.#here < this.#pool.count && this.#broken === undefined) this.#judge(this.#here++)
    return this.#report()
  }

  #begin(): void {
    for (;;) {
      try {
        this.#pool.add(this.#successors.initial(), 0, -1)
        return
      } catch (error) {
        if (!(error instanceof Widen)) throw error
        this.#relay()
      }
    }
  }

  #relay(): void {
    const layout = this.#successors.wider()
    this.#successors.widen(layout)
    this.#pool = repacked(this.#pool, layout, this.#graph !== undefined)
    this.#batch = new Batch(layout.words)
  }

  get #done(): boolean {
    return this.#here >= this.#pool.count || this.#broken !== undefined || this.#full
  }

  #expandAll(): void {
    const successors = this.#successors
    const { words } = successors.layout
    const batch = this.#batch
    while (!this.#done) {
      this.#judge(this.#here)
      successors.each(this.#pool.data, this.#here * words, this.#here, batch)
      this.#here++
      if (batch.isFull || this.#here === this.#pool.count) this.#takeBatch()
    }
  }

  /** The steps that were made become states and edges. */
  #takeBatch(): void {
    const { states, from, codes, count } = this.#batch
    const words = this.#successors.layout.words
    const pool = this.#pool
    const graph = this.#graph
    pool.warm(states, count)
    for (let i = 0; i < count && !this.#full; i++) {
      const code = codes[i]!
      graph?.begin(from[i]!)
      if ((code & 1) === 1) {
        this.#cut++
        graph?.edge(-1, code >> 1)
        continue
      }
      this.#transitions++
      const id = pool.add(states, i * words, from[i]!)
      if (pool.count >= this.#states_max) this.#full = true
      graph?.edge(id, code >> 1)
    }
    graph?.begin(this.#here)
    this.#batch.clear()
  }

  /** Loads the state. In the order of their numbers, so that what is found first is nearest to the beginning. */
  #judge(state: number): void {
    const successors = this.#successors
    successors.load(this.#pool.data, state * successors.layout.words)
    for (let i = 0; i < this.#always.length; i++) {
      const { sentence, question } = this.#always[i]!
      if (!successors.holds(question)) this.#broken ??= { sentence, state }
    }
    for (const one of this.#wanted) {
      if (!successors.holds(one.question)) continue
      this.#reached.add(one.sentence)
      this.#wanted = this.#wanted.filter((other) => other !== one)
    }
    if (this.#graph === undefined) return
    let bits = 0
    for (const [i, question] of this.#promises.entries()) bits |= (successors.holds(question) ? 1 : 0) << i
    this.#graph.mark(state, bits)
  }

  #report(): Report {
    const { components, wires } = this.#successors.rules
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
    return { scope: this.#scope.name, states: this.#pool.count, transitions: this.#transitions, cut: this.#cut,
      complete,
      tables: Object.fromEntries([...components, ...wires].map((table) => [table.name, table.size])), verdicts }
  }

  #live(promise: number): Pick<Verdict, "verdict" | "counterexample"> {
    const fair = this.#successors.rules.actions.map((action) => action.fair)
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
    const { layout, rules: { components, actions } } = this.#successors
    const words = layout.words
    const found = action ?? this.#actionBetween(from, to)
    const changed: Record<string, { before: View; after: View }> = {}
    for (const [c, table] of components.entries()) {
      const [before, after] = [from, to].map((state) => layout.get(this.#pool.data, state * words, c))
      if (before !== after) changed[table.name] = { before: table.views[before!]!, after: table.views[after!]! }
    }
    return { action: actions[found]!.name, changed }
  }

  #actionBetween(from: number, to: number): number {
    const { words } = this.#successors.layout
    const { data } = this.#pool
    const batch = new Batch(words)
    this.#successors.load(data, from * words)
    this.#successors.each(data, from * words, from, batch)
    const wanted = data.subarray(to * words, (to + 1) * words)
    const step = batch.codes.subarray(0, batch.count).findIndex((code, i) => (code & 1) === 0
      && wanted.every((word, k) => word === batch.states[i * words + k]))
    return batch.codes[step]! >> 1
  }
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
