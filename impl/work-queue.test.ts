/** Queues in a world of one process: what is added once, twice, while handled, late, and after failures. */
import { Effect } from "effect"
import { expect, it } from "vitest"
import { World } from "#impl/sim/world.ts"
import { failureDelay_ms, make, run, TokenBucket, type WorkQueue } from "#impl/work-queue.ts"

/** Runs `use` in a process, then the world for ten minutes. */
const inWorld = (use: (queue: WorkQueue, now_ms: () => number) => Effect.Effect<unknown, never, any>): void => {
  const world = new World({ seed: 1 })
  world.addMachine({ name: "cp-0", role: "control-plane", capacity: {}, labels: {} })
  const program = Effect.gen(function*() {
    yield* use(yield* make("test"), () => world.now_ms)
    return yield* Effect.never
  })
  world.addProcess({ name: "test/0", machine: "cp-0", program: program as never })
  world.start()
  world.run(600_000)
  expect(world.panics).toEqual([])
}

it("hands out a key once for many adds, and again for an add while it is handled", () => {
  const log: Array<string> = []
  inWorld((queue) => Effect.gen(function*() {
    queue.add("a")
    queue.add("b")
    queue.add("a")
    log.push(yield* queue.take)
    queue.add("a")
    log.push(yield* queue.take, `waiting ${queue.length()}`)
    queue.done("a")
    log.push(`waiting ${queue.length()}`, yield* queue.take)
  }))
  expect(log).toEqual(["a", "b", "waiting 0", "waiting 1", "a"])
})

it("never gives a key to two workers at once", () => {
  const busy = new Set<string>()
  let handled = 0
  inWorld((queue) => Effect.gen(function*() {
    yield* run(queue, 4, (key) => Effect.gen(function*() {
      expect(busy.has(key)).toBe(false)
      busy.add(key)
      handled++
      yield* Effect.sleep(1_000)
      busy.delete(key)
    }))
    for (let i = 0; i < 50; i++) {
      for (const key of ["a", "b", "c"]) queue.add(key)
      yield* Effect.sleep(100)
    }
    yield* Effect.never
  }))
  expect(handled).toBeGreaterThan(12)
})

it("of two delays for a key keeps the earlier", () => {
  const log: Array<readonly [string, number]> = []
  inWorld((queue, now_ms) => Effect.gen(function*() {
    queue.addAfter("a", 5_000)
    queue.addAfter("a", 2_000)
    queue.addAfter("a", 9_000)
    yield* run(queue, 1, (key) => Effect.sync(() => { log.push([key, now_ms()]) }))
    yield* Effect.never
  }))
  expect(log).toEqual([["a", 2_000]])
})

it("doubles the delay with each failure and forgets it on success", () => {
  const at: Array<number> = []
  inWorld((queue, now_ms) => Effect.gen(function*() {
    yield* run(queue, 1, () => {
      at.push(now_ms())
      return at.length < 6 ? Effect.fail("not yet") : Effect.void
    })
    queue.add("a")
    yield* Effect.never
  }))
  const gaps = at.slice(1).map((ms, i) => ms - at[i]!)
  expect(gaps).toEqual([5, 10, 20, 40, 80])
})

it("caps the delay at a thousand seconds", () => {
  const delays = [0, 1, 17, 18, 1000].map((failures) => failureDelay_ms(failures))
  expect(delays).toEqual([5, 10, 655_360, 1_000_000, 1_000_000])
})

it("lets a burst pass and then one token at a time", () => {
  const bucket = new TokenBucket(10, 3)
  expect([0, 0, 0, 0, 0].map((ms) => bucket.reserve(ms))).toEqual([0, 0, 0, 100, 200])
  expect(bucket.reserve(1_000)).toBe(0)
})
