/**
 * Whether the process is about to run out of memory. How much a run needs is not the same on every machine, so memory
 * is never a verdict on the cluster: it only stops a campaign, which then ends as unknown.
 */
import { setFlagsFromString, getHeapStatistics } from "node:v8"
import { runInNewContext } from "node:vm"

const most = 0.85 // ASSUMED: what one slice of a run may need at once is left.

/** What is in use, of what there is. */
export interface Heap {
  readonly used: number
  readonly limit: number
}
const heap = (): Heap => {
  const { used_heap_size, heap_size_limit } = getHeapStatistics()
  return { used: used_heap_size, limit: heap_size_limit }
}
const collect = (): void => {
  setFlagsFromString("--expose-gc")
  ;(runInNewContext("gc") as () => void)()
}

export class Memory {
  readonly #heap: () => Heap
  readonly #collect: () => void
  #asked = 0

  constructor(of: () => Heap = heap, collecting: () => void = collect) {
    this.#heap = of
    this.#collect = collecting
  }

  /** Garbage counts as used until it is collected: that is done first, and not again before much more is in use. */
  isFull(): boolean {
    const { limit, used } = this.#heap()
    if (used < Math.max(most * limit, this.#asked)) return false
    this.#collect()
    const left = this.#heap().used
    this.#asked = (left + limit) / 2
    return left >= most * limit
  }
}
