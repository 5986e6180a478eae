/** A binary heap. What left its place in the meantime is dropped when it comes to the top: `isCurrent` tells. */
export class Heap<A> {
  readonly #items: Array<A> = []
  readonly #isBefore: (a: A, b: A) => boolean
  readonly #isCurrent: (item: A) => boolean

  constructor(isBefore: (a: A, b: A) => boolean, isCurrent: (item: A) => boolean) {
    this.#isBefore = isBefore
    this.#isCurrent = isCurrent
  }

  push(item: A): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(item, items[parent]!)) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  peek(): A | undefined {
    while (this.#items.length > 0 && !this.#isCurrent(this.#items[0]!)) this.#removeTop()
    return this.#items[0]
  }

  pop(): A | undefined {
    const top = this.peek()
    if (top !== undefined) this.#removeTop()
    return top
  }

  #removeTop(): void {
    const items = this.#items
    const last = items.pop()!
    const length = items.length
    if (length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && this.#isBefore(items[child + 1]!, items[child]!)) child++
      if (!this.#isBefore(items[child]!, last)) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
  }
}
