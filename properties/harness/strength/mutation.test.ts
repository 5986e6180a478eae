/** The runs by which `npm run mutate` judges mutants hold on the cluster as it is. */
import { describe, expect, it } from "vitest"
import { cases, judged } from "#properties/harness/strength/mutation/cases.ts"

describe("a run that is to kill mutants", () => {
  it.each(cases.map((one) => [one.name, one] as const))("%s holds", (_, one) => {
    expect(judged(one, Infinity).broke).toBeUndefined()
  })
})
