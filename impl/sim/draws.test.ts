import { describe, expect, it } from "vitest"
import { Chance } from "#impl/sim/draws.ts"

/** Chi-square over 64 equal buckets; above 110 has a chance of 1 in 10,000. */
const chiSquare = (units: ReadonlyArray<number>): number => {
  const counts = Array.from({ length: 64 }, () => 0)
  for (const u of units) counts[Math.floor(u * 64)]!++
  const expected = units.length / 64
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
}
const words = (n: number, draw: (i: number) => number): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, i) => draw(i))

describe("draws", () => {
  it("are uniform along one stream, across identities and across seeds", () => {
    const stream = new Chance(1).stream("s", "i")
    expect(chiSquare(words(64_000, () => stream.unit()))).toBeLessThan(110)
    expect(chiSquare(words(64_000, () => (stream.next(), stream.second / 2 ** 32)))).toBeLessThan(110)
    const chance = new Chance(7)
    expect(chiSquare(words(64_000, (i) => chance.stream("s", `pod-${i}`).unit()))).toBeLessThan(110)
    expect(chiSquare(words(64_000, (seed) => new Chance(seed).stream("s", "i").unit()))).toBeLessThan(110)
  })

  it("have two words that know nothing of each other", () => {
    const stream = new Chance(3).stream("s", "i")
    const seconds = words(200_000, () => (stream.next() < 2 ** 30 ? stream.second / 2 ** 32 : -1)).filter((u) => u >= 0)
    expect(chiSquare(seconds)).toBeLessThan(110)
  })

  it("do not change when others are drawn or not", () => {
    const alone = new Chance(5)
    const among = new Chance(5)
    among.stream("s", "other").unit()
    among.stream("other", "i").unit()
    expect(alone.stream("s", "i").unit()).toBe(among.stream("s", "i").unit())
    expect(alone.stream("s", "i").unit()).not.toBe(alone.stream("s", "j").unit())
  })

  it("make uuids of version 4, each its own", () => {
    const chance = new Chance(1)
    const uuids = words(10_000, () => 0).map(() => chance.uuid("uid", "pod"))
    const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    for (const uuid of uuids) expect(uuid).toMatch(version4)
    expect(new Set(uuids).size).toBe(uuids.length)
  })
})
