/**
 * Steps that were made and wait to be looked up, many at once: a processor that is told early which places of memory
 * will be needed fetches them side by side, where one look-up after the other waits for each.
 */
const fullAt = 1024

export class Batch {
  readonly #words: number
  states: Int32Array
  from = new Int32Array(fullAt * 2)
  actions = new Int32Array(fullAt * 2)
  cut = new Uint8Array(fullAt * 2)
  count = 0

  constructor(words: number) {
    this.#words = words
    this.states = new Int32Array(fullAt * 2 * words)
  }

  put(state: Int32Array, from: number, action: number, cut: boolean): void {
    const i = this.count++
    if (i === this.from.length) this.#grow()
    const words = this.#words
    for (let word = 0; word < words; word++) this.states[i * words + word] = state[word]!
    this.from[i] = from
    this.actions[i] = action
    this.cut[i] = cut ? 1 : 0
  }

  get isFull(): boolean {
    return this.count >= fullAt
  }
  clear(): void {
    this.count = 0
  }
  /** Takes back the last steps, which were made from this state. */
  forget(from: number): void {
    while (this.count > 0 && this.from[this.count - 1] === from) this.count--
  }

  #grow(): void {
    const longer = <A extends Int32Array | Uint8Array>(old: A, made: A): A => {
      made.set(old)
      return made
    }
    const size = this.from.length * 2
    this.states = longer(this.states, new Int32Array(size * this.#words))
    this.from = longer(this.from, new Int32Array(size))
    this.actions = longer(this.actions, new Int32Array(size))
    this.cut = longer(this.cut, new Uint8Array(size))
  }
}
