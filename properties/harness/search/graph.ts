/** The graph that a search found, as it grows: what liveness is decided on afterwards. */
import type { Graph } from "#properties/harness/search/liveness.ts"

/** In compressed rows. */
export class GraphBuilder {
  #offsets = new Int32Array(1 << 12)
  #to = new Int32Array(1 << 14)
  #actions = new Int32Array(1 << 14)
  #edges = 0
  #begun = 0
  #marks = new Uint8Array(1 << 12)

  /** The edges that follow are this state's; those before it that have none end here too. */
  begin(state: number): void {
    while (this.#begun <= state) {
      if (this.#begun + 1 >= this.#offsets.length) this.#offsets = grown(this.#offsets)
      this.#offsets[this.#begun++] = this.#edges
    }
  }
  edge(to: number, action: number): void {
    if (this.#edges === this.#to.length) {
      this.#to = grown(this.#to)
      this.#actions = grown(this.#actions)
    }
    this.#to[this.#edges] = to
    this.#actions[this.#edges++] = action
  }
  /** Two bits per promise: whether the state opens it, whether it fulfils it. At most four promises. */
  mark(state: number, bits: number): void {
    if (state >= this.#marks.length) {
      const marks = new Uint8Array(this.#marks.length * 2)
      marks.set(this.#marks)
      this.#marks = marks
    }
    this.#marks[state] = bits
  }
  graph(states: number): Graph {
    return { states, offsets: this.#offsets, to: this.#to, actions: this.#actions, marks: this.#marks }
  }
}

const grown = (array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
