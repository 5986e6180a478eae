/**
 * Decision diagrams that grow on demand. A question about a state is answered once by whatever code knows the answer,
 * on a record that notes which fields it read; from then on, the same values in these fields give the same answer,
 * by a walk through an array: field, value, next field, value, answer. So what a closure decides costs a few loads,
 * and what a deed depends on need not be declared: it is what was read.
 */

/** A state as code sees it that reads some fields and changes some. */
export class Recorder {
  /** As it was. */
  readonly fields: Int32Array
  /** In order, each once. What was changed was read before. */
  readonly reads: Array<number> = []
  readonly #values: Int32Array
  readonly #readIn: Int32Array
  #round = 0

  constructor(fields: number) {
    this.fields = new Int32Array(fields)
    this.#values = new Int32Array(fields)
    this.#readIn = new Int32Array(fields)
  }

  begin(): void {
    this.#values.set(this.fields)
    this.reads.length = 0
    this.#round++
  }
  get(field: number): number {
    if (this.#readIn[field] !== this.#round) {
      this.#readIn[field] = this.#round
      this.reads.push(field)
    }
    return this.#values[field]!
  }
  set(field: number, value: number): void {
    this.get(field)
    this.#values[field] = value
  }
}

/**
 * One array for all diagrams. An entry is 0: not known; positive: a node, which is a field followed by an entry for
 * each of its values; negative: an answer, complemented.
 */
export class Decisions {
  entries: Int32Array = new Int32Array(1 << 12)
  #used = 1
  /** The number of values by field. */
  readonly #sizes: ReadonlyArray<number>

  constructor(sizes: ReadonlyArray<number>) {
    this.#sizes = sizes
  }

  /** Room for so many entries that stand side by side; the first one's place. */
  place(count: number): number {
    const at = this.#used
    this.#used += count
    while (this.#used > this.entries.length) {
      const entries = new Int32Array(this.entries.length * 2)
      entries.set(this.entries)
      this.entries = entries
    }
    return at
  }

  /** Below 0: the answer, complemented. 0: it is not known yet. */
  find(root: number, fields: Int32Array): number {
    const entries = this.entries
    let entry = entries[root]!
    while (entry > 0) entry = entries[entry + 1 + fields[entries[entry]!]!]!
    return entry
  }

  /** From now on the answer wherever the fields that were read have these values. */
  learn(root: number, { reads, fields }: Recorder, answer: number): void {
    let at = root
    for (const field of reads) {
      if (this.entries[at] === 0) {
        const node = this.place(1 + this.#sizes[field]!)
        this.entries[node] = field
        this.entries[at] = node
      }
      const node = this.entries[at]!
      if (this.entries[node] !== field) throw new Error("a condition looks at something other than the state")
      at = node + 1 + fields[field]!
    }
    this.entries[at] = ~answer
  }
}
