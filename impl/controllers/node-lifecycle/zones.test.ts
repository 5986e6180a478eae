import { describe, expect, it } from "vitest"
import { Bucket, disruptionOf, rateOf, Zone } from "#impl/controllers/node-lifecycle/zones.ts"

describe("disruptionOf", () => {
  it("needs three nodes and 55 % for a partial disruption, and no ready node for a full one", () => {
    expect(disruptionOf(1, 2)).toBe("normal")
    expect(disruptionOf(2, 3)).toBe("partial")
    expect(disruptionOf(3, 3)).toBe("normal")
    expect(disruptionOf(0, 1)).toBe("full")
    expect(disruptionOf(0, 0)).toBe("normal")
  })
  it("stops small zones and slows large ones", () => {
    expect([rateOf("partial", 50), rateOf("partial", 51), rateOf("full", 3), rateOf("normal", 3)])
      .toEqual([0, 0.01, 0.1, 0.1])
  })
})

describe("Bucket", () => {
  it("gives one token in ten seconds", () => {
    const bucket = new Bucket(0)
    expect([0, 0, 9_999, 10_000, 10_001, 20_000].map((ms) => bucket.tryTake(ms)))
      .toEqual([true, false, false, true, false, true])
    expect(bucket.wait_ms(21_000)).toBeCloseTo(9_000)
  })
  it("does not save tokens beyond one", () => {
    const bucket = new Bucket(0)
    expect([100_000, 100_000].map((ms) => bucket.tryTake(ms))).toEqual([true, false])
  })
  it("is drained by a swap unless the old one had a token", () => {
    const full = new Bucket(0)
    full.swap(0.01, 0)
    expect(full.tryTake(0)).toBe(true)
    const stopped = new Bucket(0)
    stopped.swap(0, 0)
    expect(stopped.wait_ms(1_000_000)).toBeUndefined()
    stopped.swap(0.1, 50_000)
    expect([stopped.tryTake(50_000), stopped.tryTake(60_000)]).toEqual([false, true])
  })
})

describe("Zone", () => {
  it("queues a node once until it is taken off", () => {
    const zone = new Zone("a", 0)
    expect([zone.add("n"), zone.add("n")]).toEqual([true, false])
    zone.served("n")
    expect([zone.head, zone.add("n")]).toEqual([undefined, false])
    zone.remove("n")
    expect(zone.add("n")).toBe(true)
  })
  it("puts a node that failed behind the others", () => {
    const zone = new Zone("a", 0)
    zone.add("m")
    zone.add("n")
    zone.again("m")
    expect(zone.head).toBe("n")
  })
})
