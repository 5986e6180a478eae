/**
 * Makes a failing run small: jointly over operations, faults, choices, topology and time, keeping the same broken
 * property.
 *
 * Delta debugging on the expanded input (Zeller and Hildebrandt, 2002): chunks of halving size are taken away, then
 * single elements are made simpler. It works because draws are keyed by identity: what is left goes on as before.
 * The run is cut soon after the violation first, since what comes later cannot have caused it.
 *
 * It is a generator: it yields candidates, and is told of each what it broke. So whoever runs them has the budget: the
 * campaign's `shrink` below, which keeps the best so far, or fast-check (arbitrary.ts).
 */
import type { Fault } from "#model/events/faults.ts"
import type { Operation } from "#model/events/operations.ts"
import { simplerFault, within } from "#properties/harness/draw/faults.ts"
import { legal } from "#properties/harness/draw/lawful.ts"
import { sizeOf, type RunInput, type Topology } from "#properties/harness/draw/run-input.ts"
import { simplerOperation } from "#properties/harness/users/table.ts"

/** What a candidate broke: the identity of the failure, and when. Undefined: it held. */
export interface Failure {
  readonly key: string
  readonly at_ms: number
  /** Only at the end can it be seen: the phases that follow must stay. */
  readonly needsLiveness: boolean
}
export type Test = (input: RunInput) => Failure | undefined
/** What whoever ran a candidate says of it. "failed": it did, and no more is known; it counts as the same failure. */
export type Outcome = Failure | "failed" | undefined
/** Yields candidates, is told of their outcomes, returns at the end of its ideas. */
type Asking<Result> = Generator<RunInput, Result, Outcome>

export interface Shrunk {
  readonly input: RunInput
  readonly executions: number
  /** False when the budget ended first: smaller ones may exist. */
  readonly isMinimal: boolean
  /** False when the input itself did not fail when it was run again, or not within the budget. */
  readonly repeats: boolean
}

export interface Progress {
  readonly executions: number
  readonly operations: number
  readonly faults: number
  readonly choices: number
}

const pairs_max = 12 // ASSUMED: 66 pairs take about as long as the rest of shrinking.
const small = 12 // ASSUMED: few enough to read.
const seeds_max = 12 // ASSUMED: with nine parts each, about as long as the rest of shrinking.
/** Without a part it may break a little later: a run that ended where it broke before would hide that. */
const leeway_ms = 3_000 // ASSUMED: NOD-02, seed 3, in 30 s: 28 parts were left with 1 ms, 5 with this.

const afterwards_ms = 1 // The line at which it broke must still be reached.

/** What is left of the candidate when it is known what broke, and when. */
const settled = (input: RunInput, outcome: Outcome): RunInput => outcome === undefined || outcome === "failed" ? input
  : outcome.needsLiveness ? { ...input, until_ms: outcome.at_ms } : cutAt(input, outcome.at_ms, leeway_ms)

export class Shrinker {
  best: RunInput
  readonly #key: string | undefined
  readonly #tried = new Set<string>()
  readonly #isKnown: boolean
  /** What the best broke. */
  #last: Outcome
  /** As long as the whole run was. */
  readonly #whole_ms: number

  constructor(input: RunInput, outcome: Exclude<Outcome, undefined>) {
    this.best = input
    this.#isKnown = outcome !== "failed"
    this.#last = outcome
    this.#whole_ms = input.safety_ms + input.core_ms + input.healed_ms
    this.#tried.add(JSON.stringify(input))
    this.#key = outcome === "failed" ? undefined : outcome.key
  }

  /** `first`: what the input broke. */
  *candidates(first: Outcome): Asking<void> {
    const cut = settled(this.best, first)
    if (this.#isKnown) yield* this.accepts(cut)
    for (let before = ""; before !== JSON.stringify(this.best);) {
      before = JSON.stringify(this.best)
      yield* shrinkTime(this)
      if (this.best.choices.length > 0) yield* this.accepts({ ...this.best, choices: [] })
      yield* this.without((run) => run.faults, withFaults)
      yield* this.without((run) => run.operations, withOperations)
      yield* shrinkTopology(this)
      yield* this.without((run) => run.choices, (run, choices) => ({ ...run, choices }))
      yield* this.simpler((run) => run.operations, withOperations, simplerOperation)
      yield* this.simpler((run) => run.faults, withFaults, simplerFault)
      if (before !== JSON.stringify(this.best)) continue
      yield* this.withoutPairs((run) => run.operations, withOperations)
      yield* this.withoutPairs((run) => run.faults, withFaults)
      if (before === JSON.stringify(this.best)) yield* this.withMoreTime()
      if (before === JSON.stringify(this.best)) yield* this.withOtherChances()
    }
    const last = this.#last
    if (last !== undefined && last !== "failed" && !last.needsLiveness) {
      yield* this.accepts(cutAt(this.best, last.at_ms, afterwards_ms))
    }
  }

  /** Has the candidate run; keeps it when it fails in the same way. */
  *accepts(candidate: RunInput): Asking<boolean> {
    const text = JSON.stringify(candidate)
    if (this.#tried.has(text)) return false
    this.#tried.add(text)
    const outcome = yield candidate
    if (outcome === undefined) return false
    if (outcome !== "failed" && this.#key !== undefined && outcome.key !== this.#key) return false
    this.#last = outcome
    this.best = settled(candidate, outcome)
    this.#tried.add(JSON.stringify(this.best))
    return true
  }

  /** Takes away chunks of an array, from halves down to single elements, the last first. */
  *without<T>(get: (input: RunInput) => ReadonlyArray<T>,
    set: (input: RunInput, values: ReadonlyArray<T>) => RunInput): Asking<void> {
    let chunk = get(this.best).length
    while (chunk >= 1) {
      let end = get(this.best).length
      while (end > 0) {
        const values = get(this.best)
        end = Math.min(end, values.length)
        const begin = Math.max(0, end - chunk)
        if (end > begin) yield* this.accepts(set(this.best, [...values.slice(0, begin), ...values.slice(end)]))
        end = begin
      }
      chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)
    }
  }

  /** Takes away two at once: one may only undo what the other does. Of few elements only, since pairs are many. */
  *withoutPairs<T>(get: (input: RunInput) => ReadonlyArray<T>,
    set: (input: RunInput, values: ReadonlyArray<T>) => RunInput): Asking<void> {
    for (let i = get(this.best).length - 1; i > 0 && get(this.best).length <= pairs_max; i--) {
      for (let j = i - 1; j >= 0; j--) {
        const values = get(this.best)
        if (yield* this.accepts(set(this.best, values.filter((_, k) => k !== i && k !== j)))) break
      }
    }
  }

  /**
   * The run ends where it broke, and a part that only made it break sooner cannot go in that time: without it once
   * more, with the time that the whole run had. What it breaks in the phases after the faults is left as it is.
   */
  *withMoreTime(): Asking<void> {
    const { best } = this
    if (!this.#isKnown || sizeOf(best) > small || best.core_ms + best.healed_ms > 0) return
    const longer = { ...best, safety_ms: this.#whole_ms }
    const without = <T>(all: ReadonlyArray<T>, i: number) => all.filter((_, k) => k !== i)
    for (let i = best.faults.length - 1; i >= 0; i--) {
      if (yield* this.accepts(withFaults(longer, without(best.faults, i)))) return
    }
    for (let i = best.operations.length - 1; i >= 0; i--) {
      if (yield* this.accepts(withOperations(longer, without(best.operations, i)))) return
    }
  }

  /**
   * Where a race decides, whatever is left out moves it and nothing can be: then a part is left out and other chances
   * are drawn, a few times over.
   */
  *withOtherChances(): Asking<void> {
    const { best } = this
    const size = sizeOf(best)
    if (size <= small) return
    for (let seed = 1; seed <= seeds_max && sizeOf(this.best) === size; seed++) {
      for (const { operations, faults, choices } of partsOf(best)) {
        if (yield* this.accepts(withFaults({ ...best, seed, operations, choices }, faults))) break
      }
    }
  }

  /** Tries simpler forms of each element in turn, the boldest first. */
  *simpler<T>(
    get: (input: RunInput) => ReadonlyArray<T>, set: (input: RunInput, values: ReadonlyArray<T>) => RunInput,
    forms: (value: T) => ReadonlyArray<T>
  ): Asking<void> {
    for (let i = 0; i < get(this.best).length; i++) {
      for (let again = true; again;) {
        again = false
        const values = get(this.best)
        if (i >= values.length) return
        for (const form of forms(values[i]!)) {
          if (yield* this.accepts(set(this.best, values.map((value, j) => j === i ? form : value)))) {
            again = true
            break
          }
        }
      }
    }
  }
}

/** Without a quarter of the operations or of the faults, the later ones first, or without the choices. */
type Part = Pick<RunInput, "operations" | "faults" | "choices">
function* partsOf({ operations, faults, choices }: RunInput): Iterable<Part> {
  if (choices.length > 0) yield { operations, faults, choices: [] }
  for (let quarter = 3; quarter >= 0; quarter--) {
    const without = <T>(all: ReadonlyArray<T>) => all.filter((_, i) => Math.floor(4 * i / all.length) !== quarter)
    if (operations.length > 0) yield { operations: without(operations), faults, choices }
    if (faults.length > 0) yield { operations, faults: without(faults), choices }
  }
}

/** Without what comes after the violation: operations, faults, and the rest of its phase and those that follow. */
const cutAt = (input: RunInput, at_ms: number, more_ms: number): RunInput => {
  const upTo = (length_ms: number, begin_ms: number): number =>
    Math.max(0, Math.min(length_ms, Math.ceil(at_ms) + more_ms - begin_ms))
  return {
    ...input, safety_ms: upTo(input.safety_ms, 0), core_ms: upTo(input.core_ms, input.safety_ms),
    healed_ms: upTo(input.healed_ms, input.safety_ms + input.core_ms),
    operations: input.operations.filter((operation) => operation.at_ms <= at_ms),
    faults: input.faults.filter((fault) => fault.at_ms <= at_ms)
  }
}

const withFaults = (input: RunInput, faults: ReadonlyArray<Fault>): RunInput =>
  ({ ...input, faults: legal(faults, input.topology) })
const withOperations = (input: RunInput, operations: ReadonlyArray<Operation>): RunInput => ({ ...input, operations })

/** A smaller topology, and only what can still be meant: faults of absent machines and drains of absent nodes go. */
const withTopology = (input: RunInput, topology: Topology): RunInput => {
  const names = new Set(topology.workers.map(({ name }) => name))
  const kept = new Set([...names, ...Array.from({ length: 9 }, (_, i) => `cp-${i}`)])
  const narrowed = input.faults.map((fault) => within(fault, kept))
  return {
    ...input, topology, faults: legal(narrowed, topology),
    operations: input.operations.filter((operation) => !("node" in operation) || names.has(operation.node))
  }
}

const counts = ["controllerManagers", "schedulers", "apiServers", "etcds"] as const

function* shrinkTopology(shrinker: Shrinker): Asking<void> {
  yield* shrinker.without((input) => input.topology.workers, (input, workers) =>
    workers.length === 0 ? input : withTopology(input, { ...input.topology, workers }))
  for (const count of counts) {
    for (const fewer of [1, count === "etcds" ? 3 : 2]) {
      const { topology } = shrinker.best
      if (fewer < topology[count] &&
        (yield* shrinker.accepts(withTopology(shrinker.best, { ...topology, [count]: fewer })))) break
    }
  }
}

/** Runs of the liveness phases are the longest: shorter ones make every later candidate cheaper. */
function* shrinkTime(shrinker: Shrinker): Asking<void> {
  if (shrinker.best.core_ms > 0) yield* shrinker.accepts({ ...shrinker.best, core_ms: 0 })
  for (const part of [0.25, 0.5, 0.75, 0.9]) {
    const safety_ms = Math.ceil(shrinker.best.safety_ms * part)
    const within = <T extends { readonly at_ms: number }>(items: ReadonlyArray<T>) =>
      items.filter(({ at_ms }) => at_ms <= safety_ms)
    const { operations, faults } = shrinker.best
    if (yield* shrinker.accepts({ ...shrinker.best, safety_ms, operations: within(operations),
      faults: within(faults) })) return
  }
}

/**
 * Within a budget of time, after which the best so far is what it is; the first run is part of it. `now_ms` is the
 * wall clock.
 */
export const shrink = (
  input: RunInput, test: Test,
  options: { readonly budget_ms: number; readonly now_ms: () =>
    number; readonly progress?: (progress: Progress) => void }
): Shrunk => {
  const end_ms = options.now_ms() + options.budget_ms
  const isOver = () => options.now_ms() >= end_ms
  const first = test(input)
  if (first === undefined) return { input, executions: 1, isMinimal: false, repeats: false }
  const shrinker = new Shrinker(input, first)
  const candidates = shrinker.candidates(first)
  let executions = 0
  let next = candidates.next()
  while (next.done !== true && !isOver()) {
    executions++
    const { best } = shrinker
    next = candidates.next(test(next.value))
    if (best === shrinker.best) continue
    options.progress?.({
      executions, operations: shrinker.best.operations.length, faults: shrinker.best.faults.length,
      choices: shrinker.best.choices.filter((choice) => choice !== 0).length
    })
  }
  return { input: shrinker.best, executions, isMinimal: next.done === true, repeats: true }
}
