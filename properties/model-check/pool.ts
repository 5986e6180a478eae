/**
 * The states that a search has met, packed into 32-bit words: a field per component, channel and budget, none of them
 * across two words. The order of adding is the queue. A state that fits into one word is found again by its bit in a
 * bitset, where neighbours lie together (three times the speed of a table); else, or where its number is asked for,
 * by open addressing.
 */

export class Layout {
  readonly words: number
  readonly bits: number
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
    this.bits = used.reduce((sum, bits) => sum + bits, 0)
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

/** Beyond, a bitset is too sparse to be worth its memory (2^30 bits are 128 MB). */
const bitset_max_bits = 30

/** `numbered`: whoever adds a state wants its number, also of one that is known. */
export const makePool = (layout: Layout, numbered: boolean, capacity = 1 << 12): Pool =>
  !numbered && layout.words === 1 && layout.bits <= bitset_max_bits ? new BitPool(layout, capacity)
    : new TablePool(layout, capacity)

/** The same states under the same numbers in another layout. */
export const repacked = (from: Pool, layout: Layout, numbered: boolean): Pool => {
  const pool = makePool(layout, numbered, from.parent.length)
  const state = new Int32Array(layout.words)
  for (let id = 0; id < from.count; id++) {
    state.fill(0)
    for (let field = 0; field < layout.widths.length; field++) {
      layout.set(state, 0, field, from.layout.get(from.data, id * from.layout.words, field))
    }
    pool.add(state, from.parent[id]!)
  }
  return pool
}

export abstract class Pool {
  readonly layout: Layout
  /** The words of each state in the order of adding. */
  data: Int32Array
  /** The state from which it was first reached. */
  parent: Int32Array
  count = 0

  constructor(layout: Layout, capacity: number) {
    this.layout = layout
    this.data = new Int32Array(capacity * layout.words)
    this.parent = new Int32Array(capacity)
  }

  /** The count grows when the state is new. Returns its number, or -1 for a known one in a pool without numbers. */
  abstract add(state: Int32Array, parent: number): number

  protected grow(): void {
    const data = new Int32Array(this.data.length * 2)
    data.set(this.data)
    this.data = data
    const parent = new Int32Array(this.parent.length * 2)
    parent.set(this.parent)
    this.parent = parent
  }
}

class BitPool extends Pool {
  readonly #bits: Int32Array

  constructor(layout: Layout, capacity: number) {
    super(layout, capacity)
    this.#bits = new Int32Array(Math.max(1, 2 ** (layout.bits - 5)))
  }

  override add(state: Int32Array, parent: number): number {
    const value = state[0]!
    const bit = 1 << (value & 31)
    const word = value >>> 5
    const bits = this.#bits
    if ((bits[word]! & bit) !== 0) return -1
    bits[word] = bits[word]! | bit
    const id = this.count++
    this.data[id] = value
    this.parent[id] = parent
    if (this.count === this.parent.length) this.grow()
    return id
  }
}

/** A slot of the table is the state's words and its number plus one, together: finding a state touches one place. */
class TablePool extends Pool {
  readonly #words: number
  #table: Int32Array
  #mask: number

  constructor(layout: Layout, capacity: number) {
    super(layout, capacity)
    this.#words = layout.words
    this.#mask = capacity * 2 - 1
    this.#table = new Int32Array(capacity * 2 * (layout.words + 1))
  }

  override add(state: Int32Array, parent: number): number {
    const words = this.#words
    const stride = words + 1
    const table = this.#table
    const mask = this.#mask
    const first = state[0]!
    let slot = hash(state, words) & mask
    let at = slot * stride
    for (let entry = table[at + words]!; entry !== 0; entry = table[at + words]!) {
      if (table[at] === first) {
        let i = 1
        while (i < words && table[at + i] === state[i]) i++
        if (i === words) return entry - 1
      }
      slot = (slot + 1) & mask
      at = slot * stride
    }
    const id = this.count
    for (let i = 0; i < words; i++) table[at + i] = this.data[id * words + i] = state[i]!
    table[at + words] = id + 1
    this.parent[id] = parent
    this.count++
    if (this.count === this.parent.length) this.grow()
    return id
  }

  protected override grow(): void {
    super.grow()
    const capacity = this.parent.length
    const words = this.#words
    const mask = capacity * 2 - 1
    const table = new Int32Array(capacity * 2 * (words + 1))
    const state = new Int32Array(words)
    for (let id = 0; id < this.count; id++) {
      for (let i = 0; i < words; i++) state[i] = this.data[id * words + i]!
      let slot = hash(state, words) & mask
      while (table[slot * (words + 1) + words] !== 0) slot = (slot + 1) & mask
      for (let i = 0; i < words; i++) table[slot * (words + 1) + i] = state[i]!
      table[slot * (words + 1) + words] = id + 1
    }
    this.#table = table
    this.#mask = mask
  }
}

const hash = (state: Int32Array, words: number): number => {
  let h = 0x2545f491
  for (let i = 0; i < words; i++) {
    h = Math.imul(h ^ state[i]!, 0xcc9e2d51)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h ^= h >>> 13
  }
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
