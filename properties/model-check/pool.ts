/**
 * The states that a search has met, packed into 32-bit words: a field per component, channel and budget, none of them
 * across two words. Found again by open addressing on the words themselves. The order of adding is the queue.
 */

export class Layout {
  readonly words: number
  readonly wordOf: Int32Array
  readonly shift: Int32Array
  readonly mask: Int32Array
  readonly widths: ReadonlyArray<number>

  constructor(widths: ReadonlyArray<number>) {
    this.widths = widths
    this.wordOf = new Int32Array(widths.length)
    this.shift = new Int32Array(widths.length)
    this.mask = new Int32Array(widths.length)
    const used: Array<number> = []
    for (const [field, width] of widths.entries()) {
      let word = used.findIndex((bits) => bits + width <= 32)
      if (word < 0) word = used.push(0) - 1
      this.wordOf[field] = word
      this.shift[field] = used[word]!
      this.mask[field] = width === 32 ? -1 : (1 << width) - 1
      used[word]! += width
    }
    this.words = Math.max(1, used.length)
  }

  get(words: Int32Array, at: number, field: number): number {
    return (words[at + this.wordOf[field]!]! >>> this.shift[field]!) & this.mask[field]!
  }
  set(words: Int32Array, at: number, field: number, value: number): void {
    const i = at + this.wordOf[field]!
    const shift = this.shift[field]!
    words[i] = (words[i]! & ~(this.mask[field]! << shift)) | (value << shift)
  }
}

export class Pool {
  readonly layout: Layout
  readonly #words: number
  data: Int32Array
  parent: Int32Array
  count = 0
  #table: Int32Array

  constructor(layout: Layout, capacity = 1 << 12) {
    this.layout = layout
    this.#words = layout.words
    this.data = new Int32Array(capacity * layout.words)
    this.parent = new Int32Array(capacity)
    this.#table = new Int32Array(capacity * 4)
  }

  /** The state's number; it is new when that equals the count before. */
  add(state: Int32Array, parent: number): number {
    const words = this.#words
    const table = this.#table
    const data = this.data
    const mask = table.length - 1
    let slot = hash(state, words) & mask
    for (let entry = table[slot]!; entry !== 0; slot = (slot + 1) & mask, entry = table[slot]!) {
      let at = (entry - 1) * words
      let i = 0
      while (i < words && data[at] === state[i]) {
        at++
        i++
      }
      if (i === words) return entry - 1
    }
    const id = this.count
    table[slot] = id + 1
    const at = id * words
    for (let i = 0; i < words; i++) data[at + i] = state[i]!
    this.parent[id] = parent
    this.count++
    if (this.count === this.parent.length) this.#grow()
    return id
  }

  #grow(): void {
    const capacity = this.parent.length * 2
    const data = new Int32Array(capacity * this.#words)
    data.set(this.data)
    this.data = data
    const parent = new Int32Array(capacity)
    parent.set(this.parent)
    this.parent = parent
    const table = new Int32Array(capacity * 4)
    const mask = table.length - 1
    const state = new Int32Array(this.#words)
    for (let id = 0; id < this.count; id++) {
      for (let i = 0; i < this.#words; i++) state[i] = data[id * this.#words + i]!
      let slot = hash(state, this.#words) & mask
      while (table[slot] !== 0) slot = (slot + 1) & mask
      table[slot] = id + 1
    }
    this.#table = table
  }

  /** The same states under the same numbers in another layout. */
  repacked(layout: Layout): Pool {
    const pool = new Pool(layout, this.parent.length)
    const state = new Int32Array(layout.words)
    for (let id = 0; id < this.count; id++) {
      state.fill(0)
      for (let field = 0; field < layout.widths.length; field++) {
        layout.set(state, 0, field, this.layout.get(this.data, id * this.#words, field))
      }
      pool.add(state, this.parent[id]!)
    }
    return pool
  }
}

const hash = (state: Int32Array, words: number): number => {
  let h = 0x2545f491
  for (let i = 0; i < words; i++) {
    h = Math.imul(h ^ state[i]!, 0x9e3779b1)
    h ^= h >>> 15
  }
  h = Math.imul(h, 0x85ebca6b)
  return h ^ (h >>> 13)
}
