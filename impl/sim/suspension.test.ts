import { Effect, Exit, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import { MachineClock } from "#impl/sim/clock.ts"
import { Stream } from "#impl/sim/draws.ts"
import { Kernel } from "#impl/sim/kernel.ts"
import { ProcessScheduler } from "#impl/sim/scheduler.ts"
import { suspension } from "#impl/sim/suspension.ts"

const make = () => {
  const kernel = new Kernel()
  const scheduler = new ProcessScheduler(kernel, new MachineClock(), "p", (error) => { throw error })
  const left: Array<string> = []
  let resume: (result: Effect.Effect<number, string>) => void = () => {}
  const wait = suspension<number, string>((r) => {
    resume = r
    return () => left.push("left")
  })
  const run = Effect.runForkWith(scheduler.context(new Stream(1, 2)))
  return { kernel, wait, run, left, resume: (result: Effect.Effect<number, string>) => resume(result) }
}

describe("suspension", () => {
  it("resumes with a value, a failure, or an effect", () => {
    for (const [result, expected] of [
      [Exit.succeed(1), Exit.succeed(1)], [Exit.fail("no"), Exit.fail("no")],
      [Effect.map(Effect.sync(() => 4), (n) => n + 1), Exit.succeed(5)]
    ] as const) {
      const { wait, run, left, resume } = make()
      const fiber = run(wait)
      expect(fiber.pollUnsafe()).toBeUndefined()
      resume(result)
      expect(fiber.pollUnsafe()).toEqual(expected)
      expect(left).toEqual(["left"])
    }
  })

  it("leaves when it is interrupted, and is deaf from then on", () => {
    const { kernel, wait, run, left, resume } = make()
    const log: Array<string> = []
    const cleaning = Effect.andThen(Effect.sleep(5), Effect.sync(() => log.push("cleaned")))
    const fiber = run(Effect.onInterrupt(wait, () => cleaning))
    fiber.interruptUnsafe()
    expect(left).toEqual(["left"])
    resume(Exit.succeed(1))
    expect(log).toEqual([])
    kernel.run(10_000)
    expect(log).toEqual(["cleaned"])
    expect(Exit.hasInterrupts(fiber.pollUnsafe()!)).toBe(true)
  })

  it("waits on in an uninterruptible region, then gives way", () => {
    const { kernel, wait, run, left, resume } = make()
    const log: Array<unknown> = []
    const fiber = run(Effect.andThen(Effect.uninterruptible(Effect.map(wait, (n) => log.push(n))), Effect.never))
    fiber.interruptUnsafe()
    expect(left).toEqual([])
    resume(Exit.succeed(7))
    kernel.run(0)
    expect(log).toEqual([7])
    expect(Exit.hasInterrupts(fiber.pollUnsafe()!)).toBe(true)
  })

  it("loses a race and is left", () => {
    const { kernel, wait, run, left } = make()
    const fiber = run(Effect.race(wait, Effect.as(Effect.sleep(3), 9)))
    kernel.run(10_000)
    expect(fiber.pollUnsafe()).toEqual(Exit.succeed(9))
    expect(left).toEqual(["left"])
  })

  it("works in children that are interrupted with their parent", () => {
    const { kernel, wait, run, left } = make()
    const fiber = run(Effect.gen(function* () {
      const child = yield* Effect.forkChild(wait)
      yield* Effect.sleep(2)
      yield* Fiber.interrupt(child)
      return yield* Effect.sleep(1)
    }))
    kernel.run(10_000)
    expect(fiber.pollUnsafe()).toEqual(Exit.void)
    expect(left).toEqual(["left"])
  })
})
