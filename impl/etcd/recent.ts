/**
 * The last so many ids, first in, first out. A ring beside the set: a set that only ever loses its oldest entry has to
 * step over the holes that the earlier ones left.
 */
export class Recent {
  readonly #ids = new Set<string>()
  readonly #ring: Array<string> = []
  #next = 0
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }
  has(id: string): boolean {
    return this.#ids.has(id)
  }
  /** An id that it does not hold. */
  add(id: string): void {
    const oldest = this.#ring[this.#next]
    if (oldest !== undefined) this.#ids.delete(oldest)
    this.#ids.add(id)
    this.#ring[this.#next] = id
    this.#next = (this.#next + 1) % this.#max
  }
}
