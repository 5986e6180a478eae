/** Stamps: what Kubernetes writes is read, and written again as it was. */
import { expect, it } from "vitest"
import { laterBy, microTimeOf, millisOf, timeOf } from "#model/objects/time.ts"

it("cuts off what is below the resolution", () => {
  expect(timeOf(1_767_225_609_999)).toBe("2026-01-01T00:00:09Z")
  expect(microTimeOf(1_767_225_609_250)).toBe("2026-01-01T00:00:09.250000Z")
  expect(microTimeOf(1_767_225_609_250.0625)).toBe("2026-01-01T00:00:09.250062Z")
})
it("reads both kinds, of any zone and precision", () => {
  expect(millisOf("2026-01-01T00:00:09Z")).toBe(1_767_225_609_000)
  expect(millisOf("2026-01-01T00:00:09.250062Z")).toBe(1_767_225_609_250.062)
  expect(millisOf("2026-01-01T01:00:09.5+01:00")).toBe(1_767_225_609_500)
  expect(() => millisOf("yesterday")).toThrow(/"yesterday" is not a stamp/)
  for (const wall_ms of [0, 951_868_799_123, 1_767_225_609_250, 4_102_444_799_999]) {
    expect(millisOf(microTimeOf(wall_ms))).toBe(wall_ms)
    expect(millisOf(timeOf(wall_ms))).toBe(Math.floor(wall_ms / 1_000) * 1_000)
  }
})
it("moves a stamp by seconds", () => {
  expect(laterBy("2026-12-31T23:59:45Z", 30)).toBe("2027-01-01T00:00:15Z")
})
