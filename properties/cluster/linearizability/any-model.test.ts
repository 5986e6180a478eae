/** The search over any model against an oracle that tries every order, and on histories that are wider than that. */
import { describe, expect, it } from "vitest"
import { search } from "#properties/cluster/linearizability/any-model.ts"
import { bent, isLegal, served, type Kind, type Play } from "#properties/cluster/linearizability/test-oracle.ts"
import { Transactions } from "#properties/cluster/linearizability/transactions.ts"

const verdict = (play: Play, budget = 100_000) => {
  const model = new Transactions(play.map(({ steps }) => steps))
  return search(model, play.map((op) => ({ ...op, what: model.whatOf(op.steps) })), budget)
}

describe.each<Kind>(["register", "list", "transactions"])("small histories of a %s", (kind) => {
  it("are judged as by an oracle that tries everything", () => {
    const counts = { legal: 0, illegal: 0 }
    for (let seed = 1; seed <= 4_000; seed++) {
      const whole = served(kind, seed, 3 + seed % 5, 1 + seed % 4, seed % 3 === 0 ? 2 : 8)
      const play = seed % 2 === 0 ? whole : bent(whole, seed)
      const legal = isLegal(play)
      counts[legal ? "legal" : "illegal"]++
      const said = verdict(play)
      if ((said.type === "linearizable") !== legal) {
        expect.fail(`seed ${seed}: ${legal ? "legal" : "illegal"}, judged ${said.type}: ${
          JSON.stringify(play)}`)
      }
    }
    expect(counts.legal).toBeGreaterThan(2_000)
    expect(counts.illegal).toBeGreaterThan(300)
  })
})
describe("wide histories", () => {
  it.each<readonly [Kind, number]>([["register", 200], ["list", 200], ["transactions", 200]])(
    "of a %s, ten at a time with lost answers, are decided, and lawful ones held", (kind, seeds) => {
      const verdicts: Record<string, number> = {}
      for (let seed = 1; seed <= seeds; seed++) {
        const { type } = verdict(served(kind, seed, 120, 10), 1_000_000)
        verdicts[type] = (verdicts[type] ?? 0) + 1
      }
      expect(verdicts).toEqual({ linearizable: seeds })
    })
  it.each<Kind>(["register", "list", "transactions"])("of a %s with one answer bent are decided", (kind) => {
    const verdicts: Record<string, number> = {}
    for (let seed = 1; seed <= 200; seed++) {
      const { type } = verdict(bent(served(kind, seed, 60, 6), seed), 1_000_000)
      verdicts[type] = (verdicts[type] ?? 0) + 1
    }
    expect(verdicts["outOfBudget"] ?? 0).toBe(0)
    expect(verdicts["violation"]).toBeGreaterThan(50)
  })
})

it("gives up beyond its budget", () => {
  expect(verdict(served("register", 3, 120, 10), 20)).toMatchObject({ type: "outOfBudget" })
})
