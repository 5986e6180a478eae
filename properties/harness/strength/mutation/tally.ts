/**
 * What became of the mutants: counted as they are tested, so that an interrupted run has a score of what it did.
 * Whoever survived stands in a file of its own, a line each, as soon as it has: a property is missing there.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, relative } from "node:path"
import type { MutantResult } from "@stryker-mutator/api/core"
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin"
import type { Reporter } from "@stryker-mutator/api/report"
import { missed, type Results } from "#properties/harness/strength/mutation/again.ts"

const found = ["Killed", "Timeout", "RuntimeError"]
const widest = 60 // Of the code that is quoted.

export class Tally implements Reporter {
  readonly #lines = new Map<string, ReadonlyArray<string>>()
  readonly #file: string
  #results: Results | undefined
  /** Who was killed the last time, and is not tried again. */
  #done: ReadonlySet<string> = new Set()

  constructor(file: string) {
    this.#file = file
  }

  /** Not before: the runners' processes load this file too. */
  onMutationTestingPlanReady(): void {
    mkdirSync(dirname(this.#file), { recursive: true })
    writeFileSync(this.#file, "")
  }

  /** Counts on from what is there. */
  keepIn(results: Results): void {
    this.#results = results
    this.#done = new Set(results.statuses.keys())
  }

  onMutantTested(mutant: Readonly<MutantResult>): void {
    if (this.#done.has(mutant.id)) return
    this.#results?.add(mutant.id, mutant.status)
    if (missed.includes(mutant.status)) appendFileSync(this.#file, `${this.#described(mutant)}\n`)
  }

  /** "replica-set: 300 of 400 mutants killed, 75.0 % score (290 killed, 10 timed out, …)" */
  score(component: string): string {
    const counts = new Map<string, number>()
    for (const status of this.#results?.statuses.values() ?? []) counts.set(status, (counts.get(status) ?? 0) + 1)
    const of = (statuses: ReadonlyArray<string>) => statuses.reduce((n, one) => n + (counts.get(one) ?? 0), 0)
    const killed = of(found)
    const counted = killed + of(missed)
    const kinds = [...counts].map(([status, n]) => `${n} ${status}`).toSorted().join(", ")
    return `${component}: ${killed} of ${counted} mutants killed, ` +
      `${counted === 0 ? "no" : `${((100 * killed) / counted).toFixed(1)} %`} score (${kinds || "none tested"})`
  }

  /** impl/x.ts:12:3 Survived ConditionalExpression: a < b → true */
  #described({ fileName, location, status, mutatorName, replacement }: MutantResult): string {
    const { end, start } = location
    let lines = this.#lines.get(fileName)
    if (lines === undefined) this.#lines.set(fileName, lines = readFileSync(fileName, "utf8").split("\n"))
    const first = lines[start.line - 1] ?? ""
    const was = start.line === end.line ? first.slice(start.column - 1, end.column - 1)
      : `${first.slice(start.column - 1)}…`
    const place = `${relative("", fileName)}:${start.line}:${start.column}`
    return `${place} ${status} ${mutatorName}: ${short(was)} → ${short(replacement ?? "")}`
  }
}

const short = (code: string): string => {
  const one = code.replace(/\s+/g, " ")
  return one.length > widest ? `${one.slice(0, widest)}…` : one
}

/** Stryker loads this file as a plugin, in the process that began it: one tally a process. */
export const tally = new Tally(`reports/survivors-${process.env["PLIMSOLL_MUTATE"] ?? "none"}.txt`)
export const strykerPlugins = [declareValuePlugin(PluginKind.Reporter, "tally", tally)]
