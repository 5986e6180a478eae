/**
 * A machine's two clocks over the world's time. The monotonic one has a rate and never jumps; the wall clock is the
 * monotonic one plus an offset that can jump. Readings are whole milliseconds, rounded down from microseconds, so
 * that a timer of d ms always reads at least d ms later.
 */
import { epoch_ms } from "#model/limits.ts"

export class MachineClock {
  rate = 1
  /** Wall clock minus monotonic clock, ms. */
  offset_ms = epoch_ms
  #base_us = 0
  #since_us = 0

  monotonic_us(now_us: number): number {
    return this.rate === 1 ? this.#base_us + now_us - this.#since_us
      : this.#base_us + Math.floor((now_us - this.#since_us) * this.rate)
  }
  monotonic_ms(now_us: number): number {
    return Math.floor(this.monotonic_us(now_us) / 1_000)
  }
  wall_ms(now_us: number): number {
    return this.monotonic_ms(now_us) + this.offset_ms
  }

  /** The first instant of the world at which the monotonic clock reads at least `monotonic_us`. */
  instantOf(monotonic_us: number): number {
    if (this.rate === 1) return this.#since_us + monotonic_us - this.#base_us
    let instant = this.#since_us + Math.floor((monotonic_us - this.#base_us) / this.rate)
    while (this.monotonic_us(instant) < monotonic_us) instant++
    return instant
  }

  setRate(rate: number, now_us: number): void {
    this.#base_us = this.monotonic_us(now_us)
    this.#since_us = now_us
    this.rate = rate
  }
}
