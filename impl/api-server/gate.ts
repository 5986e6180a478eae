/**
 * api-server/gate: lets requests in until the server is told to stop, then waits for those that are in.
 * Spec: model/api-server/instance.ts.
 *
 * Watches do not count: they end with their connections.
 * Source: apiserver server/genericapiserver.go RunWithContext with --shutdown-send-retry-after, v1.36.
 */
import { Effect } from "effect"
import type { Cell, Process } from "#impl/ports.ts"

export class Gate {
  readonly #process: Process["Service"]
  #inside = 0
  #empty: Cell<void> | undefined

  constructor(process: Process["Service"]) {
    this.#process = process
  }

  get isClosed(): boolean {
    return this.#empty !== undefined
  }

  entered(): void {
    this.#inside += 1
  }
  left(): void {
    this.#inside -= 1
    if (this.#inside === 0) this.#empty?.succeed(undefined)
  }

  /** Nobody else gets in; returns when all are out. Each has a time-out of its own. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#empty = this.#process.cell<void>()
    return this.#inside === 0 ? Effect.void : this.#empty.await
  })
}
