/** Quantities: values, and what the API server writes for what it reads. */
import { expect, it } from "vitest"
import { amount, canonical, quantity } from "#model/objects/quantity.ts"

it.each([
  ["1000m", "1"], ["0.5", "500m"], ["1048576Ki", "1Gi"], ["1.5Gi", "1536Mi"], ["1e3", "1e3"], ["12E", "12E"],
  ["0", "0"], ["100Mi", "100Mi"], ["1536", "1536"], ["0.1m", "100u"], ["-1", "-1"], ["1000", "1k"], ["500Ki", "500Ki"],
  ["1023Ki", "1023Ki"], ["1.0", "1"]
])("%s is written %s", (given, written) => {
  expect(canonical(given)).toBe(written)
  expect(quantity(written)).toBeCloseTo(quantity(given))
})
it("refuses what is none", () => {
  for (const text of ["abc", "", "1 Gi", "1Qi", "--1"]) expect(canonical(text)).toBeUndefined()
  expect(() => quantity("x")).toThrow(/"x" is not a Kubernetes quantity/)
})
it("rounds up to what components compute with", () => {
  expect([amount("cpu", "100m"), amount("cpu", "0.5m"), amount("memory", "1.5"), amount("memory", "64Mi")])
    .toEqual([100, 1, 2, 67_108_864])
})
