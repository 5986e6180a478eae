/**
 * Makes a failing run small: jointly over operations, faults, choices, topology and time, keeping the same broken
 * property, within a budget of time after which the best so far is what it is.
 *
 * Delta debugging on the expanded input (Zeller and Hildebrandt, 2002): chunks of halving size are taken away, then
 * single elements are made simpler. It works because draws are keyed by identity: what is left goes on as before.
 * The run is cut at the violation first, since what comes later cannot have caused it.
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

export interface Shrunk {
  readonly input: RunInput
  readonly executions: number
  /** False when the budget ended first: smaller ones may exist. */
  readonly isMinimal: boolean
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
const afterwards_ms = 1 // The line at which it broke must still be reached.

class Shrinker {
  best: RunInput
  executions = 0
  readonly #key: string
  readonly #test: Test
  readonly #isOver: () => boolean
  readonly #progress: ((progress: Progress) => void) | undefined
  readonly #tried = new Set<string>()

  constructor(input: RunInput, key: string, test: Test, isOver: () => boolean,
    progress?: (progress: Progress) => void) {
    this.best = input
    this.#key = key
    this.#test = test
    this.#isOver = isOver
    this.#progress = progress
  }

  /** Runs the candidate; keeps it when it fails in the same way. */
  accepts(candidate: RunInput): boolean {
    if (this.#isOver()) return false
    const text = JSON.stringify(candidate)
    if (this.#tried.has(text)) return false
    this.#tried.add(text)
    this.executions++
    const failure = this.#test(candidate)
    if (failure?.key !== this.#key) return false
    this.best = failure.needsLiveness ? candidate : cutAt(candidate, failure.at_ms)
    this.#tried.add(JSON.stringify(this.best))
    this.#progress?.({
      executions: this.executions, operations: this.best.operations.length, faults: this.best.faults.length,
      choices: this.best.choices.filter((choice) => choice !== 0).length
    })
    return true
  }

  /** Takes away chunks of an array, from halves down to single elements, the last first. */
  without<T>(get: (input: RunInput) => ReadonlyArray<T>,
    set: (input: RunInput, values: ReadonlyArray<T>) => RunInput): void {
    let chunk = get(this.best).length
    while (chunk >= 1 && !this.#isOver()) {
      let end = get(this.best).length
      while (end > 0 && !this.#isOver()) {
        const values = get(this.best)
        end = Math.min(end, values.length)
        const begin = Math.max(0, end - chunk)
        if (end > begin) this.accepts(set(this.best, [...values.slice(0, begin), ...values.slice(end)]))
        end = begin
      }
      chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)
    }
  }

  /** Takes away two at once: one may only undo what the other does. Of few elements only, since pairs are many. */
  withoutPairs<T>(get: (input: RunInput) => ReadonlyArray<T>,
    set: (input: RunInput, values: ReadonlyArray<T>) => RunInput): void {
    for (let i = get(this.best).length - 1; i > 0 && get(this.best).length <= pairs_max && !this.#isOver(); i--) {
      for (let j = i - 1; j >= 0 && !this.#isOver(); j--) {
        const values = get(this.best)
        if (this.accepts(set(this.best, values.filter((_, k) => k !== i && k !== j)))) break
      }
    }
  }

  /**
   * Where a race decides, whatever is left out moves it and nothing can be: then a part is left out and other chances
   * are drawn, a few times over.
   */
  withOtherChances(): void {
    const { best } = this
    const size = sizeOf(best)
    if (size <= small) return
    for (let seed = 1; seed <= seeds_max && sizeOf(this.best) === size && !this.#isOver(); seed++) {
      for (const { operations, faults, choices } of partsOf(best)) {
        if (this.accepts(withFaults({ ...best, seed, operations, choices }, faults))) break
      }
    }
  }

  /** Tries simpler forms of each element in turn, the boldest first. */
  simpler<T>(
    get: (input: RunInput) => ReadonlyArray<T>, set: (input: RunInput, values: ReadonlyArray<T>) => RunInput,
    forms: (value: T) => ReadonlyArray<T>
  ): void {
    for (let i = 0; i < get(this.best).length && !this.#isOver(); i++) {
      for (let again = true; again && !this.#isOver();) {
        again = false
        const values = get(this.best)
        if (i >= values.length) return
        for (const form of forms(values[i]!)) {
          if (this.accepts(set(this.best, values.map((value, j) => j === i ? form : value)))) {
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
const cutAt = (input: RunInput, at_ms: number): RunInput => {
  const upTo = (length_ms: number, begin_ms: number): number =>
    Math.max(0, Math.min(length_ms, Math.ceil(at_ms) + afterwards_ms - begin_ms))
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

const shrinkTopology = (shrinker: Shrinker): void => {
  shrinker.without((input) => input.topology.workers, (input, workers) =>
    workers.length === 0 ? input : withTopology(input, { ...input.topology, workers }))
  for (const count of counts) {
    for (const fewer of [1, count === "etcds" ? 3 : 2]) {
      const { topology } = shrinker.best
      if (fewer < topology[count] &&
        shrinker.accepts(withTopology(shrinker.best, { ...topology, [count]: fewer }))) break
    }
  }
}

/** Runs of the liveness phases are the longest: shorter ones make every later candidate cheaper. */
const shrinkTime = (shrinker: Shrinker): void => {
  if (shrinker.best.core_ms > 0) shrinker.accepts({ ...shrinker.best, core_ms: 0 })
  for (const part of [0.25, 0.5, 0.75, 0.9]) {
    const safety_ms = Math.ceil(shrinker.best.safety_ms * part)
    const within = <T extends { readonly at_ms: number }>(items: ReadonlyArray<T>) =>
      items.filter(({ at_ms }) => at_ms <= safety_ms)
    const { operations, faults } = shrinker.best
    if (shrinker.accepts({ ...shrinker.best, safety_ms, operations: within(operations),
      faults: within(faults) })) return
  }
}

/**
 * `input` must fail `test`; throws otherwise, since a failure that does not repeat is a defect of the harness.
 * `now_ms` is the wall clock of the budget.
 */
export const shrink = (
  input: RunInput, test: Test,
  options: { readonly budget_ms: number; readonly now_ms: () =>
    number; readonly progress?: (progress: Progress) => void }
): Shrunk => {
  const first = test(input)
  if (first === undefined) throw new Error("the run that is to be shrunk does not fail")
  const end_ms = options.now_ms() + options.budget_ms
  const isOver = () => options.now_ms() >= end_ms
  const cut = first.needsLiveness ? input : cutAt(input, first.at_ms)
  const shrinker = new Shrinker(input, first.key, test, isOver, options.progress)
  if (cut !== input) shrinker.accepts(cut)
  for (let before = ""; before !== JSON.stringify(shrinker.best) && !isOver();) {
    before = JSON.stringify(shrinker.best)
    shrinkTime(shrinker)
    if (shrinker.best.choices.length > 0) shrinker.accepts({ ...shrinker.best, choices: [] })
    shrinker.without((run) => run.faults, withFaults)
    shrinker.without((run) => run.operations, withOperations)
    shrinkTopology(shrinker)
    shrinker.without((run) => run.choices, (run, choices) => ({ ...run, choices }))
    shrinker.simpler((run) => run.operations, withOperations, simplerOperation)
    shrinker.simpler((run) => run.faults, withFaults, simplerFault)
    if (before !== JSON.stringify(shrinker.best)) continue
    shrinker.withoutPairs((run) => run.operations, withOperations)
    shrinker.withoutPairs((run) => run.faults, withFaults)
    if (before === JSON.stringify(shrinker.best)) shrinker.withOtherChances()
  }
  return { input: shrinker.best, executions: shrinker.executions, isMinimal: !isOver() }
}

