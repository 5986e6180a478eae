/**
 * One hunt in several processes: they share the search; whoever finds the bug shrinks it while another looks for false
 * alarms.
 */
import { spawn, type ChildProcess } from "node:child_process"
import { alarms, search, shrunk, type Share } from "#properties/harness/strength/hunt.ts"
import type { Bug } from "#properties/harness/strength/bugs/bug.ts"
import { judging, record } from "#properties/harness/commands/judging.ts"
import { writeText } from "#properties/harness/commands/outcome.ts"
import { encodeRegression, regressionFormat } from "#traces/regression.ts"
import { sizeOf, type Size } from "#properties/harness/commands/report.ts"
import type { Broken } from "#properties/harness/run.ts"

export interface HuntOptions {
  readonly seed: number
  readonly findSeconds: number
  readonly shrinkSeconds: number
  readonly out: string
  readonly jobs: number
}

/** What a hunter reports. */
interface Report {
  readonly runs: number
  readonly seconds: number
  /** Absent: not found within the budget. */
  readonly found?: {
    readonly run: number
    readonly broken: Omit<Broken, "line">
    readonly isNamed: boolean
    readonly before: Size
    readonly after: Size
    readonly shrinkSeconds: number
  }
}
export interface Catch extends Report {
  readonly bug: string
  /** What broke in the same runs with nothing planted: a defect of Plimsoll. */
  readonly falseAlarms: ReadonlyArray<string>
}

const foundSign = "found\n"

/** A hunter's share, in this process: says at once that it found something, and its report at the end. */
export const report = (bug: Bug, options: HuntOptions, share: Share): void => {
  const { options: healthy } = judging()
  const { found, runs, seconds } = search(bug, options.seed, healthy, options.findSeconds * 1000, share)
  if (found === undefined) {
    process.stdout.write(JSON.stringify({ runs, seconds } satisfies Report))
    return
  }
  process.stdout.write(foundSign)
  const began = performance.now()
  const small = shrunk(bug, found, healthy, options.shrinkSeconds * 1000)
  const shrinkSeconds = (performance.now() - began) / 1000
  const [before, after] = [sizeOf(found.input), sizeOf(small)]
  const { line: _, ...broken } = found.broken
  const { isNamed, run } = found
  const step = (of: keyof Size): [number, number] => [before[of], after[of]]
  const kept = {
    bug: bug.id, shrunk: { operations: step("operations"), faults: step("faults"), choices: step("choices") }
  }
  const about = { why: `${bug.id}: ${bug.mechanism}`, ...kept }
  const { text } = record(small, judging(bug.parts).options, about, found.broken)
  const file = `${options.out}/${bug.id.toLowerCase()}`
  writeText(`${file}.ndjson`, text)
  const { invariants, kind, property } = broken
  writeText(`${file}.json`, encodeRegression({
    plimsoll: "bug", format: regressionFormat, ...kept, why: bug.mechanism, found: `seed ${options.seed}, run ${run}`,
    broke: { kind, property, invariants }, reaches: [], input: small
  }))
  process.stdout.write(JSON.stringify({ runs, seconds, found: {
    run, isNamed, before, after, shrinkSeconds, broken: { ...broken, message: broken.message.split("\n")[0]! }
  } } satisfies Report))
}

/** The first runs of the seed without a bug, in this process. */
export const reportAlarms = (seed: number, runs: number, share: Share): void => {
  process.stdout.write(JSON.stringify(alarms(seed, judging().options, runs, share)))
}

interface Child {
  readonly process: ChildProcess
  /** Undefined: it was stopped. */
  readonly text: Promise<string | undefined>
}
const start = (args: ReadonlyArray<string>, onText: (text: string) => void = () => {}): Child => {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, "bugs", ...args],
    { stdio: ["ignore", "pipe", "inherit"] })
  let text = ""
  child.stdout.on("data", (chunk: Buffer) => onText(text += chunk.toString()))
  return {
    process: child,
    text: new Promise((resolve, reject) => {
      child.on("error", reject)
      child.on("close", (code, signal) => {
        if (signal !== null) resolve(undefined)
        else if (code === 0) resolve(text)
        else reject(new Error(`a hunter ended with ${code}`))
      })
    })
  }
}

const lookForAlarms = async (bug: Bug, seed: number, runs: number, jobs: number): Promise<ReadonlyArray<string>> => {
  const children = Array.from({ length: jobs }, (_, first) =>
    start(["--only", bug.id, "--seed", String(seed), "--healthy", String(runs), "--share", `${first}/${jobs}`]))
  const all = await Promise.all(children.map((child) => child.text))
  return all.flatMap((text) => JSON.parse(text!) as ReadonlyArray<string>)
}

export const hunt = async (bug: Bug, options: HuntOptions): Promise<Catch> => {
  const { jobs, seed } = options
  let finder: Child | undefined
  const children: Array<Child> = Array.from({ length: jobs }, (_, first) => start(
    ["--only", bug.id, "--seed", String(seed), "--find-seconds", String(options.findSeconds),
      "--shrink-seconds", String(options.shrinkSeconds), "--out", options.out, "--share", `${first}/${jobs}`],
    (text) => {
      if (finder !== undefined || !text.startsWith(foundSign)) return
      finder = children[first]!
      for (const child of children) if (child !== finder) child.process.kill()
    }))
  const reports = (await Promise.all(children.map((child) => child.text)))
    .flatMap((text) => text === undefined ? [] : [JSON.parse(text.replace(foundSign, "")) as Report])
  const best = reports.find(({ found }) => found?.isNamed === true)
    ?? reports.find(({ found }) => found !== undefined) ?? reports[0]!
  const runs = best.found?.run ?? reports.reduce((sum, one) => sum + one.runs, 0)
  const falseAlarms = await lookForAlarms(bug, seed, runs, jobs)
  return { ...best, bug: bug.id, runs, falseAlarms }
}
