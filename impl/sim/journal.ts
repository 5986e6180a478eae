/**
 * Collects what the world's actors did into lines, numbers them and tells the one listener. Without a listener a line
 * costs one comparison.
 */
import type { StateValue } from "#impl/journal.ts"
import type { Kernel } from "#impl/sim/kernel.ts"
import { noCause } from "#impl/sim/kernel.ts"
import type { Event, Line, StoreChange } from "#model/events.ts"

/** How a committed change reads as a line of the ground truth. */
export type GroundTruth = (revision: number, change: StoreChange) => {
  readonly chart: string
  readonly entity: string
  readonly event: Event
  readonly state: StateValue
} | undefined

export class Lines {
  /** How many lines were told. */
  written = 0
  readonly #kernel: Kernel
  readonly #listen: ((line: Line) => void) | undefined
  readonly #groundTruth: GroundTruth | undefined
  #revision = 0

  constructor(kernel: Kernel, listen: ((line: Line) => void) | undefined, groundTruth: GroundTruth | undefined) {
    this.#kernel = kernel
    this.#listen = listen
    this.#groundTruth = groundTruth
  }

  wrote(actor: string, clock_ms: number, chart: string, entity: string, event: Event, state: StateValue): void {
    if (this.#listen === undefined) return
    const kernel = this.#kernel
    kernel.wroteLine()
    const seq = this.written++
    const at_ms = Math.floor(kernel.now_us / 1_000)
    const { cause } = kernel
    kernel.cause = seq
    this.#listen(cause === noCause ? { seq, at_ms, clock_ms, actor, chart, entity, event, state }
      : { seq, at_ms, clock_ms, actor, chart, entity, event, state, cause })
  }

  /** The first member that applies a revision makes it history. */
  committed(revision: number, changes: ReadonlyArray<StoreChange>): void {
    if (revision <= this.#revision) return
    this.#revision = revision
    if (this.#listen === undefined || this.#groundTruth === undefined) return
    const clock_ms = Math.floor(this.#kernel.now_us / 1_000)
    for (const change of changes) {
      const told = this.#groundTruth(revision, change)
      if (told !== undefined) this.wrote("etcd", clock_ms, told.chart, told.entity, told.event, told.state)
    }
  }
}
