/**
 * The runs by which mutants are killed: inputs that do not depend on the generators, so that a score means the same
 * after those have changed. One a line in inputs.ndjson, with a name that says what it is rich in.
 *
 * Some were written by hand, for what draws seldom bring together (who is deleted first, a quiet cluster, requests that
 * are cut off, the scheduler's queue, history that is compacted, a leader that is alone or unheard); the others were
 * chosen from some hundreds of drawn ones, greedily by the mutants that they reach for the time that they take. All
 * hold on the healthy cluster (mutation.test.ts).
 */
import { readFileSync } from "node:fs"
import { charts } from "#model/cluster.ts"
import { properties } from "#properties/all.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { Run } from "#properties/harness/run.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

export interface Case {
  readonly name: string
  /** The components whose mutants it is worth its time for; those of any other component meet all cases. */
  readonly of: ReadonlyArray<string>
  readonly input: RunInput
}
export interface Judged {
  /** The kind of breach, the guarantee and what broke it; undefined: held. */
  readonly broke: string | undefined
  readonly lines: number
  readonly ranAway: boolean
}

const file = process.env["PLIMSOLL_MUTATION_INPUTS"] ?? new URL("inputs.ndjson", import.meta.url)

export const cases: ReadonlyArray<Case> = readFileSync(file, "utf8").split("\n").filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Case)

/** Those that are to kill mutants of the component. */
export const casesOf = (component: string): ReadonlyArray<Case> => {
  const its = cases.filter(({ of }) => of.includes(component))
  return its.length === 0 ? cases : its
}

export const judged = ({ input }: Case, mostLines: number): Judged => {
  const run = new Run(input, { properties, judge: () => new Conformance({ charts }) })
  let ranAway = false
  let thrown: string | undefined
  try {
    while (!ranAway && run.step()) ranAway = run.result().counts.lines > mostLines
  } catch (error) {
    // A mutant's line that no monitor can read.
    thrown = `[crash] ${String(error)}`
  }
  const { broken, counts } = run.result()
  const broke = broken === undefined ? thrown
    : `[${broken.kind}] ${broken.property}: ${broken.message.split("\n")[0]}`
  return { broke, lines: counts.lines, ranAway }
}
