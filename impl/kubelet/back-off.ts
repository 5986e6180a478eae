/** Back-off by key: first delay, doubled up to a cap, forgotten after a quiet time. Pure but for its memory. */

interface Entry {
  readonly delay_ms: number
  readonly updated_ms: number
}

export class BackOff {
  readonly #first_ms: number
  readonly #max_ms: number
  /** An event that came this long after the last update begins anew. */
  readonly #reset_ms: number
  readonly #entries = new Map<string, Entry>()

  constructor(first_ms: number, max_ms: number, reset_ms: number) {
    this.#first_ms = first_ms
    this.#max_ms = max_ms
    this.#reset_ms = reset_ms
  }

  /** The wait that an event at `event_ms` imposes, counted from it; 0 for none. */
  delay_ms(key: string, event_ms: number): number {
    const entry = this.#entries.get(key)
    return entry === undefined || event_ms - entry.updated_ms > this.#reset_ms ? 0 : entry.delay_ms
  }
  /** When the last failure was noted. */
  updated_ms(key: string): number {
    return this.#entries.get(key)?.updated_ms ?? 0
  }
  /** Notes one more round. Returns the delay of the next. */
  next(key: string, event_ms: number, now_ms: number): number {
    const before_ms = this.delay_ms(key, event_ms)
    const delay_ms = before_ms === 0 ? this.#first_ms : Math.min(before_ms * 2, this.#max_ms)
    this.#entries.set(key, { delay_ms, updated_ms: now_ms })
    return delay_ms
  }
  forget(key: string): void {
    this.#entries.delete(key)
  }
}
