/**
 * Many runs from one base seed, within a number of runs or an amount of time, and what they looked at.
 *
 * A campaign with a number of runs repeats exactly: each run is a function of the seed, its index and the weights of
 * its epoch, which the coverage of the epochs before has made. Known inputs stand beside them: they are run first, and
 * runs near them in between, but they are not numbered, and nothing is learnt from them, so that one more of them
 * changes no numbered run.
 * A failure does not end it: the other runs say how often it comes, and what else does.
 * Nothing is printed here: runs and progress go to callbacks, the summary is data.
 */
import { setImmediate } from "node:timers/promises"
import { drawVariation, nth, type Options as DrawOptions } from "#properties/harness/draw.ts"
import type { Example } from "#properties/harness/draw/examples.ts"
import { Feedback, type Weights } from "#properties/harness/draw/swarm.ts"
import { Run, type Broken, type Options } from "#properties/harness/run.ts"
import { runInput } from "#properties/harness/run/arbitrary.ts"
import { digest, digestInAnotherProcess } from "#properties/harness/run/digest.ts"
import { Memory } from "#properties/harness/run/memory.ts"
import { nameOf, Tally, type Ran, type Summary } from "#properties/harness/run/tally.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

export interface CampaignOptions extends Options {
  readonly seed: number
  /** Index of the first run and distance to the next: campaigns that share the work. Default 0 and 1. */
  readonly first?: number
  readonly every?: number
  /** At least one of the two ends the campaign. */
  readonly runs?: number
  readonly wall_ms?: number
  /** When time is over a run that is under way gets so long to come to its end. */
  readonly overtime_ms?: number
  /** Stops between two slices of a run. */
  readonly signal?: AbortSignal
  /** Each run twice, and the first in a process of its own too: every line must be the same. */
  readonly selfCheck?: boolean
  readonly draw?: Omit<DrawOptions, "weights">
  /** How many numbered runs are drawn with the same weights. */
  readonly epoch_runs?: number
  /** Inputs to run instead of drawn ones, e.g. a recorded workload. */
  readonly inputs?: Iterable<RunInput>
  /** Known inputs, and who judges them: a judge of their own, lest its coverage steer what is drawn. */
  readonly examples?: { readonly all: ReadonlyArray<Example>; readonly options: Options }
  /** What the judges of this campaign have reached of the charts; steers what is drawn next. */
  readonly coverage?: { readonly reached: number; readonly rarity: () => number }
  readonly progress?: (progress: Progress) => void
  /** Hears of an epoch when it begins: the number of its first run, from 0, and what its runs are drawn with. */
  readonly epoch?: (run: number, weights: Weights) => void
  /** Hears of each run when it is over. */
  readonly each?: (ran: Ran) => void
  readonly memory?: Pick<Memory, "isFull">
}

export interface Progress {
  readonly run: number
  readonly virtual_ms: number
  readonly wall_ms: number
  readonly triples: number
}

/** One run near a known input after so many numbered ones; odd, so that two campaigns share these as well. */
const variedEach = 19 // ASSUMED: about one run in twenty.
const epoch_runs = 25 // ASSUMED: the feedback remembers about two hundred.
const breath_ms = 50 // ASSUMED: how long Ctrl-C may wait for the event loop.

const overtime_ms = 30_000 // ASSUMED: a run takes a second at the most, but for recorded workloads.

class Campaign {
  readonly #options: CampaignOptions
  readonly #feedback = new Feedback()
  readonly #tally: Tally
  readonly #memory: Pick<Memory, "isFull">
  /** Of this epoch. */
  #weights: Weights
  #triples = 0
  readonly #began_ms = performance.now()
  #breathed_ms = performance.now()
  #isStopped = false

  constructor(options: CampaignOptions) {
    this.#options = options
    this.#weights = this.#feedback.frozen()
    this.#memory = options.memory ?? new Memory()
    this.#tally = new Tally({
      seed: options.seed, isGiven: options.inputs !== undefined,
      sometimes: options.properties.filter(({ kind }) => kind === "sometimes").map(({ name }) => name)
    })
  }

  async go(): Promise<Summary> {
    const given = this.#options.inputs?.[Symbol.iterator]()
    const { first = 0, every = 1 } = this.#options
    const known = this.#options.examples?.all ?? []
    for (let i = first; i < known.length && this.#goesOn(0); i += every) {
      const { input, name } = known[i]!
      await this.#one(input, { kind: "example", run: first, example: name }, this.#options.examples!.options)
    }
    for (let count = 0; this.#goesOn(count); count++) {
      const index = first + count * every
      const next = given?.next()
      if (next?.done === true) break
      if (given === undefined && count % (this.#options.epoch_runs ?? epoch_runs) === 0) this.#beginEpoch(index)
      const input = next?.value ??
        nth(runInput({ ...this.#options.draw, weights: this.#weights }), this.#options.seed, index)
      if (!await this.#one(input, { kind: "numbered", run: index }, this.#options)) break
      this.#learn(input)
      const place = (index + 1) / variedEach - 1
      const near = known.length === 0 || !Number.isInteger(place) ? undefined : known[place % known.length]!
      if (near === undefined || !this.#goesOn(0)) continue
      const variation = Math.floor(place / known.length)
      await this.#one(drawVariation(this.#options.seed, near, variation),
        { kind: "variation", run: index + 1, example: `${near.name}, variation ${variation + 1}` },
        this.#options.examples!.options)
    }
    if (this.#options.signal?.aborted === true) this.#tally.aborted()
    return this.#tally.summary()
  }

  #goesOn(count: number): boolean {
    const { runs = Infinity, signal } = this.#options
    return !this.#isStopped && signal?.aborted !== true && count < runs && !this.#isLate(0)
  }

  #isLate(overtime: number): boolean {
    return performance.now() - this.#began_ms >= (this.#options.wall_ms ?? Infinity) + overtime
  }

  /** False when it was stopped in its midst: it is undecided, and so is the campaign. */
  async #one(input: RunInput, which: Pick<Ran, "kind" | "run" | "example">, options: Options): Promise<boolean> {
    const began_ms = performance.now()
    const run = new Run(input, options)
    while (run.step()) {
      if (performance.now() - this.#breathed_ms < breath_ms) continue
      const why = await this.#breathe(run)
      if (why === undefined) continue
      this.#isStopped = true
      this.#tally.unfinished(`${nameOf(which)} was not finished: ${why}`)
      return false
    }
    const { broken: found, counts, reached, rested, undecided } = run.result()
    const broken = found ?? this.#differs(input, which.kind === "numbered" && which.run === 0)
    const ran: Ran = {
      ...which, rested, ...counts, reached: [...reached], undecided, wall_ms: performance.now() - began_ms,
      ...(broken === undefined ? {} : { broken, input })
    }
    this.#tally.add(ran)
    this.#options.each?.(ran)
    return true
  }

  /** Lets signals and timers have their turn. Returns why the campaign ends here, if it does. */
  async #breathe(run: Run): Promise<string | undefined> {
    await setImmediate()
    this.#breathed_ms = performance.now()
    this.#options.progress?.({
      run: this.#tally.runs, virtual_ms: this.#tally.virtual_ms + run.result().counts.virtual_ms,
      wall_ms: this.#breathed_ms - this.#began_ms, triples: this.#triples
    })
    if (this.#options.signal?.aborted === true) return "the campaign was stopped"
    if (this.#isLate(this.#options.overtime_ms ?? overtime_ms)) return "the time was over"
    return this.#memory.isFull() ? "memory was short" : undefined
  }

  #beginEpoch(run: number): void {
    this.#weights = this.#feedback.frozen()
    this.#options.epoch?.(run, this.#weights)
  }

  #learn(input: RunInput): void {
    this.#triples = this.#options.coverage?.reached ?? 0
    if (this.#options.coverage !== undefined) this.#feedback.learn(input.swarm, this.#options.coverage.rarity())
  }

  #differs(input: RunInput, isFirst: boolean): Broken | undefined {
    if (this.#options.selfCheck !== true) return undefined
    const { parts } = this.#options
    const once = digest(input, parts)
    const again = [digest(input, parts), ...(isFirst && parts === undefined ? [digestInAnotherProcess(input)] : [])]
    const other = again.find((one) => one !== once)
    return other === undefined ? undefined : {
      kind: "crash", property: "one seed, one run, byte for byte", invariants: [], at_ms: 0,
      message: `the same input gave ${once} and ${other}`
    }
  }
}

export const campaign = (options: CampaignOptions): Promise<Summary> => new Campaign(options).go()
