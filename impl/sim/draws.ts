/**
 * Chance, keyed: a draw is hash(seed, stream, identity, n-th use of that pair). What is decided has a name, so taking
 * one operation out of a run leaves every other decision as it was, and shrinking reaches the minimum.
 */

/** The draws of one (stream, identity): keep it where a hot path draws, it saves the look-ups. */
export class Stream {
  readonly #high: number
  readonly #low: number
  #uses = 0
  /** The second word of the last draw: 32 more bits for decisions that belong to the same use. */
  second = 0
  constructor(high: number, low: number) {
    this.#high = high
    this.#low = low
  }

  /** 32 random bits. */
  next(): number {
    const n = ++this.#uses
    let a = this.#high ^ Math.imul(n, 0x9e3779b1)
    let b = this.#low ^ Math.imul(n, 0x85ebca77)
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
    b = Math.imul(b ^ (b >>> 15) ^ a, 0xc2b2ae35)
    a = Math.imul(a ^ (a >>> 13) ^ b, 0x27d4eb2f)
    b = Math.imul(b ^ (b >>> 16) ^ (a >>> 15), 0x165667b1)
    this.second = (b ^ (b >>> 13)) >>> 0
    return (a ^ (a >>> 16) ^ Math.imul(b, 5)) >>> 0
  }
  /** A float in [0, 1) with 53 random bits. */
  unit(): number {
    const a = this.next()
    return ((a >>> 5) * 67_108_864 + (this.second >>> 6)) / 9_007_199_254_740_992
  }
  /** An integer in [0, n). */
  below(n: number): number {
    return n <= 1 ? 0 : Math.floor(this.unit() * n)
  }
  /** An integer in [min, max]. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }
}

export class Chance {
  readonly #seed: number
  readonly #streams = new Map<string, Map<string, Stream>>()
  constructor(seed: number) {
    this.#seed = seed
  }

  stream(stream: string, identity: string): Stream {
    let identities = this.#streams.get(stream)
    if (identities === undefined) this.#streams.set(stream, identities = new Map())
    let found = identities.get(identity)
    if (found === undefined) identities.set(identity, found = this.#make(stream, identity))
    return found
  }

  /** An RFC 4122 version 4 text. */
  uuid(stream: string, identity: string): string {
    const draws = this.stream(stream, identity)
    const a = draws.next(), b = draws.second
    const c = draws.next(), d = draws.second
    return `${hex(a)}-${hex(b).slice(0, 4)}-4${hex(b).slice(5)}-${hex((c & 0x3fffffff) | 0x80000000).slice(0, 4)}-${
      hex(c).slice(4)}${hex(d)}`
  }

  /** The draws of a stream for one who keeps each identity's himself, and asks for it once. */
  identities(stream: string): (identity: string) => Stream {
    return (identity) => this.#make(stream, identity)
  }

  /** cyrb53's two lanes over the names, begun from the seed. */
  #make(stream: string, identity: string): Stream {
    let high = 0xdeadbeef ^ (this.#seed | 0)
    let low = 0x41c6ce57 ^ ((this.#seed / 4_294_967_296) | 0) ^ Math.imul(this.#seed | 0, 0x9e3779b1)
    const text = `${stream}\u0000${identity}`
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      high = Math.imul(high ^ c, 2_654_435_761)
      low = Math.imul(low ^ c, 1_597_334_677)
    }
    high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
    low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
    return new Stream(high, low)
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0")
