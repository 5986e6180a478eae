/** A campaign shared by several processes: each takes every n-th run, the parent adds up what they report. */
import { spawn } from "node:child_process"
import type { CoverageCounts } from "#properties/harness/judge/coverage.ts"
import { runsToTell, type Summary } from "#properties/harness/run/campaign.ts"

export interface Share {
  readonly summary: Summary
  readonly coverage: CoverageCounts
  readonly found: { readonly text: string; readonly file: string } | undefined
}

/** What crosses between processes: a Map does not survive JSON, nor does an absent value. */
export const encodeShare = ({ summary, ...rest }: Share): string =>
  JSON.stringify({ ...rest, summary: { ...summary, sometimes: [...summary.sometimes] } })
type Sent = Share & { readonly summary: { readonly sometimes: Iterable<[string, number]> } }
const decodeShare = (text: string): Share => {
  const { summary, coverage, found } = JSON.parse(text) as Sent
  return { coverage, found, summary: { ...summary, failed: summary.failed, sometimes: new Map(summary.sometimes) } }
}

/** The share of a process that was stopped before it had loaded. */
const nothing = (seed: number): Share => ({
  coverage: {}, found: undefined,
  summary: {
    verdict: "unknown", failed: undefined, seed, runs: 0, examples: 0, variations: 0, rested: 0, virtual_ms: 0, wall_ms: 0,
    lines: 0, faults: {},
    operations: {}, sometimes: new Map(), never: [], isLongEnough: false, isAborted: true
  }
})

/**
 * Runs `check` in `jobs` processes. One that finds something ends the others, which then report what they have; so
 * does Ctrl-C, which reaches every process of the terminal.
 */
export const shares = async (
  jobs: number, seed: number, args: ReadonlyArray<string>
): Promise<ReadonlyArray<Share>> => {
  const children = Array.from({ length: jobs }, (_, first) =>
    spawn(process.execPath, [...process.execArgv, process.argv[1]!, "check", "--seed", String(seed), ...args,
      "--worker", `${first}/${jobs}`], { stdio: ["ignore", "pipe", "inherit"] }))
  let stopped = false
  const stop = (): void => {
    stopped = true
    for (const child of children) child.kill("SIGINT")
  }
  process.on("SIGINT", stop)
  process.on("SIGTERM", stop)
  const results = await Promise.all(children.map((child) => new Promise<Share>((resolve, reject) => {
    let text = ""
    child.stdout.on("data", (chunk: Buffer) => text += chunk.toString())
    child.on("error", reject)
    child.on("close", (code) => {
      if (stopped && text === "") {
        resolve(nothing(seed))
        return
      }
      if (code !== 0) {
        reject(new Error(`a worker of the campaign ended with ${code}`))
        return
      }
      const share = decodeShare(text)
      if (share.summary.failed !== undefined) stop()
      resolve(share)
    })
  })))
  process.off("SIGINT", stop)
  process.off("SIGTERM", stop)
  return results
}

const added = (counts: ReadonlyArray<Readonly<Record<string, number>>>): Readonly<Record<string, number>> => {
  const sum: Record<string, number> = {}
  for (const one of counts) for (const [key, n] of Object.entries(one)) sum[key] = (sum[key] ?? 0) + n
  return sum
}

/**
 * The campaign as a whole. Wall time is added up too, so that speed stays that of one core; what broke first, by the
 * number of its run, counts.
 */
export const merged = (all: ReadonlyArray<Share>): Share => {
  const summaries = all.map(({ summary }) => summary)
  const total = (of: (summary: Summary) => number): number => summaries.reduce((sum, one) => sum + of(one), 0)
  const broke = all.filter(({ summary }) => summary.failed !== undefined)
    .toSorted((a, b) => a.summary.failed!.run - b.summary.failed!.run)[0]
  const sometimes = new Map<string, number>()
  for (const [name, n] of summaries.flatMap((one) => [...one.sometimes])) {
    sometimes.set(name, (sometimes.get(name) ?? 0) + n)
  }
  const never = [...sometimes].filter(([, n]) => n === 0).map(([name]) => name)
  const runs = total((one) => one.runs)
  const isLongEnough = runs >= runsToTell
  const undecided = runs === 0 || total((one) => one.lines) === 0 || (isLongEnough && never.length > 0)
  const coverage: Record<string, { triples: Array<number>; transitions: Array<number> }> = {}
  for (const { coverage: one } of all) {
    for (const [chart, { triples, transitions }] of Object.entries(one)) {
      const sum = coverage[chart] ??= { triples: triples.map(() => 0), transitions: transitions.map(() => 0) }
      triples.forEach((n, i) => sum.triples[i]! += n)
      transitions.forEach((n, i) => sum.transitions[i]! += n)
    }
  }
  return {
    coverage, found: broke?.found,
    summary: {
      verdict: broke?.summary.verdict ?? (undecided ? "unknown" : "held"), failed: broke?.summary.failed,
      seed: summaries[0]!.seed, runs, examples: total((one) => one.examples),
      variations: total((one) => one.variations), rested: total((one) => one.rested),
      virtual_ms: total((one) => one.virtual_ms),
      wall_ms: total((one) => one.wall_ms), lines: total((one) => one.lines),
      faults: added(summaries.map((one) => one.faults)), operations: added(summaries.map((one) => one.operations)),
      sometimes, never, isLongEnough, isAborted: summaries.some((one) => one.isAborted) && broke === undefined
    }
  }
}
