/**
 * Stryker's test runner for `npm run mutate`: a test is one run of the cluster, properties and charts listening.
 *
 * Everything happens in one process that stays warm: a mutant costs its runs and nothing else. Stryker loads this file
 * from the project, but what it runs is the instrumented copy in the working directory, hence the late imports.
 *
 * A mutant counts as timed out only when it does without end what a healthy run does some thousands of times: by
 * Stryker's own count of hits of the mutated place, by the lines that it journals, or, at last, by the wall clock.
 */
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from "@stryker-mutator/api/core"
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin"
import { determineHitLimitReached, DryRunStatus, MutantRunStatus, TestStatus, toMutantRunResult, type DryRunOptions,
  type DryRunResult, type MutantRunOptions, type MutantRunResult, type TestResult, type TestRunner
} from "@stryker-mutator/api/test-runner"
import type { Judged, Case } from "#properties/harness/strength/mutation/cases.ts"

/** A healthy run's lines times this are no longer work but a loop. */
const runaway = 20 // ASSUMED
/** What a mutant may write in a run that has hardly any lines of its own. */
const leastLines = 50_000 // ASSUMED

const context = ((globalThis as Record<string, unknown>)[INSTRUMENTER_CONSTANTS.NAMESPACE] ??=
  {}) as InstrumenterContext

/** The ids of those that were killed the last time. */
const done = new Set((process.env["PLIMSOLL_MUTATE_DONE"] ?? "").split(","))

interface Suite {
  readonly casesOf: (component: string) => ReadonlyArray<Case>
  readonly judged: (one: Case, mostLines: number) => Judged
}

class ClusterRunner implements TestRunner {
  #suite: Suite | undefined
  #cases: ReadonlyArray<Case> = []
  readonly #lines = new Map<string, number>()
  readonly #kills = new Map<string, number>()
  readonly #spent_ms = new Map<string, number>()

  /** Nothing that is loaded depends on a mutant: static ones are not run. */
  capabilities() {
    return { reloadEnvironment: true }
  }

  async init(): Promise<void> {
    this.#suite = await import(pathToFileURL(resolve("properties/harness/strength/mutation/cases.ts")).href) as Suite
    this.#cases = this.#suite.casesOf(process.env["PLIMSOLL_MUTATE"] ?? "")
  }

  async dryRun(options: DryRunOptions): Promise<DryRunResult> {
    delete context.activeMutant
    const tests = this.#cases.map((one) => {
      context.currentTestId = one.name
      return this.#test(one, Infinity).result
    })
    delete context.currentTestId
    return { status: DryRunStatus.Complete, tests,
      ...(options.coverageAnalysis === "off" ? {} : { mutantCoverage: context.mutantCoverage! }) }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    // Killed before: whoever counts leaves it out.
    if (done.has(options.activeMutant.id)) return { status: MutantRunStatus.Survived, nrOfTests: 0 }
    const cases = this.#cases.filter(({ name }) => options.testFilter?.includes(name) ?? true)
    // A healthy run of each, to know how long it is.
    delete context.activeMutant
    for (const one of cases) if (!this.#lines.has(one.name)) this.#test(one, Infinity)
    context.activeMutant = options.activeMutant.id
    context.hitCount = 0
    context.hitLimit = options.hitLimit ?? Infinity
    const tests: Array<TestResult> = []
    for (const one of cases.toSorted((a, b) => this.#worth(b) - this.#worth(a))) {
      const { result, ranAway } = this.#test(one, Math.max(leastLines, runaway * this.#lines.get(one.name)!))
      tests.push(result)
      const endless = determineHitLimitReached(context.hitCount, context.hitLimit)
      if (endless !== undefined) return toMutantRunResult(endless)
      if (ranAway) return { status: MutantRunStatus.Timeout, reason: `${one.name} writes lines without end` }
      if (result.status !== TestStatus.Failed) continue
      this.#kills.set(one.name, (this.#kills.get(one.name) ?? 0) + 1)
      if (!options.disableBail) break
    }
    return toMutantRunResult({ status: DryRunStatus.Complete, tests }, options.disableBail)
  }

  /** Kills for the time that it took so far: who killed the last ones goes first. */
  #worth({ name }: Case): number {
    return ((this.#kills.get(name) ?? 0) + 1) / (this.#spent_ms.get(name) ?? 1)
  }

  #test(one: Case, mostLines: number): { readonly result: TestResult; readonly ranAway: boolean } {
    const { name } = one
    const began = performance.now()
    const { broke, lines, ranAway } = this.#suite!.judged(one, mostLines)
    const timeSpentMs = performance.now() - began
    this.#spent_ms.set(name, (this.#spent_ms.get(name) ?? 0) + timeSpentMs)
    if (mostLines === Infinity) this.#lines.set(name, lines)
    const test = { id: name, name, timeSpentMs }
    return { ranAway, result: broke === undefined ? { ...test, status: TestStatus.Success }
      : { ...test, status: TestStatus.Failed, failureMessage: broke } }
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "cluster", ClusterRunner)]
