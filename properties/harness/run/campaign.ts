/**
 * Many runs from one base seed, within a number of runs or an amount of time, and what they looked at.
 *
 * A campaign with a number of runs repeats exactly: each run is a function of the seed, its index and the coverage of
 * the runs before. Known inputs stand beside them: they are run first, and runs near them in between, but they are not
 * numbered, and nothing is learnt from them, so that one more of them changes no numbered run.
 * Nothing is printed here: progress goes to a callback, the summary is data.
 */
import { setImmediate } from "node:timers/promises"
import { drawRun, drawVariation, type Options as DrawOptions } from "#properties/harness/draw.ts"
import type { Example } from "#properties/harness/draw/examples.ts"
import { Feedback } from "#properties/harness/draw/swarm.ts"
import { Run, type Broken, type Options, type RunResult, type Verdict } from "#properties/harness/run.ts"
import { digest, digestInAnotherProcess } from "#properties/harness/run/digest.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

export interface CampaignOptions extends Options {
  readonly seed: number
  /** Index of the first run and distance to the next: campaigns that share the work. Default 0 and 1. */
  readonly first?: number
  readonly every?: number
  /** At least one of the two ends the campaign. */
  readonly runs?: number
  readonly wall_ms?: number
  /** Stops between two slices of a run. */
  readonly signal?: AbortSignal
  /** Each run twice, and the first in a process of its own too: every line must be the same. */
  readonly selfCheck?: boolean
  readonly draw?: Omit<DrawOptions, "weights">
  /** Inputs to run instead of drawn ones, e.g. a recorded workload. */
  readonly inputs?: Iterable<RunInput>
  /** Known inputs, and who judges them: a judge of their own, lest its coverage steer what is drawn. */
  readonly examples?: { readonly all: ReadonlyArray<Example>; readonly options: Options }
  /** What the judges of this campaign have reached of the charts; steers what is drawn next. */
  readonly coverage?: { readonly reached: number; readonly rarity: () => number }
  readonly progress?: (progress: Progress) => void
}

export interface Progress {
  readonly run: number
  readonly virtual_ms: number
  readonly wall_ms: number
  readonly triples: number
}

export interface Failed {
  /** Index of the numbered run, or of the one that would have come next. */
  readonly run: number
  /** What was run instead of a numbered one: a known input, or one near it. */
  readonly example?: string
  readonly input: RunInput
  readonly broken: Broken
}

export interface Summary {
  readonly verdict: Verdict
  /** Absent when all runs held. */
  readonly failed: Failed | undefined
  readonly seed: number
  /** Numbered ones. */
  readonly runs: number
  /** Known inputs that were run, and runs near them. */
  readonly examples: number
  readonly variations: number
  /** Of the numbered runs: came to rest with every promise kept. */
  readonly rested: number
  readonly virtual_ms: number
  readonly wall_ms: number
  readonly lines: number
  readonly faults: Readonly<Record<string, number>>
  readonly operations: Readonly<Record<string, number>>
  /** `sometimes` properties: name → runs that reached it, known inputs among them. */
  readonly sometimes: ReadonlyMap<string, number>
  /** Those never reached; they count against the campaign once it is long enough to tell. */
  readonly never: ReadonlyArray<string>
  readonly isLongEnough: boolean
  /** It was stopped by its signal. */
  readonly isAborted: boolean
}

/** Fewer runs than this may miss what only some runs are drawn to do. */
export const runsToTell = 40 // ASSUMED: what a tenth of the runs does is missed by 1.5 % of such campaigns.
/** One run near a known input after so many numbered ones; odd, so that two campaigns share these as well. */
const variedEach = 19 // ASSUMED: about one run in twenty.
const breath_ms = 50 // ASSUMED: how long Ctrl-C may wait for the event loop.

const add = (sum: Record<string, number>, more: Readonly<Record<string, number>>): void => {
  for (const [key, n] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + n
}

class Campaign {
  readonly #options: CampaignOptions
  readonly #feedback = new Feedback()
  #triples = 0
  readonly #sometimes: Map<string, number>
  readonly #faults: Record<string, number> = {}
  readonly #operations: Record<string, number> = {}
  readonly #began_ms = performance.now()
  #runs = 0
  #examples = 0
  #variations = 0
  #rested = 0
  #virtual_ms = 0
  #lines = 0
  #failed: Failed | undefined
  #breathed_ms = performance.now()

  constructor(options: CampaignOptions) {
    this.#options = options
    const sometimes = options.properties.filter(({ kind }) => kind === "sometimes")
    this.#sometimes = new Map(sometimes.map(({ name }) => [name, 0]))
  }

  async go(): Promise<Summary> {
    const given = this.#options.inputs?.[Symbol.iterator]()
    const { first = 0, every = 1 } = this.#options
    const known = this.#options.examples?.all ?? []
    for (let i = first; i < known.length && this.#goesOn(0); i += every) {
      const { input, name } = known[i]!
      if (await this.#beside(first, name, input)) this.#examples++
    }
    for (let count = 0; this.#goesOn(count); count++) {
      const index = first + count * every
      const next = given?.next()
      if (next?.done === true) break
      const input = next?.value ?? drawRun(this.#options.seed, index,
        { ...this.#options.draw, weights: this.#feedback.weights })
      const result = await this.#one(input, this.#options)
      if (result === undefined) break
      this.#count(input, result)
      const broken = result.broken ?? this.#differs(input, index)
      if (broken !== undefined) this.#failed = { run: index, input, broken }
      const place = (index + 1) / variedEach - 1
      const near = known.length === 0 || !Number.isInteger(place) ? undefined : known[place % known.length]!
      if (near === undefined || !this.#goesOn(0)) continue
      const nth = Math.floor(place / known.length)
      const varied = drawVariation(this.#options.seed, near, nth)
      if (await this.#beside(index + 1, `${near.name}, variation ${nth + 1}`, varied)) this.#variations++
    }
    return this.#summary()
  }

  /** A run that is not numbered. False when it was stopped in its midst. */
  async #beside(run: number, example: string, input: RunInput): Promise<boolean> {
    const result = await this.#one(input, this.#options.examples!.options)
    if (result === undefined) return false
    this.#add(result)
    const broken = result.broken ?? this.#differs(input, undefined)
    if (broken !== undefined) this.#failed = { run, example, input, broken }
    return true
  }

  #goesOn(count: number): boolean {
    const { runs = Infinity, signal } = this.#options
    return this.#failed === undefined && signal?.aborted !== true && count < runs && !this.#isLate()
  }

  #isLate(): boolean {
    return performance.now() - this.#began_ms >= (this.#options.wall_ms ?? Infinity)
  }

  /** Undefined when it was stopped in its midst: what is undecided does not count. */
  async #one(input: RunInput, options: Options): Promise<RunResult | undefined> {
    const run = new Run(input, options)
    while (run.step()) {
      if (performance.now() - this.#breathed_ms < breath_ms) continue
      await setImmediate()
      this.#breathed_ms = performance.now()
      const { virtual_ms } = run.result().counts
      this.#options.progress?.({
        run: this.#runs, virtual_ms: this.#virtual_ms + virtual_ms, wall_ms: this.#breathed_ms - this.#began_ms,
        triples: this.#triples
      })
      if (this.#options.signal?.aborted === true || this.#isLate()) return undefined
    }
    return run.result()
  }

  #add({ counts, reached }: RunResult): void {
    for (const name of reached) this.#sometimes.set(name, (this.#sometimes.get(name) ?? 0) + 1)
    this.#lines += counts.lines
    this.#virtual_ms += counts.virtual_ms
    add(this.#faults, counts.faults)
    add(this.#operations, counts.operations)
  }

  #count(input: RunInput, result: RunResult): void {
    const { rested } = result
    this.#runs++
    if (rested) this.#rested++
    this.#add(result)
    this.#triples = this.#options.coverage?.reached ?? 0
    if (this.#options.coverage !== undefined) this.#feedback.learn(input.swarm, this.#options.coverage.rarity())
  }

  #differs(input: RunInput, index: number | undefined): Broken | undefined {
    if (this.#options.selfCheck !== true) return undefined
    const { parts } = this.#options
    const once = digest(input, parts)
    const again = [digest(input, parts), ...(index === 0 && parts === undefined ? [digestInAnotherProcess(input)] : [])]
    const other = again.find((one) => one !== once)
    return other === undefined ? undefined : {
      kind: "crash", property: "one seed, one run, byte for byte", invariants: [], at_ms: 0,
      message: `the same input gave ${once} and ${other}`
    }
  }

  #summary(): Summary {
    const never = [...this.#sometimes].filter(([, runs]) => runs === 0).map(([name]) => name)
    const isLongEnough = this.#runs >= runsToTell && this.#options.inputs === undefined
    const isVacuous = this.#lines === 0 || (isLongEnough && never.length > 0)
    return {
      verdict: this.#failed?.broken.kind ?? (this.#runs === 0 || isVacuous ? "unknown" : "held"),
      failed: this.#failed, seed: this.#options.seed, runs: this.#runs, examples: this.#examples,
      variations: this.#variations, rested: this.#rested,
      virtual_ms: this.#virtual_ms, wall_ms: performance.now() - this.#began_ms, lines: this.#lines,
      faults: this.#faults, operations: this.#operations,
      sometimes: this.#sometimes, never, isLongEnough, isAborted: this.#options.signal?.aborted === true
    }
  }
}

export const campaign = (options: CampaignOptions): Promise<Summary> => new Campaign(options).go()
