/**
 * Many runs from one base seed, within a number of runs or an amount of time, and what they looked at.
 *
 * A campaign with a number of runs repeats exactly: each run is a function of the seed, its index and the coverage of
 * the runs before. Nothing is printed here: progress goes to a callback, the summary is data.
 */
import { setImmediate } from "node:timers/promises"
import { drawRun, type Options as DrawOptions } from "#properties/harness/draw.ts"
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
  readonly run: number
  readonly input: RunInput
  readonly broken: Broken
}

export interface Summary {
  readonly verdict: Verdict
  /** Absent when all runs held. */
  readonly failed: Failed | undefined
  readonly seed: number
  readonly runs: number
  /** Runs that came to rest with every promise kept. */
  readonly rested: number
  readonly virtual_ms: number
  readonly wall_ms: number
  readonly lines: number
  readonly faults: Readonly<Record<string, number>>
  readonly operations: Readonly<Record<string, number>>
  /** `sometimes` properties: name → runs that reached it. */
  readonly sometimes: ReadonlyMap<string, number>
  /** Those never reached; they count against the campaign once it is long enough to tell. */
  readonly never: ReadonlyArray<string>
  readonly isLongEnough: boolean
  /** It was stopped by its signal. */
  readonly isAborted: boolean
}

/** Fewer runs than this may miss what only some runs are drawn to do. */
export const runsToTell = 40 // ASSUMED: what a tenth of the runs does is missed by 1.5 % of such campaigns.
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
    for (let count = 0; this.#goesOn(count); count++) {
      const index = first + count * every
      const next = given?.next()
      if (next?.done === true) break
      const input = next?.value ?? drawRun(this.#options.seed, index,
        { ...this.#options.draw, weights: this.#feedback.weights })
      const result = await this.#one(input)
      if (result === undefined) break
      this.#count(input, result)
      const broken = result.broken ?? this.#differs(input, index)
      if (broken !== undefined) {
        this.#failed = { run: index, input, broken }
        break
      }
    }
    return this.#summary()
  }

  #goesOn(count: number): boolean {
    return this.#options.signal?.aborted !== true && count < (this.#options.runs ?? Infinity) && !this.#isLate()
  }

  #isLate(): boolean {
    return performance.now() - this.#began_ms >= (this.#options.wall_ms ?? Infinity)
  }

  /** Undefined when it was stopped in its midst: what is undecided does not count. */
  async #one(input: RunInput): Promise<RunResult | undefined> {
    const run = new Run(input, this.#options)
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

  #count(input: RunInput, { counts, reached, rested }: RunResult): void {
    this.#runs++
    if (rested) this.#rested++
    this.#lines += counts.lines
    this.#virtual_ms += counts.virtual_ms
    add(this.#faults, counts.faults)
    add(this.#operations, counts.operations)
    for (const name of reached) this.#sometimes.set(name, (this.#sometimes.get(name) ?? 0) + 1)
    this.#triples = this.#options.coverage?.reached ?? 0
    if (this.#options.coverage !== undefined) this.#feedback.learn(input.swarm, this.#options.coverage.rarity())
  }

  #differs(input: RunInput, index: number): Broken | undefined {
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
      failed: this.#failed, seed: this.#options.seed, runs: this.#runs, rested: this.#rested,
      virtual_ms: this.#virtual_ms, wall_ms: performance.now() - this.#began_ms, lines: this.#lines,
      faults: this.#faults, operations: this.#operations,
      sometimes: this.#sometimes, never, isLongEnough, isAborted: this.#options.signal?.aborted === true
    }
  }
}

export const campaign = (options: CampaignOptions): Promise<Summary> => new Campaign(options).go()
