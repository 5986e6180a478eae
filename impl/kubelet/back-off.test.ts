import { describe, expect, it } from "vitest"
import { BackOff } from "#impl/kubelet/back-off.ts"

describe("back-off of a crash loop", () => {
  const fresh = () => new BackOff(10_000, 300_000, 600_000)

  it("lets the first restart through and doubles up to the cap", () => {
    const backOff = fresh()
    const delays: Array<number> = []
    let now = 0
    for (let i = 0; i < 8; i++) {
      const delay = backOff.delay_ms("c", now)
      delays.push(delay)
      now += delay
      backOff.next("c", now, now)
    }
    expect(delays).toEqual([0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
  })

  it("begins anew when the run before lasted more than ten minutes", () => {
    const backOff = fresh()
    backOff.next("c", 0, 0)
    backOff.next("c", 10_000, 20_000)
    expect(backOff.delay_ms("c", 620_000)).toBe(20_000)
    expect(backOff.delay_ms("c", 620_001)).toBe(0)
    expect(backOff.next("c", 620_001, 620_001)).toBe(10_000)
  })

  it("keeps one key from another", () => {
    const backOff = fresh()
    backOff.next("a", 0, 0)
    expect(backOff.delay_ms("b", 0)).toBe(0)
  })
})
