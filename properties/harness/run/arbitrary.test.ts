/** Runs as anybody's own property test; the first one stands in the README. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { holds, promises, runInput, type RunInput } from "plimsoll"
import { drawRun } from "#properties/harness/draw.ts"
import { sizeOf } from "#properties/harness/draw/run-input.ts"
import { always } from "#properties/property.ts"

it("the cluster keeps its promises", () => {
  fc.assert(fc.property(runInput(), holds(promises)), { numRuns: 3, seed: 42 })
})

describe("runInput", () => {
  it("draws what a campaign draws", () => {
    const seed = (7 ^ Math.imul(4, 0x9e37_79b1)) | 0
    expect(fc.sample(runInput(), { seed, numRuns: 1 })).toEqual([drawRun(7, 3)])
  })

  const noDeletion = always("no pod is ever deleted", [], () => ({ event }) =>
    event.type === "object.deleted" && event.resource === "pods" ? event.key : undefined)
  it("shrinks a run to what it needs, and says what broke", { timeout: 120_000 }, () => {
    const few = { operations: 12, faults: 4 }
    const property = fc.property(runInput(few), holds([noDeletion]))
    const details = fc.check(property, { seed: 5, numRuns: 50, interruptAfterTimeLimit: 100_000 })
    expect(details.failed).toBe(true)
    const [small] = details.counterexample as [RunInput]
    expect(String(details.errorInstance)).toContain("safety: no pod is ever deleted")
    expect(sizeOf(small)).toBeLessThanOrEqual(3)
    expect([small.core_ms, small.healed_ms, small.choices]).toEqual([0, 0, []])
    expect(() => holds([noDeletion])(structuredClone(small))).toThrow("no pod is ever deleted")
  })

  it("keeps the promise that broke, beside one that breaks more easily", { timeout: 120_000 }, () => {
    const late = always("no pod is deleted late", [], () => ({ at_ms, event }) =>
      event.type === "object.deleted" && event.resource === "pods" && at_ms > 30_000 ? event.key : undefined)
    const manyCreations = always("few pods are made", [], () => {
      let made = 0
      return ({ event }) =>
        event.type === "object.created" && event.resource === "pods" && ++made > 6 ? "many" : undefined
    })
    const property = fc.property(runInput({ operations: 20, faults: 2 }), holds([late, manyCreations]))
    const details = fc.check(property, { seed: 8, numRuns: 50, interruptAfterTimeLimit: 60_000 })
    const [small] = details.counterexample as [RunInput]
    const said = String(details.errorInstance)
    const name = [late, manyCreations].map((one) => one.name).find((one) => said.includes(one))!
    expect(() => holds([late, manyCreations].filter((one) => one.name === name))(structuredClone(small))).toThrow(name)
  })

  it("shrinks with a predicate of somebody's own", () => {
    const property = fc.property(runInput(), ({ operations, faults }) =>
      !operations.some(({ type }) => type === "pod.delete") || !faults.some(({ type }) => type === "process.crash"))
    const { counterexample } = fc.check(property, { seed: 1, numRuns: 1_000 })
    const [{ choices, faults, operations, topology }] = counterexample as [RunInput]
    expect(operations.map(({ type }) => type)).toEqual(["pod.delete"])
    expect(faults.map(({ type }) => type)).toEqual(["process.crash"])
    expect([choices, topology.workers.length]).toEqual([[], 1])
  })

  it("shrinks from any value again, whoever went on in between", () => {
    const input = drawRun(7, 3)
    const arbitrary = runInput()
    const first = (n: number) => [...arbitrary.shrink(input, undefined).take(n)]
    const one = first(3)[2]!
    const once = [...arbitrary.shrink(one.value, one.context).take(4)].map(({ value }) => value)
    const again = [...arbitrary.shrink(one.value, one.context).take(4)].map(({ value }) => value)
    expect(again).toEqual(once)
    expect(arbitrary.canShrinkWithoutContext(input)).toBe(true)
    expect(arbitrary.canShrinkWithoutContext({ seed: 1 })).toBe(false)
  })
})
