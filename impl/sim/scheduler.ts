/**
 * An Effect Scheduler for one incarnation of a process. A crash sets it dead: its queued tasks are dropped, a running
 * fiber yields for ever, no finalizer runs. (One scheduler with epochs is unsound: resuming a fiber asks nobody, and
 * dead processes run again.) Paused, it holds its tasks until it is resumed.
 */
import { Clock, Context, Duration, Effect, Exit, Random, Scheduler } from "effect"
import type { MachineClock } from "#impl/sim/clock.ts"
import type { Stream } from "#impl/sim/draws.ts"
import type { Kernel, Owner, Task, Timer } from "#impl/sim/kernel.ts"
import { suspension } from "#impl/sim/suspension.ts"

export class ProcessScheduler implements Scheduler.Scheduler, Owner {
  readonly executionMode = "sync" as const
  readonly name: string
  readonly kernel: Kernel
  readonly clock: MachineClock
  dead = false
  paused = false
  readonly #sleeps = new Map<number, Effect.Effect<void>>()
  #held: Array<{ readonly task: Task; readonly cause: number }> = []
  readonly #onFailure: (error: unknown) => void
  readonly #dispatcher: Scheduler.SchedulerDispatcher

  constructor(kernel: Kernel, clock: MachineClock, name: string, onFailure: (error: unknown) => void) {
    this.kernel = kernel
    this.clock = clock
    this.name = name
    this.#onFailure = onFailure
    this.#dispatcher = { scheduleTask: (task) => this.schedule(task), flush: () => {} }
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return this.#dispatcher
  }
  shouldYield(): boolean {
    return this.dead
  }

  schedule(task: Task): void {
    if (!this.dead) this.kernel.enqueue(task, this)
  }
  /** After a time of the machine's monotonic clock. */
  after(delay_ms: number, task: Task): Timer {
    const due_us = this.clock.monotonic_us(this.kernel.now_us) + Math.max(0, Math.ceil(delay_ms * 1_000))
    return this.kernel.wake(this.clock.instantOf(due_us), task, this)
  }

  hold(task: Task, cause: number): void {
    this.#held.push({ task, cause })
  }
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
    const held = this.#held
    this.#held = []
    for (const { task, cause } of held) this.kernel.enqueue(task, this, cause)
  }
  /** Nothing of this incarnation runs any more, and its timers leave the heap. */
  kill(): void {
    this.dead = true
    this.#held = []
    this.kernel.retime((owner) => owner === this, () => undefined)
  }
  failed(error: unknown): void {
    this.#onFailure(error)
  }

  sleep(delay_ms: number): Effect.Effect<void> {
    if (delay_ms <= 0) return Effect.yieldNow
    if (delay_ms === Infinity) return Effect.never
    let sleep = this.#sleeps.get(delay_ms)
    if (sleep === undefined) {
      sleep = suspension<void>((resume) => {
        const timer = this.after(delay_ms, () => resume(Exit.void))
        return () => timer.cancel()
      })
      // Periods recur; drawn delays do not, and must not pile up.
      if (this.#sleeps.size < 256) this.#sleeps.set(delay_ms, sleep)
    }
    return sleep
  }

  /** What every fiber of this incarnation must run with. */
  context(random: Stream): Context.Context<never> {
    return Context.empty().pipe(
      Context.add(Scheduler.Scheduler, this as Scheduler.Scheduler),
      Context.add(Scheduler.PreventSchedulerYield, false),
      Context.add(Clock.Clock, this.#effectClock()),
      Context.add(Random.Random, {
        nextIntUnsafe: () => random.next() | 0,
        nextDoubleUnsafe: () => random.unit()
      })
    )
  }

  #effectClock(): Clock.Clock {
    const millis = (): number => this.clock.wall_ms(this.kernel.now_us)
    const wallNanos = (): bigint => BigInt(millis()) * 1_000_000n
    const nanos = (): bigint => BigInt(this.clock.monotonic_us(this.kernel.now_us)) * 1_000n
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: wallNanos,
      currentTimeNanos: Effect.sync(wallNanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) => this.sleep(Duration.toMillis(duration))
    }
  }
}
