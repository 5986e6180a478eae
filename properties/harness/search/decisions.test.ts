import { describe, expect, it } from "vitest"
import { Decisions, Recorder } from "#properties/harness/search/decisions.ts"

const asked = (decisions: Decisions, root: number, state: Recorder, answer: () => number): number => {
  const known = decisions.find(root, state.fields)
  if (known !== 0) return ~known
  state.begin()
  const found = answer()
  decisions.learn(root, state, found)
  return found
}

describe("a decision diagram", () => {
  it("asks once for all states that agree in what was read", () => {
    const decisions = new Decisions([4, 4, 4])
    const root = decisions.place(1)
    const state = new Recorder(3)
    let times = 0
    for (let i = 0; i < 64; i++) {
      state.fields.set([i & 3, (i >> 2) & 3, i >> 4])
      const answer = asked(decisions, root, state, () => {
        times++
        return state.get(0) === 0 ? state.get(1) : 9
      })
      expect(answer).toBe((i & 3) === 0 ? (i >> 2) & 3 : 9)
    }
    // Field 2 is never looked at, field 1 only where field 0 is 0.
    expect(times).toBe(4 + 3)
  })
  it("notices an answer that depends on something else", () => {
    const decisions = new Decisions([2, 2])
    const root = decisions.place(1)
    const state = new Recorder(2)
    let first = 0
    const fickle = (): number => state.get(first)
    asked(decisions, root, state, fickle)
    state.fields[0] = 1
    first = 1
    expect(() => asked(decisions, root, state, fickle)).toThrow("something other than the state")
  })
})

describe("a record", () => {
  it("remembers the order of reading and what was there before", () => {
    const state = new Recorder(3)
    state.fields.set([5, 6, 7])
    state.begin()
    state.set(2, 1)
    expect([state.get(2), state.get(0), state.get(2)]).toEqual([1, 5, 1])
    expect([state.reads, [...state.fields]]).toEqual([[2, 0], [5, 6, 7]])
  })
})
