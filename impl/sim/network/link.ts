/** What lies between two machines, in one direction: blocked or not, its extra latency, its loss. */
import type { Stream } from "#impl/sim/draws.ts"
import * as limits from "#model/limits/hardware.ts"

/** One direction of a connection that must be told when the link changes. */
export interface Traveller {
  readonly linkBlocked: () => void
  readonly linkFreed: (blocked_us: number) => void
}

export class Link {
  readonly from: string
  readonly to: string
  /** Within one machine: fast, and no fault of the network reaches it. */
  readonly loopback: boolean
  blocked = false
  blockedSince_us = 0
  extra_us = 0
  loss = 0
  readonly travellers = new Set<Traveller>()

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
    this.loopback = from === to
  }

  /**
   * How long the next packet is under way; what slows a link down makes it uneven as well, so that datagrams overtake
   * one another. Leaves `draws.second` for other decisions about it.
   */
  latency_us(draws: Stream): number {
    const u = draws.next() / 4_294_967_296
    if (this.loopback) {
      return limits.loopback_us_min + Math.floor((limits.loopback_us_max - limits.loopback_us_min) * u * u * u)
    }
    return limits.latency_us_min + Math.floor((limits.latency_us_max - limits.latency_us_min) * u * u * u)
      + Math.floor(this.extra_us * (0.5 + u))
  }

  change(blocked: boolean, extra_us: number, loss: number, now_us: number): void {
    this.extra_us = extra_us
    this.loss = loss
    if (blocked === this.blocked) return
    this.blocked = blocked
    if (blocked) {
      this.blockedSince_us = now_us
      for (const traveller of this.travellers) traveller.linkBlocked()
    } else {
      for (const traveller of this.travellers) traveller.linkFreed(now_us - this.blockedSince_us)
    }
  }
}

/** From one process's address to another's: the link under it, and the draws of each kind of message. */
export class Path {
  readonly from: string
  readonly to: string
  readonly link: Link
  readonly #kinds = new Map<string, Stream>()
  readonly #draws: (kind: string) => Stream

  constructor(from: string, to: string, link: Link, draws: (kind: string) => Stream) {
    this.from = from
    this.to = to
    this.link = link
    this.#draws = draws
  }

  kind(kind: string): Stream {
    let found = this.#kinds.get(kind)
    if (found === undefined) this.#kinds.set(kind, found = this.#draws(kind))
    return found
  }
}
