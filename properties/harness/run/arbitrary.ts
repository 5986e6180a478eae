/**
 * Runs as an arbitrary of fast-check, for anybody's own test:
 *
 *     fc.assert(fc.property(runInput(), holds(promises)))
 *
 * `generate` is a function of the generator and of given weights; `shrink` yields the joint candidates of shrink.ts.
 * `holds` remembers what an input broke and when, and of a candidate asks only whether it breaks the same: so runs are
 * cut at the violation and shrink to one failure. With a predicate of somebody's own they shrink as well, only slower.
 *
 * The campaign of `plimsoll check` draws from the same arbitrary.
 */
import "#impl/sim/plain-fibers.ts"
import * as fc from "fast-check"
import { properties } from "#properties/all.ts"
import { drawnInput, type Options as DrawOptions } from "#properties/harness/draw.ts"
import { decodeRunInput, type RunInput } from "#properties/harness/draw/run-input.ts"
import { keyOf } from "#properties/harness/run/monitors.ts"
import { failureOf, narrowed, pinned } from "#properties/harness/run/reduce.ts"
import { Shrinker, type Failure, type Outcome } from "#properties/harness/run/shrink.ts"
import { run, type Broken, type Options } from "#properties/harness/run.ts"
import type { Property } from "#properties/property.ts"

/** Every promise that Plimsoll knows. */
export const promises: ReadonlyArray<Property> = properties

/** What `holds` found out of inputs: what they broke; and of candidates what they are to break. */
const broke = new WeakMap<RunInput, Broken>()
const wanted = new WeakMap<RunInput, Broken>()

type Failing = Exclude<Outcome, undefined>
const outcomeOf = (input: RunInput): Failing => {
  const broken = broke.get(input)
  return broken === undefined ? "failed" : failureOf(broken)
}

/** Candidates that held, after the last that failed, in front of all that was before. */
interface Told {
  readonly held: number
  readonly failed: Failing | undefined
  readonly before: Told | undefined
}
const nobody: Told = { held: 0, failed: undefined, before: undefined }

/** The shrinker at work on one input. */
class Walk {
  told = nobody
  readonly #candidates: Generator<RunInput, void, Outcome>
  #next: IteratorResult<RunInput, void> | undefined

  constructor(root: RunInput, first: Failing) {
    this.#candidates = new Shrinker(root, first).candidates(first)
  }
  /** The candidate that is to be tried now. */
  get candidate(): RunInput | undefined {
    this.#next ??= this.#candidates.next()
    return this.#next.done === true ? undefined : this.#next.value
  }
  tell(outcome: Outcome): void {
    if (this.candidate === undefined) return
    this.#next = this.#candidates.next(outcome)
    this.told = outcome === undefined ? { ...this.told, held: this.told.held + 1 }
      : { held: 0, failed: outcome, before: this.told }
  }
}

/**
 * How a value came about: the shrinker's answers up to it. fast-check may go back to an older value; then the walk is
 * made anew up to there, else it goes on.
 */
class Origin {
  readonly root: RunInput
  readonly first: Failing
  readonly #told: Told
  readonly #walk: Walk

  constructor(root: RunInput, first: Failing, walk: Walk) {
    this.root = root
    this.first = first
    this.#told = walk.told
    this.#walk = walk
  }
  resumed(): Walk {
    if (this.#walk.told === this.#told) return this.#walk
    const walk = new Walk(this.root, this.first)
    const all: Array<Told> = []
    for (let told: Told | undefined = this.#told; told !== undefined; told = told.before) all.unshift(told)
    for (const { failed, held } of all) {
      if (failed !== undefined) walk.tell(failed)
      for (let i = 0; i < held; i++) walk.tell(undefined)
    }
    return walk
  }
}

class RunInputs extends fc.Arbitrary<RunInput> {
  readonly #drawn: fc.Arbitrary<RunInput>

  constructor(options: DrawOptions) {
    super()
    this.#drawn = drawnInput(options)
  }

  /** Never biased: that would make every second length, time and place the least or the greatest. */
  override generate(random: fc.Random, _bias: number | undefined): fc.Value<RunInput> {
    return new fc.Value(this.#drawn.generate(random, undefined).value, undefined)
  }

  override canShrinkWithoutContext(value: unknown): value is RunInput {
    try {
      decodeRunInput(value)
      return true
    } catch {
      return false
    }
  }

  override shrink(value: RunInput, context: unknown): fc.Stream<fc.Value<RunInput>> {
    const outcome = outcomeOf(value)
    if (!(context instanceof Origin)) {
      const broken = broke.get(value)
      const root = broken === undefined || broken.kind === "crash" ? value : pinned(value, broken)
      return fc.stream(this.#from(root, outcome, new Walk(root, outcome), broken))
    }
    const walk = context.resumed()
    walk.tell(outcome)
    return fc.stream(this.#from(context.root, context.first, walk, wanted.get(value)))
  }

  *#from(root: RunInput, first: Failing, walk: Walk, broken: Broken | undefined): Generator<fc.Value<RunInput>> {
    for (let input = walk.candidate; input !== undefined; input = walk.candidate) {
      if (broken !== undefined) wanted.set(input, broken)
      const { told } = walk
      yield new fc.Value(input, new Origin(root, first, walk))
      // Taken further by somebody else: this stream is stale.
      if (walk.told !== told) return
      walk.tell(undefined)
    }
  }
}

/** Draws runs of the whole cluster: topology, operations, faults, order and times. */
export const runInput = (options: DrawOptions = {}): fc.Arbitrary<RunInput> => new RunInputs(options)

/** A predicate for fast-check: runs the cluster, and throws with the promise that broke. */
export const holds = (
  of: ReadonlyArray<Property>, options: Omit<Options, "properties"> = {}
) => (input: RunInput): void => {
  const all: Options = { ...options, properties: of }
  const same = wanted.get(input)
  const { broken, undecided } = run(input, same === undefined ? all : narrowed(all, same))
  if (broken === undefined && undecided.length > 0 && same === undefined) throw new Error(undecided.join("\n"))
  if (broken === undefined || (same !== undefined && keyOf(same) !== keyOf(broken))) return
  broke.set(input, broken)
  const numbers = broken.invariants.length === 0 ? "" : ` (invariant ${broken.invariants.join(", ")})`
  throw new Error(`${broken.kind}: ${broken.property}${numbers}\n${broken.message}`)
}

export type { Failure, RunInput }
