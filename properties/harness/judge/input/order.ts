/**
 * input/order: the order of what happened, from streams that arrive one beside the other.
 *
 * Revisions rise within each stream and compare over streams of one etcd. A change is let go when every stream that is
 * open has passed it, or when arrivals are so far ahead of it that nothing older is to be expected; a stream that was
 * closed is waited for, since it may go on where it stood. What comes later than that is a straggler: it is told, and
 * nothing is concluded from its order.
 */
import type { Heard } from "#properties/harness/judge/input/heard.ts"

/** 70 ms was the most that was seen on a loaded machine. */
export const ahead_ms = 5_000 // ASSUMED
/** What arrived so long before a watch ended it would have told before, too. */
export const inFlight_ms = 1_000 // ASSUMED: 70 ms was the most that was seen
/** A watch that was closed is opened again within this, or begins anew. */
export const away_ms = 30_000 // ASSUMED

type Sorted = Extract<Heard, { readonly what: "change" | "listed" | "told" | "gap" }>
const isSorted = (heard: Heard): heard is Sorted =>
  heard.what === "change" || heard.what === "listed" || heard.what === "told" || heard.what === "gap"

interface Stream {
  /** All of it up to here has been heard. */
  passed: number
  /** When it was closed; undefined while it is open. */
  closedAt_ms: number | undefined
  /** Where it stood when it was closed: as far as the others had come a moment before. 0 while it is heard. */
  stood: number
  /** When it was opened again: what it missed is on its way. */
  backAt_ms: number
  /** It cannot go on where it stood. */
  isLost: boolean
}

/** What the newest revision was, a moment ago: streams of one etcd are not far apart. */
class Lately {
  /** Newest last; of what is older than a moment the last alone. */
  readonly #newest: Array<{ readonly at_ms: number; readonly revision: number }> = []

  note(at_ms: number, revision: number): void {
    if (revision <= (this.#newest.at(-1)?.revision ?? 0)) return
    this.#newest.push({ at_ms, revision })
    while (this.#newest.length > 1 && at_ms - this.#newest[1]!.at_ms > inFlight_ms) this.#newest.shift()
  }
  before(at_ms: number): number {
    return this.#newest.findLast((one) => at_ms - one.at_ms > inFlight_ms)?.revision ?? 0
  }
}

/** What is held back: by revision, then by arrival. A binary heap. */
class Held {
  readonly #items: Array<{ readonly heard: Sorted; readonly n: number }> = []
  #n = 0

  get first(): Sorted | undefined {
    return this.#items[0]?.heard
  }
  add(heard: Sorted): void {
    const items = this.#items
    let at = items.push({ heard, n: this.#n++ }) - 1
    for (let up = (at - 1) >> 1; at > 0 && this.#isBefore(at, up); up = (at - 1) >> 1) {
      this.#swap(at, up)
      at = up
    }
  }
  take(): Sorted {
    const items = this.#items
    const { heard } = items[0]!
    const last = items.pop()!
    if (items.length > 0) {
      items[0] = last
      for (let at = 0; ;) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        let least = left < items.length && this.#isBefore(left, at) ? left : at
        if (right < items.length && this.#isBefore(right, least)) least = right
        if (least === at) break
        this.#swap(at, least)
        at = least
      }
    }
    return heard
  }
  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#items[a]!, this.#items[b]!]
    return one.heard.revision < other.heard.revision ||
      (one.heard.revision === other.heard.revision && one.n < other.n)
  }
  #swap(a: number, b: number): void {
    [this.#items[a], this.#items[b]] = [this.#items[b]!, this.#items[a]!]
  }
}

export interface Options {
  readonly ahead_ms?: number
  /** Revisions do not rise within a stream, and nobody lists: only time tells that nothing older is to be expected. */
  readonly isUnsorted?: true
}

export class Order {
  readonly #held = new Held()
  readonly #streams = new Map<string, Stream>()
  readonly #lately = new Lately()
  readonly #ahead_ms: number
  readonly #isUnsorted: boolean
  /** The last revision that was let go. */
  #at = 0
  #now_ms = -Infinity
  /** Which streams there are is known when arrivals have gone on for a while. */
  #begins_ms: number | undefined
  #hasBegun = false
  /** Changes that came when later ones had been let go. */
  stragglers = 0

  constructor(options: Options = {}) {
    this.#ahead_ms = options.ahead_ms ?? ahead_ms
    this.#isUnsorted = options.isUnsorted === true
  }

  /** Adds what can be let go once this has arrived, in order. */
  hear(heard: Heard, into: Array<Heard>): void {
    this.#now_ms = Math.max(this.#now_ms, heard.at_ms)
    this.#begins_ms ??= heard.at_ms + this.#ahead_ms
    const one = this.#note(heard)
    if (!isSorted(one)) into.push(one)
    else if (one.what === "change" && one.revision < this.#at) this.#late(one, into)
    else this.#held.add(one)
    if (this.#now_ms >= this.#begins_ms) this.#let(into)
  }

  end(into: Array<Heard>): void {
    this.#begin(into)
    while (this.#held.first !== undefined) this.#go(into)
  }

  /** Nothing is known of any of the kinds until it is listed. */
  #begin(into: Array<Heard>): void {
    if (this.#hasBegun || this.#isUnsorted) return
    this.#hasBegun = true
    for (const [resource, { passed }] of this.#streams) {
      if (passed === 0) continue
      into.push({ what: "gap", at_ms: this.#now_ms, where: "", resource, revision: 0, why: "nothing has been listed" })
    }
  }
  #let(into: Array<Heard>): void {
    this.#begin(into)
    if (this.#held.first === undefined) return
    const [passed, patience_ms] = this.#patience()
    for (let first = this.#held.first; first !== undefined; first = this.#held.first) {
      if (first.revision > passed && this.#now_ms - first.at_ms < patience_ms) break
      this.#go(into)
    }
  }
  #go(into: Array<Heard>): void {
    const heard = this.#held.take()
    this.#at = Math.max(this.#at, heard.revision)
    into.push(heard)
  }
  #late(heard: Extract<Sorted, { readonly what: "change" }>, into: Array<Heard>): void {
    this.stragglers++
    const { at_ms, resource, revision, where } = heard
    const why = `revision ${revision} of ${resource} came when revision ${this.#at} had been judged`
    into.push({ what: "straggled", at_ms, where, why }, heard)
  }

  /** What it says of its stream; a gap begins where the stream stood. */
  #note(heard: Heard): Heard {
    if (!("resource" in heard)) return heard
    let stream = this.#streams.get(heard.resource)
    if (stream === undefined) {
      this.#streams.set(heard.resource, stream = { passed: 0, closedAt_ms: undefined, backAt_ms: -Infinity, stood: 0,
        isLost: true })
    }
    if (heard.what === "closed") {
      stream.closedAt_ms ??= heard.at_ms
      if (!stream.isLost) stream.stood = Math.max(stream.passed, this.#lately.before(heard.at_ms))
      return heard
    }
    if (heard.what === "gap") {
      stream.isLost = true
      return { ...heard, revision: Math.max(stream.passed, stream.stood) }
    }
    if (stream.closedAt_ms !== undefined) stream.backAt_ms = heard.at_ms
    stream.closedAt_ms = undefined
    if (heard.what === "listed") {
      // To list anew is to have lost what came between, whether or not anybody said so.
      if (!stream.isLost) this.#held.add(this.#gapIn(heard.resource, stream, heard, "it was listed anew"))
      stream.isLost = false
    }
    stream.passed = Math.max(stream.passed, heard.revision)
    // It goes on where it stood: what is on its way now comes after that.
    if (heard.what === "change") stream.stood = 0
    this.#lately.note(heard.at_ms, heard.revision)
    return heard
  }
  #gapIn(resource: string, { passed, stood }: Stream, { at_ms, where }: Heard, why: string): Sorted {
    return { what: "gap", at_ms, where, resource, revision: Math.max(passed, stood), why }
  }

  /** What every stream has passed; and how long what lies beyond that is held, while a watch may come back. */
  #patience(): readonly [passed: number, patience_ms: number] {
    let passed = Infinity
    let patience_ms = this.#ahead_ms
    for (const [resource, stream] of this.#streams) {
      passed = Math.min(passed, stream.passed)
      if (this.#now_ms - stream.backAt_ms < this.#ahead_ms) patience_ms = away_ms
      if (stream.closedAt_ms === undefined) continue
      if (this.#now_ms - stream.closedAt_ms < away_ms) patience_ms = away_ms
      else if (!stream.isLost) {
        stream.isLost = true
        this.#held.add({ what: "gap", at_ms: this.#now_ms, where: "", resource,
          revision: Math.max(stream.passed, stream.stood), why: "its watch was closed and did not come back" })
      } else if (this.#now_ms - stream.closedAt_ms >= 2 * away_ms) {
        this.#streams.delete(resource)
        this.#held.add({ what: "gap", at_ms: this.#now_ms, where: "", resource, revision: stream.passed,
          isForGood: true, why: "its watch did not come back" })
      }
    }
    return [this.#isUnsorted ? -Infinity : passed, patience_ms]
  }
}
