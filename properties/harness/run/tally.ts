/**
 * What is kept of each run of a campaign, and what they add up to: in one process, or read back from what several
 * processes or machines wrote (commands/results.ts).
 */
import { keyOf, type Broken } from "#properties/harness/run/monitors.ts"
import { demandedAfter } from "#properties/harness/run/rates.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"
import type { Verdict } from "#properties/harness/run.ts"

type Numbers = Readonly<Record<string, number>>

/** One run. */
export interface Ran {
  readonly kind: "numbered" | "example" | "variation"
  /** Index of the numbered run, or of the one that would have come next. */
  readonly run: number
  /** What was run instead of a numbered one: a known input, or one near it. */
  readonly example?: string
  /** Came to rest with every promise kept. */
  readonly rested: boolean
  readonly lines: number
  readonly virtual_ms: number
  readonly wall_ms: number
  readonly faults: Numbers
  readonly operations: Numbers
  /** Names of the `sometimes` that it reached. */
  readonly reached: ReadonlyArray<string>
  /** What monitors gave up. */
  readonly undecided: ReadonlyArray<string>
  readonly broken?: Broken
  /** Of a run that broke. */
  readonly input?: RunInput
}

/** One way to fail: the same guarantee broke in all of its runs. */
export interface Failed {
  /** Of the first run that failed so. */
  readonly run: number
  readonly example?: string
  readonly input: RunInput
  readonly broken: Broken
  /** Runs that failed so. */
  readonly count: number
}

export interface Summary {
  readonly verdict: Verdict
  /** By their first runs; none when all held. */
  readonly failures: ReadonlyArray<Failed>
  readonly seed: number
  /** Numbered ones. */
  readonly runs: number
  /** Known inputs that were run, and runs near them. */
  readonly examples: number
  readonly variations: number
  /** Of the numbered runs: came to rest with every promise kept. */
  readonly rested: number
  readonly virtual_ms: number
  /** Time in runs, added up over all processes: speed is that of one core. */
  readonly wall_ms: number
  readonly lines: number
  readonly faults: Numbers
  readonly operations: Numbers
  /** `sometimes` properties: name → runs that reached it, known inputs among them. */
  readonly sometimes: ReadonlyMap<string, number>
  /** Those never reached, */
  readonly never: ReadonlyArray<string>
  /** and of these the ones that so many runs must have reached. */
  readonly missed: ReadonlyArray<string>
  /** What monitors gave up: in how many runs, and the first few in words. */
  readonly undecided: { readonly runs: number; readonly first: ReadonlyArray<string> }
  /** What the campaign did not come to the end of, in words: then nothing is held. */
  readonly unfinished: ReadonlyArray<string>
  /** It was stopped by its signal. */
  readonly isAborted: boolean
}

const undecidedShown = 5

const add = (sum: Record<string, number>, more: Numbers): void => {
  for (const [key, n] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + n
}

export interface TallyOptions {
  readonly seed: number
  /** Names of the `sometimes`. */
  readonly sometimes: ReadonlyArray<string>
  /** The inputs were given, not drawn: then nothing must come. */
  readonly isGiven?: boolean
}

export class Tally {
  runs = 0
  virtual_ms = 0
  readonly #options: TallyOptions
  readonly #sometimes: Map<string, number>
  readonly #failures = new Map<string, Failed>()
  readonly #faults: Record<string, number> = {}
  readonly #operations: Record<string, number> = {}
  readonly #undecided: Array<string> = []
  readonly #unfinished: Array<string> = []
  #undecidedRuns = 0
  #examples = 0
  #variations = 0
  #rested = 0
  #wall_ms = 0
  #lines = 0
  #isAborted = false

  constructor(options: TallyOptions) {
    this.#options = options
    this.#sometimes = new Map(options.sometimes.map((name) => [name, 0]))
  }

  add(ran: Ran): void {
    if (ran.kind === "numbered") {
      this.runs++
      if (ran.rested) this.#rested++
    } else if (ran.kind === "example") this.#examples++
    else this.#variations++
    this.#lines += ran.lines
    this.virtual_ms += ran.virtual_ms
    this.#wall_ms += ran.wall_ms
    add(this.#faults, ran.faults)
    add(this.#operations, ran.operations)
    for (const name of ran.reached) this.#sometimes.set(name, (this.#sometimes.get(name) ?? 0) + 1)
    if (ran.undecided.length > 0) this.#undecidedRuns++
    for (const what of ran.undecided) {
      if (this.#undecided.length < undecidedShown) this.#undecided.push(`${what} (${nameOf(ran)})`)
    }
    if (ran.broken !== undefined) this.#broke(ran, ran.broken)
  }

  #broke({ example, input, run }: Ran, broken: Broken): void {
    const key = keyOf(broken)
    const before = this.#failures.get(key)
    const count = (before?.count ?? 0) + 1
    const isFirst = before === undefined || run < before.run
    this.#failures.set(key, !isFirst ? { ...before, count }
      : { run, input: input!, broken, count, ...(example === undefined ? {} : { example }) })
  }

  /** A part of the campaign that did not come to its end. */
  unfinished(what: string): void {
    this.#unfinished.push(what)
  }
  aborted(): void {
    this.#isAborted = true
  }

  summary(): Summary {
    const { isGiven, seed } = this.#options
    const failures = [...this.#failures.values()].sort((a, b) => a.run - b.run)
    const never = [...this.#sometimes].filter(([, runs]) => runs === 0).map(([name]) => name)
    const missed = isGiven === true ? [] : never.filter((name) => demandedAfter(name) <= this.runs)
    const isKnown = this.runs > 0 && this.#lines > 0 && missed.length === 0 && this.#undecidedRuns === 0 &&
      this.#unfinished.length === 0
    return {
      verdict: failures[0]?.broken.kind ?? (isKnown ? "held" : "unknown"),
      failures, seed, runs: this.runs, examples: this.#examples, variations: this.#variations, rested: this.#rested,
      virtual_ms: this.virtual_ms, wall_ms: this.#wall_ms, lines: this.#lines, faults: this.#faults,
      operations: this.#operations, sometimes: this.#sometimes, never, missed,
      undecided: { runs: this.#undecidedRuns, first: this.#undecided },
      unfinished: this.#unfinished, isAborted: this.#isAborted
    }
  }
}

/** "run 17", or the known input's name. */
export const nameOf = ({ example, run }: Pick<Ran, "example" | "run">): string => example ?? `run ${run + 1}`
