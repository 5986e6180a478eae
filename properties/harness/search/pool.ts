/**
 * The states that a search has met, packed into 32-bit words: a field per component, channel and budget, none of them
 * across two words. The order of adding is the queue. How a state is found again: where its number is asked for, by
 * open addressing; else by its bit in a bitset, a whole one if the states are small enough, or one that is made of
 * those blocks that are needed. In a bitset neighbours lie together, which is what costs least: a look-up costs what
 * fetching its place from memory costs.
 */

export class Layout {
  readonly words: number
  readonly bits: number
  readonly wordOf: Int32Array
  readonly shift: Int32Array
  readonly mask: Int32Array
  readonly widths: ReadonlyArray<number>

  /** `low`: these fields first, from the lowest bits on. States that differ there alone are neighbours. */
  constructor(widths: ReadonlyArray<number>, low: ReadonlyArray<number> = []) {
    this.widths = widths
    this.wordOf = new Int32Array(widths.length)
    this.shift = new Int32Array(widths.length)
    this.mask = new Int32Array(widths.length)
    const used: Array<number> = []
    for (const field of new Set([...low, ...widths.keys()])) {
      const width = widths[field]!
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
  numbered ? new TablePool(layout, capacity)
    : layout.words === 1 && layout.bits <= bitset_max_bits ? new BitPool(layout, capacity)
    : new BlockPool(layout, capacity)

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

/** A block has so many bits: what differs in the lowest log2 of it shares a block. */
const block_bits = 64
const below = 6

/** By open addressing: per slot what the states of a block have in common, then its bits, of which none is empty. */
class BlockPool extends Pool {
  readonly #words: number
  readonly #slot: number
  #blocks = new Int32Array(0)
  #used = 0
  #mask: number

  constructor(layout: Layout, capacity: number) {
    super(layout, capacity)
    this.#words = layout.words
    this.#slot = layout.words + block_bits / 32
    this.#mask = capacity - 1
    this.#blocks = new Int32Array(capacity * this.#slot)
  }

  override warm(states: Int32Array, count: number): number {
    const words = this.#words
    const slot = this.#slot
    const blocks = this.#blocks
    const mask = this.#mask
    let touched = 0
    for (let i = 0; i < count; i++) touched ^= blocks[(hash(states, i * words, words, below) & mask) * slot]!
    return touched
  }

  override add(states: Int32Array, at: number, parent: number): number {
    const words = this.#words
    const first = states[at]!
    const bits = this.#place(states, at) + words + ((first >>> 5) & 1)
    const blocks = this.#blocks
    const bit = 1 << (first & 31)
    if ((blocks[bits]! & bit) !== 0) return -1
    blocks[bits] = blocks[bits]! | bit
    const id = this.count++
    for (let i = 0; i < words; i++) this.data[id * words + i] = states[at + i]!
    this.parent[id] = parent
    if (this.count === this.parent.length) this.grow()
    if (this.#used * 2 > this.#mask) this.#rehash()
    return id
  }

  /** Where the state's block is, or is from now on. */
  #place(states: Int32Array, at: number): number {
    const words = this.#words
    const slot = this.#slot
    const blocks = this.#blocks
    const mask = this.#mask
    const first = states[at]! >>> below
    for (let i = hash(states, at, words, below) & mask; ; i = (i + 1) & mask) {
      const place = i * slot
      if ((blocks[place + words]! | blocks[place + words + 1]!) === 0) {
        this.#used++
        blocks[place] = first
        for (let k = 1; k < words; k++) blocks[place + k] = states[at + k]!
        return place
      }
      if (blocks[place] !== first) continue
      let k = 1
      while (k < words && blocks[place + k] === states[at + k]) k++
      if (k === words) return place
    }
  }

  #rehash(): void {
    const old = this.#blocks
    const words = this.#words
    this.#blocks = new Int32Array(old.length * 2)
    this.#mask = this.#mask * 2 + 1
    this.#used = 0
    const state = new Int32Array(words)
    for (let from = 0; from < old.length; from += this.#slot) {
      if ((old[from + words]! | old[from + words + 1]!) === 0) continue
      for (let k = 0; k < words; k++) state[k] = k === 0 ? old[from]! << below : old[from + k]!
      const place = this.#place(state, 0)
      this.#blocks[place + words] = old[from + words]!
      this.#blocks[place + words + 1] = old[from + words + 1]!
    }
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
      const entry = table[hash(states, i * words, words, 0) & mask]!
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
    const key = hash(states, at, words, 0)
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
      const key = hash(this.data, id * words, words, 0)
      let slot = key & mask
      while (table[slot] !== 0) slot = (slot + 1) & mask
      table[slot] = (key & ~mask) | (id + 1)
    }
    this.#table = table
    this.#idMask = mask
  }
}

/** Of all bits but the lowest `but` ones of the first word. */
const hash = (states: Int32Array, at: number, words: number, but: number): number => {
  let h = Math.imul(states[at]! >>> but, 0xcc9e2d51)
  for (let i = 1; i < words; i++) h = Math.imul(h ^ (h >>> 15) ^ states[at + i]!, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35)
  return h ^ (h >>> 15)
}
