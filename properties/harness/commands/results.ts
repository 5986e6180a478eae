/**
 * The results of a campaign on disk: newline-delimited JSON, a line as soon as a run is over, so that whatever happens
 * to the process, what it found is there. A header; the epochs, each with the weights that its runs are drawn with; the
 * runs; the coverage so far, now and then; an end.
 *
 * Whoever shares a campaign, processes of one machine or machines, writes one such file; read together they are the
 * campaign (`plimsoll merge`).
 */
import { closeSync, existsSync, globSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs"
import { BadInput, readText, version } from "#properties/harness/commands/outcome.ts"
import type { Worker } from "#properties/harness/commands/shares.ts"
import type { Weights } from "#properties/harness/draw/swarm.ts"
import { Tally, type Ran, type Summary } from "#properties/harness/run/tally.ts"
import type { CoverageCounts } from "#properties/harness/judge/coverage.ts"

export const resultsFormat = 2

export interface Header extends Worker {
  readonly plimsoll: "results"
  readonly format: typeof resultsFormat
  readonly version: string
  readonly seed: number
  /** The inputs were given, not drawn. */
  readonly isGiven: boolean
  /** Names of the `sometimes`; a run says by number which it reached. */
  readonly sometimes: ReadonlyArray<string>
  /** Names of the features; an epoch gives the weight of each. */
  readonly features: ReadonlyArray<string>
}
interface End {
  readonly unfinished: ReadonlyArray<string>
  readonly isAborted: boolean
}
type Line = { readonly ran: Omit<Ran, "reached"> & { readonly reached: ReadonlyArray<number> } } |
  { readonly epoch: { readonly run: number; readonly weights: ReadonlyArray<number> } } |
  { readonly coverage: CoverageCounts } | { readonly end: End }

const coverageEach_ms = 10_000 // ASSUMED: a kilobyte for each chart.

/** "2-of-8": the machine's share. */
const shardOf = ({ first, shards }: Worker): string => `${first % shards + 1}-of-${shards}`
const nameOf = (worker: Worker): string => {
  const { every, first, shards } = worker
  return `results-${shardOf(worker)}.${Math.floor(first / shards) + 1}-of-${every / shards}.ndjson`
}

/** What another campaign left there, or the same one before. */
export const clear = (directory: string, [worker]: ReadonlyArray<Worker>): void => {
  for (const file of globSync(`${directory}/results-${shardOf(worker!)}.*.ndjson`)) rmSync(file, { force: true })
}

/** Appends to a file of its own. */
export class Writer {
  readonly #file: number
  readonly #numbers: ReadonlyMap<string, number>
  readonly #features: ReadonlyArray<string>
  readonly #coverage: () => CoverageCounts
  #covered_ms = performance.now()

  constructor(
    directory: string, header: Omit<Header, "plimsoll" | "format" | "version">, coverage: () => CoverageCounts
  ) {
    mkdirSync(directory, { recursive: true })
    this.#file = openSync(`${directory}/${nameOf(header)}`, "w")
    this.#numbers = new Map(header.sometimes.map((name, i) => [name, i]))
    this.#features = header.features
    this.#coverage = coverage
    const about: Header = { plimsoll: "results", format: resultsFormat, version, ...header }
    writeSync(this.#file, `${JSON.stringify(about)}\n`)
  }

  epoch(run: number, weights: Weights): void {
    this.#line({ epoch: { run, weights: this.#features.map((feature) => weights.get(feature)!) } })
  }

  add({ reached, ...ran }: Ran): void {
    this.#line({ ran: { ...ran, reached: reached.map((name) => this.#numbers.get(name)!) } })
    if (performance.now() - this.#covered_ms < coverageEach_ms) return
    this.#line({ coverage: this.#coverage() })
    this.#covered_ms = performance.now()
  }

  end({ isAborted, unfinished }: Summary): void {
    this.#line({ coverage: this.#coverage() })
    this.#line({ end: { unfinished, isAborted } })
    closeSync(this.#file)
  }

  #line(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`)
  }
}

interface Share {
  readonly file: string
  readonly header: Header
  readonly lines: ReadonlyArray<Line>
}

/** A last line that was cut short is no result: its process was killed while it wrote. */
const readShare = (file: string): Share => {
  const all = readText(file).split("\n").slice(0, -1)
  const parse = (text: string, i: number): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      throw new BadInput({ message: `${file}:${i + 1} is not JSON: the file is damaged` })
    }
  }
  const header = all[0] === undefined ? undefined : parse(all[0], 0) as Header
  if (header?.plimsoll !== "results" || header.format !== resultsFormat) {
    throw new BadInput({ message: `${file} holds no results of format ${resultsFormat} of plimsoll check` })
  }
  return { file, header, lines: all.slice(1).map((text, i) => parse(text, i + 1) as Line) }
}

export interface Campaign {
  readonly summary: Summary
  readonly coverage: ReadonlyArray<CoverageCounts>
}

/** All shares of one campaign. What is missing makes it unknown, what does not belong together is refused. */
export const read = (directories: ReadonlyArray<string>): Campaign => {
  const files = directories.flatMap((directory) => globSync(`${directory}/**/*.ndjson`).toSorted())
    .filter((file) => /(^|\/)results[^/]*\.ndjson$/.test(file))
  const shares = files.map(readShare).sort((a, b) => a.header.first - b.header.first)
  const [one] = shares
  if (one === undefined) throw new BadInput({ message: `there are no results*.ndjson under ${directories.join(", ")}` })
  const { seed, shards: count } = one.header
  const other = shares.find(({ header }) =>
    header.seed !== seed || header.shards !== count || header.version !== version)
  if (other !== undefined) {
    const { header } = other
    throw new BadInput({ message: `${other.file} is of another campaign: version ${header.version}, ` +
      `seed ${header.seed}, ${header.shards} shares; ${one.file} and this program: version ${version}, seed ${seed}, ` +
      `${count} shares` })
  }
  const twice = shares.find(({ header }, i) => header.first === shares[i - 1]?.header.first)
  if (twice !== undefined) throw new BadInput({ message: `${twice.file}: that share is there twice` })
  const all = Array.from({ length: count }, (_, shard) => {
    const { every = count } = shares.find(({ header }) => header.first % count === shard)?.header ?? {}
    return Array.from({ length: every / count }, (_, i) => ({ first: shard + count * i, every, shards: count }))
  })
  return together(shares, all.flat())
}

/** What the workers of one `check` wrote. One that did not come to write its header is missing. */
export const readShares = (directory: string, workers: ReadonlyArray<Worker>, isStopped: boolean): Campaign => {
  const files = workers.map((worker) => `${directory}/${nameOf(worker)}`).filter((file) => existsSync(file))
  return together(files.map(readShare), workers, isStopped)
}

const together = (shares: ReadonlyArray<Share>, all: ReadonlyArray<Worker>, isStopped = false): Campaign => {
  const sometimes = new Set(shares.flatMap(({ header }) => header.sometimes))
  const { isGiven = false, seed = 0 } = shares[0]?.header ?? {}
  const tally = new Tally({ seed, isGiven, sometimes: [...sometimes] })
  if (isStopped) tally.aborted()
  const here = new Set(shares.map(({ header }) => header.first))
  for (const { every, first } of all) {
    if (!here.has(first)) tally.unfinished(`share ${first + 1} of ${every} is missing`)
  }
  const coverage = shares.flatMap((share) => added(share, tally))
  return { coverage, summary: tally.summary() }
}

const added = ({ header, lines }: Share, tally: Tally): ReadonlyArray<CoverageCounts> => {
  let coverage: CoverageCounts | undefined
  let end: End | undefined
  for (const line of lines) {
    if ("ran" in line) tally.add({ ...line.ran, reached: line.ran.reached.map((i) => header.sometimes[i]!) })
    else if ("coverage" in line) coverage = line.coverage
    else if ("end" in line) end = line.end
  }
  if (end === undefined) tally.unfinished(`share ${header.first + 1} of ${header.every} did not come to its end`)
  else for (const what of end.unfinished) tally.unfinished(what)
  if (end?.isAborted === true) tally.aborted()
  return coverage === undefined ? [] : [coverage]
}
