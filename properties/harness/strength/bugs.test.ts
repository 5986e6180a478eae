/** Are the planted bugs still found? Each breaks a guarantee that the catalogue names, in the run of its kept input. */
import { describe, expect, it } from "vitest"
import { judging } from "#properties/harness/commands/judging.ts"
import { plantedInputs } from "#properties/harness/commands/regressions.ts"
import { decodeRunInput } from "#properties/harness/draw/run-input.ts"
import { run, type Broken, type Options } from "#properties/harness/run.ts"
import { bugs } from "#properties/harness/strength/bugs/catalogue.ts"
import { isNamed } from "#properties/harness/strength/hunt.ts"

/** Of some bugs a race decides whether they show: then not in the input's own run, but in one with other chances. */
const chances = 10 // ASSUMED: the rarest showed in half of the runs.

describe("a planted bug", () => {
  const kept = new Map([...plantedInputs().values()].map((one) => [one.bug, decodeRunInput(one.input)]))
  it("has its input, each one", () => {
    expect([...kept.keys()].toSorted()).toEqual(bugs.map(({ id }) => id).toSorted())
  })
  const byId = bugs.map((bug) => [bug.id, bug] as const)
  it.each(byId)("%s is found from its input, and nothing without it", (id, bug) => {
    const input = kept.get(id)!
    const brokenWith = (seed: number, parts?: Options["parts"]): Broken | undefined =>
      run({ ...input, seed }, judging(parts).options).broken
    let found: Broken | undefined
    let seed = input.seed
    for (let chance = 1; chance <= chances && (found === undefined || !isNamed(bug, found)); chance++) {
      seed = input.seed + chance - 1
      found = brokenWith(seed, bug.parts)
    }
    expect(found === undefined ? "nothing broke" : isNamed(bug, found) ? "named" : found.property).toBe("named")
    expect(brokenWith(seed)?.message).toBeUndefined()
  })
})
