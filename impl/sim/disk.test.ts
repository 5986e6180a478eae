import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { DiskFailed } from "#impl/ports.ts"
import { MachineClock } from "#impl/sim/clock.ts"
import { MachineDisk } from "#impl/sim/disk.ts"
import { Chance, Stream } from "#impl/sim/draws.ts"
import { Kernel } from "#impl/sim/kernel.ts"
import { ProcessScheduler } from "#impl/sim/scheduler.ts"

const make = (seed: number) => {
  const kernel = new Kernel()
  const disk = new MachineDisk("m", new Chance(seed))
  const owner = new ProcessScheduler(kernel, new MachineClock(), "p", (error) => { throw error })
  const port = disk.port(owner)
  const run = <A>(effect: Effect.Effect<A, DiskFailed>): unknown => {
    const fiber = Effect.runForkWith(owner.context(new Stream(1, 1)))(Effect.result(effect))
    kernel.run(kernel.now_us + 10_000_000)
    const exit = fiber.pollUnsafe()
    if (exit?._tag !== "Success") return undefined
    return exit.value._tag === "Success" ? exit.value.success : exit.value.failure.reason
  }
  return { kernel, disk, port, run }
}
const record = (n: number) => ({ data: { term: n, value: `v${n}` }, checksum: n })

describe("disk", () => {
  it("keeps at least what was synced, loses or tears the rest at a loss of memory", () => {
    const lengths = new Set<number>()
    let torn = 0
    for (let seed = 0; seed < 200; seed++) {
      const { disk, port, run } = make(seed)
      for (let n = 0; n < 3; n++) run(port.append("f", record(n), 1))
      run(port.sync("f"))
      for (let n = 3; n < 6; n++) run(port.append("f", record(n), 1))
      disk.loseCache()
      const left = run(port.read("f")) as ReadonlyArray<ReturnType<typeof record>>
      lengths.add(left.length)
      left.forEach((found, n) => {
        if (found.checksum === n) return expect(found).toEqual(record(n))
        torn++
        expect(n).toBeGreaterThanOrEqual(3)
        expect(n).toBe(left.length - 1)
        expect(found.data).toEqual({ term: n })
      })
    }
    expect([...lengths].toSorted()).toEqual([3, 4, 5, 6])
    expect(torn).toBeGreaterThan(30)
  })

  it("does not make durable what was written after the sync began, nor finish a sync across a loss", () => {
    const survivors = new Set<number>()
    for (let seed = 0; seed < 50; seed++) {
      const { kernel, disk, port, run } = make(seed)
      run(port.append("f", record(0), 1))
      const owner = new ProcessScheduler(kernel, new MachineClock(), "q", () => {})
      const fiber = Effect.runForkWith(owner.context(new Stream(1, 1)))(disk.port(owner).sync("f"))
      disk.loseCache()
      survivors.add((run(port.read("f")) as ReadonlyArray<unknown>).length)
      expect(fiber.pollUnsafe()).toBeUndefined()
    }
    expect(survivors.size).toBe(2)
  })

  it("leaves either the old content or the new after a replacement that was not synced", () => {
    const found = new Set<string>()
    for (let seed = 0; seed < 100; seed++) {
      const { disk, port, run } = make(seed)
      run(port.append("f", record(1), 1))
      run(port.sync("f"))
      run(port.replace("f", [record(8), record(9)], 2))
      run(port.append("f", record(10), 1))
      disk.loseCache()
      found.add((run(port.read("f")) as ReadonlyArray<{ checksum: number }>).map(({ checksum }) => checksum).join())
    }
    // The last of them torn.
    expect([...found].toSorted()).toEqual(["1", "8,9", `8,9,${~10}`, "8,9,10"].toSorted())
  })

  it("refuses as its state says", () => {
    const { disk, port, run } = make(1)
    run(port.append("f", record(1), 1))
    const outcomes = (["full", "readonly", "io", "ok"] as const).map((state) => {
      disk.state = state
      return [run(port.append("f", record(2), 1)), run(port.sync("f")), Array.isArray(run(port.read("f")))]
    })
    expect(outcomes).toEqual([
      ["full", undefined, true], ["readonly", undefined, true], ["io", "io", false], [undefined, undefined, true]
    ])
    expect(run(port.append("f", record(2), 1e12))).toBe("full")
  })
})
