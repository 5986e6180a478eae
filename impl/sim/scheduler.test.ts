/** A crash is one: whatever a fiber waits for, and whoever completes it, nothing of a dead process runs again. */
import { Deferred, Effect, Fiber, Latch, Queue, Schedule, Semaphore, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { MachineClock } from "#impl/sim/clock.ts"
import { Stream as Draws } from "#impl/sim/draws.ts"
import { Kernel } from "#impl/sim/kernel.ts"
import { SimCell, SimMailbox } from "#impl/sim/mailbox.ts"
import { ProcessScheduler } from "#impl/sim/scheduler.ts"

const world = () => {
  const kernel = new Kernel()
  const clock = new MachineClock()
  const scheduler = new ProcessScheduler(kernel, clock, "p", (error) => { throw error })
  const run = Effect.runForkWith(scheduler.context(new Draws(1, 2)))
  return { kernel, clock, scheduler, run }
}

/** Each waits for something of its own process, and says how to complete it from that process's other side. */
interface Wait {
  readonly wait: Effect.Effect<unknown>
  readonly complete: Effect.Effect<unknown>
}
const waits: Readonly<Record<string, Effect.Effect<Wait>>> = {
  sleep: Effect.succeed({ wait: Effect.sleep(100), complete: Effect.void }),
  deferred: Effect.map(Deferred.make<number>(), (d) => ({ wait: Deferred.await(d), complete: Deferred.succeed(d, 1) })),
  queueTake: Effect.map(Queue.unbounded<number>(), (q) => ({ wait: Queue.take(q), complete: Queue.offer(q, 1) })),
  queueOffer: Effect.gen(function* () {
    const q = yield* Queue.bounded<number>(1)
    yield* Queue.offer(q, 0)
    return { wait: Queue.offer(q, 1), complete: Queue.take(q) }
  }),
  semaphore: Effect.gen(function* () {
    const s = yield* Semaphore.make(1)
    yield* s.take(1)
    return { wait: s.take(1), complete: s.release(1) }
  }),
  latch: Effect.map(Latch.make(), (l) => ({ wait: l.await, complete: l.open })),
  fiber: Effect.gen(function* () {
    const d = yield* Deferred.make<number>()
    const child = yield* Effect.forkDetach(Deferred.await(d))
    return { wait: Fiber.join(child), complete: Deferred.succeed(d, 1) }
  }),
  retry: Effect.succeed({
    wait: Effect.ignore(Effect.retry(Effect.fail("x"), { schedule: Schedule.spaced(30), times: 5 })),
    complete: Effect.void
  }),
  timeout: Effect.succeed({ wait: Effect.ignore(Effect.timeout(Effect.never, 100)), complete: Effect.void }),
  race: Effect.succeed({ wait: Effect.race(Effect.sleep(100), Effect.sleep(120)), complete: Effect.void }),
  stream: Effect.succeed({ wait: Stream.runDrain(Stream.take(Stream.tick(40), 5)), complete: Effect.void })
}

describe.each(Object.entries(waits))("crash while waiting for %s", (_, make) => {
  const play = (crash: boolean) => {
    const { kernel, scheduler, run } = world()
    const log: Array<string> = []
    let complete: Effect.Effect<unknown> = Effect.void
    run(Effect.gen(function* () {
      const made = yield* make
      complete = made.complete
      yield* made.wait
      log.push("woken")
    }).pipe(Effect.ensuring(Effect.sync(() => log.push("finalizer")))))
    kernel.run(10_000)
    if (crash) scheduler.kill()
    // Completed by a fiber of another process: worse than anything the ports allow.
    const other = new ProcessScheduler(kernel, new MachineClock(), "other", (error) => { throw error })
    Effect.runForkWith(other.context(new Draws(1, 2)))(complete)
    kernel.run(1_000_000)
    expect(kernel.timersArmed).toBe(0)
    return log
  }
  it("runs nothing and no finalizer", () => expect(play(true)).toEqual([]))
  it("would have run on", () => expect(play(false)).toEqual(["woken", "finalizer"]))
})

describe("scheduler", () => {
  it("stops a fiber that kills its own process at that very step", () => {
    const { kernel, scheduler, run } = world()
    const log: Array<string> = []
    run(Effect.gen(function* () {
      yield* Effect.sleep(5)
      yield* Effect.sync(() => scheduler.kill())
      yield* Effect.sync(() => log.push("after death"))
    }).pipe(Effect.ensuring(Effect.sync(() => log.push("finalizer")))))
    kernel.run(1_000_000)
    expect(log).toEqual([])
  })

  it("removes the timer of a sleep that is interrupted", () => {
    const { kernel, run } = world()
    const fiber = run(Effect.sleep(60_000))
    expect(kernel.timersArmed).toBe(1)
    fiber.interruptUnsafe()
    expect(kernel.timersArmed).toBe(0)
  })

  it("leaves no timers behind a thousand time-outs", () => {
    const { kernel, run } = world()
    run(Effect.gen(function* () {
      for (let i = 0; i < 1_000; i++) yield* Effect.timeout(Effect.sleep(1), 60_000)
    }))
    kernel.run(2_000_000)
    expect(kernel.timersArmed).toBe(0)
  })

  it("holds tasks while paused, then runs them in order", () => {
    const { kernel, scheduler } = world()
    const log: Array<number> = []
    scheduler.pause()
    for (const ms of [3, 1, 2]) scheduler.after(ms, () => log.push(ms))
    kernel.run(10_000)
    expect(log).toEqual([])
    scheduler.resume()
    kernel.run(10_000)
    expect(log).toEqual([1, 2, 3])
  })

  it("sleeps on the machine's clock, whatever its rate", () => {
    for (const rate of [1, 1.02, 0.7, 1.4999]) {
      const { kernel, clock, scheduler } = world()
      clock.setRate(rate, 0)
      let slept_ms = 0
      const from_ms = clock.monotonic_ms(kernel.now_us)
      scheduler.after(10_000, () => { slept_ms = clock.monotonic_ms(kernel.now_us) - from_ms })
      kernel.run(20_000_000)
      expect(slept_ms).toBe(10_000)
    }
  })
})

describe("mailbox", () => {
  it("gives values in order and wakes its taker through the run queue", () => {
    const { kernel, scheduler, run } = world()
    const mailbox = new SimMailbox<number>(scheduler)
    const log: Array<number | string> = []
    run(Effect.gen(function* () {
      for (let i = 0; i < 4; i++) log.push(yield* mailbox.take)
    }))
    mailbox.send(1)
    mailbox.send(2)
    log.push("sent")
    kernel.run(0)
    mailbox.send(3)
    mailbox.send(4)
    kernel.run(0)
    expect(log).toEqual(["sent", 1, 2, 3, 4])
  })

  it("loses nothing when its taker is interrupted after it was woken", () => {
    const { kernel, scheduler, run } = world()
    const mailbox = new SimMailbox<number>(scheduler)
    const fiber = run(mailbox.take)
    mailbox.send(1)
    fiber.interruptUnsafe()
    kernel.run(0)
    expect(mailbox.size).toBe(1)
    expect(run(mailbox.take).pollUnsafe()).toMatchObject({ value: 1 })
  })
})

describe("cell", () => {
  it("wakes twenty thousand waiters in a chain without nesting", () => {
    const { kernel, scheduler, run } = world()
    const cells = Array.from({ length: 20_001 }, () => new SimCell<number, never>(scheduler))
    let done = 0
    for (let i = 0; i < 20_000; i++) {
      run(Effect.map(cells[i]!.await, (n) => {
        done++
        cells[i + 1]!.succeed(n)
      }))
    }
    cells[0]!.succeed(1)
    kernel.run(0)
    expect(done).toBe(20_000)
  })

  it("forgets a waiter that was interrupted, and keeps its first result", () => {
    const { kernel, scheduler, run } = world()
    const cell = new SimCell<number, string>(scheduler)
    const fiber = run(cell.await)
    fiber.interruptUnsafe()
    cell.succeed(1)
    cell.fail("late")
    kernel.run(0)
    expect(run(cell.await).pollUnsafe()).toMatchObject({ value: 1 })
  })
})
