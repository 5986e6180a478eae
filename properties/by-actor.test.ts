import { describe, expect, it } from "vitest"
import { ByActor } from "#properties/by-actor.ts"

describe("what is remembered by actor", () => {
  it("is kept apart by actor and name, and gone once it is taken", () => {
    const calls = new ByActor<number>()
    calls.set("a", "1", 10)
    calls.set("a", "2", 20)
    calls.set("b", "1", 30)
    expect([calls.get("a", "1"), calls.get("b", "1"), calls.get("b", "2"), calls.get("c", "1")])
      .toEqual([10, 30, undefined, undefined])
    expect([calls.take("a", "1"), calls.take("a", "1"), calls.take("c", "1")]).toEqual([10, undefined, undefined])
    expect([...calls]).toEqual([["a", "2", 20], ["b", "1", 30]])
  })

  it("is forgotten with its actor", () => {
    const calls = new ByActor<number>()
    calls.set("a", "1", 10)
    calls.set("b", "1", 30)
    expect([...calls.of("a")]).toEqual([["1", 10]])
    calls.forget("a")
    expect([[...calls.of("a")], [...calls]]).toEqual([[], [["b", "1", 30]]])
  })
})
