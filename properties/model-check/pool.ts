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
    pool.add(state, 0, from.parent[id]!)
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
  abstract add(states: Int32Array, at: number, parent: number): number

  /** Touches the places where so many states will be looked for. */
  abstract warm(states: Int32Array, count: number): number

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

  override warm(states: Int32Array, count: number): number {
    let touched = 0
    for (let i = 0; i < count; i++) touched ^= this.#bits[states[i]! >>> 5]!
    return touched
  }

  override add(states: Int32Array, at: number, parent: number): number {
    const value = states[at]!
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

/**
 * A slot of the table holds the state's number plus one and, in the bits above, a part of its hash: a slot of another
 * state is passed by without a look at that state. Small, so that the table of a million states stays in the cache.
 */
class TablePool extends Pool {
  readonly #words: number
  #table: Int32Array
  #idMask: number

  constructor(layout: Layout, capacity: number) {
    super(layout, capacity)
    this.#words = layout.words
    this.#table = new Int32Array(capacity * 2)
    this.#idMask = capacity * 2 - 1
  }

  override warm(states: Int32Array, count: number): number {
    const words = this.#words
    const table = this.#table
    const mask = table.length - 1
    const idMask = this.#idMask
    const data = this.data
    let touched = 0
    for (let i = 0; i < count; i++) {
      const entry = table[hash(states, i * words, words) & mask]!
      touched ^= entry === 0 ? 0 : data[((entry & idMask) - 1) * words]!
    }
    return touched
  }

  override add(states: Int32Array, at: number, parent: number): number {
    const words = this.#words
    const table = this.#table
    const mask = table.length - 1
    const idMask = this.#idMask
    const data = this.data
    const key = hash(states, at, words)
    let slot = key & mask
    for (let entry = table[slot]!; entry !== 0; slot = (slot + 1) & mask, entry = table[slot]!) {
      if (((entry ^ key) & ~idMask) !== 0) continue
      const id = (entry & idMask) - 1
      let i = 0
      while (i < words && data[id * words + i] === states[at + i]) i++
      if (i === words) return id
    }
    const id = this.count++
    table[slot] = (key & ~idMask) | (id + 1)
    for (let i = 0; i < words; i++) data[id * words + i] = states[at + i]!
    this.parent[id] = parent
    if (this.count === this.parent.length) this.grow()
    return id
  }

  protected override grow(): void {
    super.grow()
    const words = this.#words
    const table = new Int32Array(this.parent.length * 2)
    const mask = table.length - 1
    for (let id = 0; id < this.count; id++) {
      const key = hash(this.data, id * words, words)
      let slot = key & mask
      while (table[slot] !== 0) slot = (slot + 1) & mask
      table[slot] = (key & ~mask) | (id + 1)
    }
    this.#table = table
    this.#idMask = mask
  }
}

const hash = (states: Int32Array, at: number, words: number): number => {
  let h = 0x2545f491
  for (let i = 0; i < words; i++) {
    h = Math.imul(h ^ states[at + i]!, 0xcc9e2d51)
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h ^= h >>> 13
  }
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
