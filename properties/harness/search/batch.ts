/**
 * Steps that were made and wait to be looked up, many at once: a processor that is told early which places of memory
 * will be needed fetches them side by side, where one look-up after the other waits for each.
 */
const fullAt = 1024

export class Batch {
  /** The words of the state that each step leads to; of a cut one they say nothing. */
  states: Int32Array
  from = new Int32Array(fullAt * 2)
  /** Twice the action, plus 1 if the step is cut. */
  codes = new Int32Array(fullAt * 2)
  count = 0

  constructor(words: number) {
    this.states = new Int32Array(fullAt * 2 * words)
  }

  get isFull(): boolean {
    return this.count >= fullAt
  }
  clear(): void {
    this.count = 0
  }
  /** For how many steps there is room. */
  get room(): number {
    return this.from.length
  }
  grow(): this {
    const longer = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const made = new Int32Array(old.length * 2)
      made.set(old)
      return made
    }
    this.states = longer(this.states)
    this.from = longer(this.from)
    this.codes = longer(this.codes)
    return this
  }
}
