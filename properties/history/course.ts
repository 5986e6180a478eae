/** history/course: a value that changes now and then, as of a line. Its changes are few, so all are kept. */
import type { Moment } from "#properties/history/kept.ts"

export class Course<T> {
  readonly #first: T
  readonly #changes: Array<{ readonly seq: number; readonly value: T }> = []

  constructor(first: T) {
    this.#first = first
  }

  set(seq: number, value: T): void {
    this.#changes.push({ seq, value })
  }
  get newest(): T {
    const { length } = this.#changes
    return length === 0 ? this.#first : this.#changes[length - 1]!.value
  }
  at({ seq }: Moment): T {
    let place = this.#changes.length - 1
    while (place >= 0 && this.#changes[place]!.seq > seq) place--
    return place < 0 ? this.#first : this.#changes[place]!.value
  }
}
