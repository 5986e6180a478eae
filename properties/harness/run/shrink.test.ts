import { describe, expect, it } from "vitest"
import { drawRun } from "#properties/harness/draw.ts"
import { sizeOf, type RunInput } from "#properties/harness/draw/run-input.ts"
import { shrink, type Failure } from "#properties/harness/run/shrink.ts"

const clock = () => {
  let now = 0
  return () => now++
}
const big = (wanted: (input: RunInput) => boolean): RunInput => {
  for (let i = 0; ; i++) {
    const input = drawRun(11, i)
    if (wanted(input)) return input
  }
}

/**
 * Fails when a pod is deleted after it was created and a certain process crashed before: two operations and a fault.
 */
const synthetic = (input: RunInput): Failure | undefined => {
  const crash = input.faults.find((fault) => fault.type === "process.crash" && fault.process === "etcd/0")
  const create = crash && input.operations.find((one) => one.type === "pod.create" && one.at_ms >= crash.at_ms)
  const remove = create && input.operations.find((one) => one.type === "pod.delete" && one.at_ms >= create.at_ms)
  return remove === undefined ? undefined : { key: "synthetic", at_ms: remove.at_ms, needsLiveness: false }
}

describe("shrink", () => {
  it("reaches the minimum jointly: two operations, one fault, no choices, the smallest topology", () => {
    const input = big((run) => synthetic(run) !== undefined && sizeOf(run) > 60)
    const { input: small, isMinimal } = shrink(input, synthetic, { budget_ms: 100_000, now_ms: clock() })
    expect(small.operations.map(({ type }) => type)).toEqual(["pod.create", "pod.delete"])
    expect(small.faults.map(({ type }) => type)).toEqual(["process.crash"])
    expect(small.choices).toEqual([])
    expect(small.topology.workers).toHaveLength(1)
    expect([small.topology.schedulers, small.topology.controllerManagers]).toEqual([1, 1])
    expect(small.safety_ms).toBeLessThanOrEqual(small.operations[1]!.at_ms + 1)
    expect([small.core_ms, small.healed_ms, isMinimal]).toEqual([0, 0, true])
  })

  it("keeps the property that broke, and the choices that it needs", () => {
    const input = { ...big((run) => run.operations.length > 10), choices: Array.from({ length: 300 }, (_, i) => i) }
    const test = (run: RunInput): Failure | undefined => {
      if (run.choices.includes(83)) return { key: "a", at_ms: run.safety_ms, needsLiveness: true }
      return { key: "another", at_ms: 0, needsLiveness: true }
    }
    const { input: small } = shrink(input, test, { budget_ms: 100_000, now_ms: clock() })
    expect(small.choices).toEqual([83])
    expect([small.operations, small.faults]).toEqual([[], []])
    expect(small.healed_ms).toBe(input.healed_ms)
  })

  it("draws other chances where a race decides, which moves with whatever is left out", () => {
    const input = big((run) => synthetic(run) !== undefined && sizeOf(run) > 60)
    const race = (run: RunInput): Failure | undefined => {
      const chance = Math.imul(run.seed + 7 * run.operations.length + 13 * run.faults.length, 0x9e37_79b1) >>> 29
      const isOfInput = run.operations.length === input.operations.length && run.faults.length === input.faults.length
      return chance === 0 || isOfInput ? synthetic(run) : undefined
    }
    const { input: small } = shrink(input, race, { budget_ms: 100_000, now_ms: clock() })
    expect(race(small)).toBeDefined()
    expect(sizeOf(small)).toBeLessThanOrEqual(12)
  })

  it("reports the best so far when its time is over", () => {
    const input = big((run) => synthetic(run) !== undefined && sizeOf(run) > 60)
    const { input: small, isMinimal } = shrink(input, synthetic, { budget_ms: 30, now_ms: clock() })
    expect(isMinimal).toBe(false)
    expect(synthetic(small)).toBeDefined()
    expect(sizeOf(small)).toBeLessThan(sizeOf(input))
  })

  it("gives a run that does not fail again back as it was, and says so", () => {
    const input = drawRun(1, 1)
    expect(shrink(input, () => undefined, { budget_ms: 10, now_ms: clock() }))
      .toEqual({ input, executions: 1, isMinimal: false, repeats: false })
  })

  it("counts the first run against its budget", () => {
    const input = big((run) => synthetic(run) !== undefined && sizeOf(run) > 60)
    let now = 0
    const slow = (run: RunInput): Failure | undefined => {
      now += 100
      return synthetic(run)
    }
    expect(shrink(input, slow, { budget_ms: 50, now_ms: () => now }))
      .toEqual({ input, executions: 0, isMinimal: false, repeats: true })
  })
})
