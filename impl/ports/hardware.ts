/** What the life of a machine asks of the world: time on the machine's own clock, chance, and what it brings about. */
import type { Effect } from "effect"
import type { StateValue } from "#impl/journal.ts"
import type { EventOf } from "#model/events.ts"

/** A piece of the machine's life that is under way. */
export interface Running {
  /** Ends it where it stands. */
  readonly interrupt: () => void
}

export interface Chassis {
  readonly name: string
  /** Starts a fiber of the machine itself: it lives through crashes, and sleeps on the machine's monotonic clock. */
  readonly run: (effect: Effect.Effect<void>) => Running
  /** A whole number of ms in [min, max], drawn for this machine. */
  readonly draw: (what: string, min: number, max: number) => number
  readonly newBootId: () => string
  readonly wrote: (event: EventOf<"machine">, state: StateValue) => void
  /** Whether the machine's kernel answers the network: refuses, resets, acknowledges. */
  readonly online: (answers: boolean) => void
  /** Everything in memory is gone at once: processes, containers, what was not synced to the disk. */
  readonly loseMemory: (reason: "power lost" | "kernel panic") => void
  readonly startUnits: () => void
  /** Asks every process to stop (SIGTERM); succeeds once all have ended, killed after the supervisor's time-out. */
  readonly stopUnits: Effect.Effect<void>
  readonly emptyDisk: () => void
}
