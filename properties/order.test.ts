import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { after, atOnce, inTime, said } from "#properties/order.ts"
import { alone, type Always } from "#properties/property.ts"

const hear = (law: Always) => {
  const monitor = alone(law)
  let seq = 0
  return (at_ms: number, type: string, entity = "x", more: object = {}, actor = "p/1") => monitor({ seq: seq++, at_ms,
    clock_ms: at_ms, actor, chart: "c", entity, event: { type, ...more } as never, state: "s" } as Line)
}
const taken = said("key.taken")
const done = said("key.done")

describe("atOnce", () => {
  const law = { name: "done when taken", first: taken, second: done }
  it("wants both in one instant, each for the other", () => {
    const line = hear(atOnce(law))
    expect(line(5, "key.taken")).toBeUndefined()
    expect(line(5, "key.done")).toBeUndefined()
    expect(line(5, "key.done")).toMatch(/without its reason/)
    expect(line(6, "key.taken", "y")).toBeUndefined()
    expect(line(7, "key.taken", "z")).toMatch(/led to nothing/)
  })
  it("keeps actors and keys apart", () => {
    const line = hear(atOnce(law))
    line(5, "key.taken", "x")
    expect(line(5, "key.done", "y")).toMatch(/without its reason/)
    expect(line(5, "key.done", "x", {}, "p/2")).toMatch(/without its reason/)
    expect(line(5, "key.done", "x")).toBeUndefined()
  })
  it("asks one way only when the law says so", () => {
    const back = hear(atOnce({ ...law, onlyBack: true }))
    back(5, "key.taken")
    expect(back(6, "key.taken")).toBeUndefined()
    expect(back(7, "key.done")).toMatch(/without its reason/)
    const forth = hear(atOnce({ ...law, onlyForth: true }))
    expect(forth(5, "key.done")).toBeUndefined()
    forth(6, "key.taken")
    expect(forth(7, "key.taken")).toMatch(/led to nothing/)
  })
  it("lets a process off that ended, and asks at the end of a phase", () => {
    const line = hear(atOnce(law))
    line(5, "key.taken")
    line(5, "process.crashed", "p/1", { process: "p/1" }, "machine/m")
    expect(line(9, "key.taken")).toBeUndefined()
    expect(line(10, "phase.began", "run", {}, "world")).toMatch(/led to nothing/)
  })
})

describe("after", () => {
  const law = { name: "taken before done", first: taken, second: done }
  it("wants the first before the second, some time", () => {
    const line = hear(after(law))
    expect(line(1, "key.done")).toMatch(/before what must go before it/)
    line(2, "key.taken")
    expect(line(3, "key.done")).toBeUndefined()
    expect(line(4, "key.done")).toBeUndefined()
  })
  it("spends, ends and forgets as the law says", () => {
    const spending = hear(after({ ...law, spends: true }))
    spending(1, "key.taken")
    expect(spending(2, "key.done")).toBeUndefined()
    expect(spending(3, "key.done")).toMatch(/before what must go before it/)
    const ending = hear(after({ ...law, until: said("key.added") }))
    ending(1, "key.taken")
    ending(2, "key.added")
    expect(ending(3, "key.done")).toMatch(/before what must go before it/)
    for (const [stays, expected] of [[false, /before/], [true, undefined]] as const) {
      const line = hear(after({ ...law, ...(stays ? { stays: true as const } : {}) }))
      line(1, "key.taken")
      line(2, "process.crashed", "p/1", { process: "p/1" }, "machine/m")
      const said = line(3, "key.done")
      if (expected === undefined) expect(said).toBeUndefined()
      else expect(said).toMatch(expected)
    }
  })
})

describe("inTime", () => {
  const law = { name: "done in time", first: taken, second: done, within_ms: () => 100 }
  it("speaks at the first line after the deadline", () => {
    const line = hear(inTime(law))
    line(0, "key.taken", "x")
    line(10, "key.taken", "y")
    expect(line(100, "key.done", "y")).toBeUndefined()
    expect(line(101, "key.taken", "z")).toMatch(/line 0, key.taken of p\/1 x was not followed in time, by 100 ms/)
  })
  it("lets a process off that ended or was paused", () => {
    const line = hear(inTime(law))
    line(0, "key.taken", "x")
    line(50, "process.paused", "p/1", { process: "p/1" }, "machine/m")
    expect(line(500, "key.taken", "x")).toBeUndefined()
    expect(line(550, "key.done", "x")).toBeUndefined()
  })
})
