/**
 * A binary heap by (time, order) in which every entry knows its place, so that a cancelled one leaves at once:
 * a heap that keeps dead timers grows with every request that did not time out.
 */
export interface Scheduled {
  time_us: number
  /** Breaks ties: of one instant, what was scheduled first comes first. */
  readonly order: number
  /** Place in the heap, -1 when outside. Kept by the heap. */
  index: number
}

const before = (a: Scheduled, b: Scheduled): boolean =>
  a.time_us < b.time_us || (a.time_us === b.time_us && a.order < b.order)

export class Heap<A extends Scheduled> {
  #entries: Array<A> = []

  get size(): number {
    return this.#entries.length
  }
  get first(): A | undefined {
    return this.#entries[0]
  }

  push(entry: A): void {
    this.#entries.push(entry)
    this.#up(this.#entries.length - 1, entry)
  }

  shift(): A | undefined {
    const first = this.#entries[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  remove(entry: A): void {
    const i = entry.index
    entry.index = -1
    const last = this.#entries.pop()!
    if (last === entry) return
    if (i > 0 && before(last, this.#entries[(i - 1) >> 1]!)) this.#up(i, last)
    else this.#down(i, last)
  }

  /** Keeps those for which `keep` is true, after it may have changed their times. */
  rebuild(keep: (entry: A) => boolean): void {
    const kept: Array<A> = []
    for (const entry of this.#entries) {
      if (keep(entry)) kept.push(entry)
      else entry.index = -1
    }
    this.#entries = kept
    for (let i = 0; i < kept.length; i++) kept[i]!.index = i
    for (let i = (kept.length >> 1) - 1; i >= 0; i--) this.#down(i, kept[i]!)
  }

  #up(from: number, entry: A): void {
    const entries = this.#entries
    let i = from
    while (i > 0) {
      const p = (i - 1) >> 1
      const parent = entries[p]!
      if (before(parent, entry)) break
      entries[i] = parent
      parent.index = i
      i = p
    }
    entries[i] = entry
    entry.index = i
  }

  #down(from: number, entry: A): void {
    const entries = this.#entries
    const n = entries.length
    let i = from
    for (;;) {
      let c = 2 * i + 1
      if (c >= n) break
      let child = entries[c]!
      const right = entries[c + 1]
      if (c + 1 < n && before(right!, child)) {
        child = right!
        c++
      }
      if (before(entry, child)) break
      entries[i] = child
      child.index = i
      i = c
    }
    entries[i] = entry
    entry.index = i
  }
}
