/**
 * work-queue: keys to be reconciled, each by one worker at a time. Spec: model/work-queue.ts.
 */
import type { Effect } from "effect"
import type { Journal } from "#impl/journal.ts"
import type { Process } from "#impl/ports.ts"

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

export declare const make: (name: string) => Effect.Effect<WorkQueue, never, Process | Journal>

/** Forks `workers` fibers that take, run `sync`, forget on success, addRateLimited on failure, and are done. */
export declare const run: (
  queue: WorkQueue, workers: number, sync: (key: string) => Effect.Effect<void, unknown>
) => Effect.Effect<void, never, Process>
