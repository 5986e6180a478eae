/**
 * A channel of a scope as a table: what is under way (a multiset of messages, or a sequence) is numbered as it is
 * met, and so is what putting and taking a message makes of it. 0 is empty.
 */
import type { Channel, EventValue } from "#model/cluster/scope.ts"
import { keyOf } from "#properties/harness/search/local.ts"

/** A message that can be delivered now, and what is under way without it. */
export interface Deliverable {
  readonly message: number
  readonly rest: number
}

export class Wire {
  readonly channel: Channel
  readonly name: string
  readonly messages: Array<EventValue> = []
  readonly #messageIds = new Map<string, number>()
  readonly #contents: Array<ReadonlyArray<number>> = [[]]
  readonly #contentIds = new Map<string, number>([["", 0]])
  readonly #puts: Array<Array<number | undefined>> = [[]]
  readonly #deliverable: Array<ReadonlyArray<Deliverable> | undefined> = [[]]
  readonly #capacity: number

  constructor(name: string, channel: Channel) {
    this.name = name
    this.channel = channel
    this.#capacity = channel.capacity ?? 2
  }

  get size(): number {
    return this.#contents.length
  }

  message(value: EventValue): number {
    const key = keyOf(value)
    let id = this.#messageIds.get(key)
    if (id === undefined) {
      id = this.messages.length
      this.#messageIds.set(key, id)
      this.messages.push(value)
    }
    return id
  }

  /** What is under way after this message was put on it; -1 when it does not fit. */
  put(content: number, message: number): number {
    const known = this.#puts[content]![message]
    if (known !== undefined) return known
    const held = this.#contents[content]!
    const full = held.length >= this.#capacity
    const next = !full ? this.#intern([...held, message]) : this.channel.full === "dropped" ? content : -1
    this.#puts[content]![message] = next
    return next
  }

  deliverable(content: number): ReadonlyArray<Deliverable> {
    let found = this.#deliverable[content]
    if (found === undefined) {
      const held = this.#contents[content]!
      const at = this.channel.kind === "stream" ? [0]
        : held.flatMap((message, i) => held.indexOf(message) === i ? i : [])
      found = at.map((i) => ({ message: held[i]!, rest: this.#intern(held.filter((_, j) => j !== i)) }))
      this.#deliverable[content] = found
    }
    return found
  }

  #intern(held: ReadonlyArray<number>): number {
    const ordered = this.channel.kind === "stream" ? held : held.toSorted((a, b) => a - b)
    const key = ordered.join()
    let id = this.#contentIds.get(key)
    if (id === undefined) {
      id = this.#contents.length
      this.#contentIds.set(key, id)
      this.#contents.push(ordered)
      this.#puts.push([])
      this.#deliverable.push(undefined)
    }
    return id
  }

  underWay(content: number): number {
    return this.#contents[content]!.length
  }
}
