/**
 * Spec: model/work-queue.ts. work-queue: keys to be reconciled, each by one worker at a time.
 *
 * Plain state with one mailbox-like cell per waiting worker; only `take` is an Effect.
 */
import { Effect } from "effect"
import { Journal, type StateOf } from "#impl/journal.ts"
import { type Cell, Process, type Timer } from "#impl/ports.ts"
import type { charts } from "#model/work-queue.ts"
import {
  queueBackoff_max_ms, queueBackoff_ms, queueBurst, queueRate_per_s
} from "#model/limits/client.ts"

/** How a failed key waits: client-go's ItemExponentialFailureRateLimiter; every queue also has the token bucket. */
export interface Limiter {
  readonly first_ms: number
  readonly max_ms: number
}

export interface WorkQueue {
  readonly add: (key: string) => void
  readonly addAfter: (key: string, delay_ms: number) => void
  /** After max(5 ms × 2^failures up to 1000 s, token bucket of 10/s with burst 100). */
  readonly addRateLimited: (key: string) => void
  /** Resets the count of failures. */
  readonly forget: (key: string) => void
  readonly failures: (key: string) => number
  /** Waits for a key and marks it as processing. */
  readonly take: Effect.Effect<string>
  readonly done: (key: string) => void
  readonly length: () => number
}

type KeyState = StateOf<(typeof charts)["work-queue.key"]>
type RetryState = StateOf<(typeof charts)["work-queue.rateLimit"]>

/** Tokens come at a steady rate up to a burst; a reservation says how long to wait for its token. */
export class TokenBucket {
  readonly #rate_per_s: number
  readonly #burst: number
  #tokens: number
  #at_ms = 0

  constructor(rate_per_s: number, burst: number) {
    this.#rate_per_s = rate_per_s
    this.#burst = burst
    this.#tokens = burst
  }

  /** Takes a token, if need be one that is still to come: golang.org/x/time/rate Limiter.Reserve. */
  reserve(now_ms: number): number {
    this.#refill(now_ms)
    this.#tokens -= 1
    return this.#tokens >= 0 ? 0 : -this.#tokens * 1000 / this.#rate_per_s
  }

  #refill(now_ms: number): void {
    const gained = (now_ms - this.#at_ms) * this.#rate_per_s / 1000
    this.#tokens = Math.min(this.#burst, this.#tokens + gained)
    this.#at_ms = now_ms
  }
}

const defaultLimiter: Limiter = { first_ms: queueBackoff_ms, max_ms: queueBackoff_max_ms }
/** Delay after the n-th failure in a row, n from 0. */
export const failureDelay_ms = (failures: number, { first_ms, max_ms }: Limiter = defaultLimiter): number =>
  Math.min(first_ms * 2 ** Math.min(failures, 40), max_ms)

interface Delayed {
  readonly due_ms: number
  readonly timer: Timer
}

class Queue implements WorkQueue {
  readonly #process: Process["Service"]
  readonly #journal: Journal["Service"]
  readonly #name: string
  readonly #limiter: Limiter
  /** In the order of taking; what stands before #head has been taken. */
  #order: Array<string> = []
  #head = 0
  /** Must be handled: waits in #order, or was added while it is being handled. */
  readonly #dirty = new Set<string>()
  readonly #processing = new Set<string>()
  readonly #delayed = new Map<string, Delayed>()
  readonly #failures = new Map<string, number>()
  readonly #bucket = new TokenBucket(queueRate_per_s, queueBurst)
  readonly #idle: Array<Cell<string>> = []
  #firstIdle = 0

  constructor(process: Process["Service"], journal: Journal["Service"], name: string, limiter: Limiter) {
    this.#process = process
    this.#journal = journal
    this.#name = name
    this.#limiter = limiter
  }

  readonly add = (key: string): void => {
    if (this.#dirty.has(key)) return
    this.#dirty.add(key)
    const isProcessing = this.#processing.has(key)
    this.#wrote(key, "key.added", isProcessing ? "dirty" : "queued")
    if (!isProcessing) this.#enqueue(key)
  }

  readonly addAfter = (key: string, delay_ms: number): void => {
    if (delay_ms <= 0) this.add(key)
    else this.#delay(key, delay_ms, () => this.add(key))
  }

  readonly addRateLimited = (key: string): void => {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    const now_ms = this.#process.monotonic_ms()
    const delay_ms = Math.max(failureDelay_ms(failures, this.#limiter), this.#bucket.reserve(now_ms))
    this.#wroteRetry(key, { type: "retry.postponed", failures: failures + 1 }, "waiting")
    this.#delay(key, delay_ms, () => {
      if (this.#failures.has(key)) this.#wroteRetry(key, { type: "retry.due" }, "failing")
      this.add(key)
    })
  }

  readonly forget = (key: string): void => {
    if (!this.#failures.delete(key)) return
    this.#wroteRetry(key, { type: "retry.forgotten" }, "clean")
  }

  readonly failures = (key: string): number => this.#failures.get(key) ?? 0

  readonly take: Effect.Effect<string> = Effect.suspend(() => {
    if (this.#head < this.#order.length) return Effect.succeed(this.#start(this.#shift()))
    const cell = this.#process.cell<string>()
    this.#idle.push(cell)
    return cell.await
  })

  readonly done = (key: string): void => {
    this.#processing.delete(key)
    const isDirty = this.#dirty.has(key)
    this.#wrote(key, "key.done", isDirty ? "queued" : "absent")
    if (isDirty) this.#enqueue(key)
  }

  readonly length = (): number => this.#order.length - this.#head

  #enqueue(key: string): void {
    const idle = this.#idle[this.#firstIdle]
    if (idle === undefined) {
      this.#order.push(key)
      return
    }
    this.#firstIdle += 1
    if (this.#firstIdle > 32) {
      this.#idle.splice(0, this.#firstIdle)
      this.#firstIdle = 0
    }
    idle.succeed(this.#start(key))
  }

  #shift(): string {
    const key = this.#order[this.#head] as string
    this.#head += 1
    if (this.#head > 64 && this.#head * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#head)
      this.#head = 0
    }
    return key
  }

  #start(key: string): string {
    this.#dirty.delete(key)
    this.#processing.add(key)
    this.#wrote(key, "key.taken", "processing")
    return key
  }

  /** Of two delays for one key the earlier wins: client-go util/workqueue/delaying_queue.go insert. */
  #delay(key: string, delay_ms: number, task: () => void): void {
    const due_ms = this.#process.monotonic_ms() + delay_ms
    const before = this.#delayed.get(key)
    if (before !== undefined && before.due_ms <= due_ms) return
    before?.timer.cancel()
    const timer = this.#process.after(delay_ms, () => {
      this.#delayed.delete(key)
      task()
    })
    this.#delayed.set(key, { due_ms, timer })
  }

  #wrote(key: string, type: "key.added" | "key.taken" | "key.done", state: KeyState): void {
    this.#journal.wrote("work-queue.key", `${this.#name}:${key}`, { type }, state)
  }

  #wroteRetry(
    key: string, event: { readonly type: "retry.postponed"; readonly failures: number }
      | { readonly type: "retry.due" | "retry.forgotten" }, state: RetryState
  ): void {
    this.#journal.wrote("work-queue.rateLimit", `${this.#name}:${key}`, event, state)
  }
}

export const make = (
  name: string, limiter = defaultLimiter
): Effect.Effect<WorkQueue, never, Process | Journal> =>
  Effect.gen(function*() {
    return new Queue(yield* Process, yield* Journal, name, limiter)
  })

/** Forks `workers` fibers that take, run `sync`, forget on success, addRateLimited on failure, and are done. */
export const run = (
  queue: WorkQueue, workers: number, sync: (key: string) => Effect.Effect<void, unknown>
): Effect.Effect<void, never, Process> =>
  Effect.gen(function*() {
    const process = yield* Process
    /** A panic in a worker is a panic of the process, as in Go. */
    const panic = (defect: unknown): Effect.Effect<never> => {
      process.fork(Effect.die(defect))
      return Effect.never
    }
    const step = Effect.flatMap(queue.take, (key) => Effect.match(Effect.catchDefect(sync(key), panic), {
      onFailure: () => {
        queue.addRateLimited(key)
        queue.done(key)
      },
      onSuccess: () => {
        queue.forget(key)
        queue.done(key)
      }
    }))
    for (let worker = 0; worker < workers; worker++) yield* Effect.forkChild(Effect.forever(step))
  })
