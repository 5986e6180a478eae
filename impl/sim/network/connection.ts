/**
 * One end of a connection. Frames keep their order; while the link is blocked they wait, and are sent again some time
 * after it came back. The peer's kernel says when its process is gone (reset); a machine without power says nothing:
 * then only the keep-alive finds out. Its timer is armed only while something is known to be wrong, at the instant
 * at which the next ping would be due, so a healthy connection costs no timer. A paused process answers no ping, though
 * its kernel goes on taking frames for it, and sends none.
 * Deviates: both ends ping (in Kubernetes only the client does), and by the world's clock, not their machine's.
 */
import type { Connection, ConnectionHandler } from "#impl/ports.ts"
import type { Timer } from "#impl/sim/kernel.ts"
import type { Path, Traveller } from "#impl/sim/network/link.ts"
import type { ProcessScheduler } from "#impl/sim/scheduler.ts"
import { http2PingTimeout_ms, http2ReadIdle_ms } from "#model/limits.ts"
import * as limits from "#model/limits/hardware.ts"

export type Reason = "reset" | "closed" | "timeout"

/** What is under way or waits in the inbox: a frame, or how the stream ended. */
interface Parcel {
  readonly frame: object | undefined
  readonly end: Reason | undefined
  arrive_us: number
  readonly cause: number
}

/** What an end asks of its network. */
export interface Wire {
  /** Whether the machine under this end's process answers packets. */
  readonly answers: (machine: string) => boolean
  readonly freeze: ((frame: object) => void) | undefined
  readonly forget: (end: End) => void
}

const readIdle_us = http2ReadIdle_ms * 1_000
const pingTimeout_us = http2PingTimeout_ms * 1_000

export class End implements Connection, Traveller {
  readonly owner: ProcessScheduler
  /** Towards the peer. */
  readonly path: Path
  other!: End
  isOpen = true
  /** The machine lost this end without a word; nothing answers for it. */
  lost = false
  readonly #wire: Wire
  #handler: ConnectionHandler | undefined
  #outbox: Array<Parcel> = []
  #outHead = 0
  #outTimer: Timer | undefined
  #lastArrive_us = 0
  #severed = false
  /** The process knows that it is over. */
  #told = false
  #inbox: Array<Parcel> = []
  #inHead = 0
  #lastHeard_us: number
  #keepAlive: Timer | undefined

  constructor(owner: ProcessScheduler, path: Path, wire: Wire) {
    this.owner = owner
    this.path = path
    this.#wire = wire
    this.#lastHeard_us = owner.kernel.now_us
    path.link.travellers.add(this)
  }

  get peer(): string {
    return this.path.to
  }

  readonly handle = (handler: ConnectionHandler): void => {
    this.#handler = handler
    for (let i = this.#inHead; i < this.#inbox.length; i++) this.owner.schedule(this.#receive)
  }

  readonly send = (frame: object, kind: string): void => {
    if (!this.isOpen) return
    this.#wire.freeze?.(frame)
    this.#post(frame, undefined, kind)
  }

  readonly close = (): void => {
    this.#told = true
    this.end("closed")
  }

  /** This end is closed by its process, its keep-alive or the death of its process; the peer is told in order. */
  end(tell: Reason): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#keepAlive?.cancel()
    this.#post(undefined, tell, "close")
    this.#settle()
  }

  /** The end goes with the memory of its machine: nothing that still waits is ever sent, nobody is told. */
  lose(): void {
    this.isOpen = false
    this.lost = true
    this.#keepAlive?.cancel()
    if (this.path.link.blocked) this.#dropOutbox()
    this.#settle()
    this.other.suspect()
  }

  /** Dead without either end being told. */
  sever(): void {
    this.#severed = true
    this.#dropOutbox()
    this.suspect()
  }

  /** Both ends are told at once, wherever they are. */
  reset(): void {
    this.#dropOutbox()
    this.#breakOff("reset")
  }

  linkBlocked(): void {
    this.suspect()
    this.other.suspect()
  }

  linkFreed(blocked_us: number): void {
    if (this.#outHead === this.#outbox.length) return
    const { kernel } = this.owner
    const draws = this.path.kind("retransmission")
    const wait_us = Math.floor(draws.unit() * Math.min(blocked_us, limits.retransmission_ms_max * 1_000))
    const resume_us = kernel.now_us + this.path.link.latency_us(draws) + wait_us
    for (let i = this.#outHead; i < this.#outbox.length; i++) {
      const parcel = this.#outbox[i]!
      if (parcel.arrive_us < resume_us) parcel.arrive_us = resume_us
    }
    if (this.#lastArrive_us < resume_us) this.#lastArrive_us = resume_us
    this.#outTimer?.cancel()
    this.#outTimer = kernel.at(this.#outbox[this.#outHead]!.arrive_us, this.#arrive)
  }

  #post(frame: object | undefined, end: Reason | undefined, kind: string): void {
    if (this.#severed) return
    const { kernel } = this.owner
    const { link } = this.path
    const draws = this.path.kind(kind)
    let arrive_us = kernel.now_us + link.latency_us(draws)
    if (link.loss > 0 && !link.loopback) arrive_us += this.#resending_us(draws.second / 4_294_967_296)
    if (arrive_us <= this.#lastArrive_us) arrive_us = this.#lastArrive_us
    this.#lastArrive_us = arrive_us
    this.#outbox.push({ frame, end, arrive_us, cause: kernel.cause })
    if (this.#outTimer === undefined && !link.blocked) this.#outTimer = kernel.at(arrive_us, this.#arrive)
  }

  /** Each loss costs a time-out, which doubles; what follows waits behind it. */
  #resending_us(u: number): number {
    let delay_us = 0
    let timeout_us = limits.retransmission_ms * 1_000
    for (let p = this.path.link.loss; u < p && delay_us < 30_000_000; p *= this.path.link.loss) {
      delay_us += timeout_us
      timeout_us *= 2
    }
    return delay_us
  }

  /** The first parcels under way reach the other machine, unless the link is blocked: then they wait for it. */
  readonly #arrive = (): void => {
    this.#outTimer = undefined
    if (this.path.link.blocked) return
    const { kernel } = this.owner
    const { other } = this
    const outbox = this.#outbox
    while (this.#outHead < outbox.length && outbox[this.#outHead]!.arrive_us <= kernel.now_us) {
      const parcel = outbox[this.#outHead]!
      outbox[this.#outHead++] = undefined as never
      other.#accept(parcel)
    }
    if (this.#outHead === outbox.length) {
      outbox.length = 0
      this.#outHead = 0
      if (!this.isOpen) this.#settle()
    } else {
      this.#outTimer = kernel.at(outbox[this.#outHead]!.arrive_us, this.#arrive)
    }
  }

  #accept(parcel: Parcel): void {
    if (this.lost && this.#wire.answers(this.path.link.from)) {
      // The machine is up again and knows nothing of this connection.
      this.other.#breakOff("reset")
      return
    }
    if (!this.isOpen) return
    this.#lastHeard_us = this.owner.kernel.now_us
    this.#inbox.push(parcel)
    if (this.#handler !== undefined) this.owner.kernel.enqueue(this.#receive, this.owner, parcel.cause)
  }

  /** A task of the owner: the next parcel, on its sender's causal thread. */
  readonly #receive = (): void => {
    if (this.#inHead === this.#inbox.length) return
    const parcel = this.#inbox[this.#inHead]!
    this.#inbox[this.#inHead++] = undefined as never
    if (this.#inHead === this.#inbox.length) {
      this.#inbox.length = 0
      this.#inHead = 0
    }
    this.owner.kernel.cause = parcel.cause
    if (parcel.end === undefined) {
      if (this.isOpen) this.#handler!.frame(parcel.frame)
      return
    }
    if (this.#told) return
    this.#told = true
    this.isOpen = false
    this.#keepAlive?.cancel()
    this.#settle()
    this.#handler!.closed(parcel.end)
  }

  /** This end finds out, and its process is told; its kernel tells the peer's. */
  #breakOff(reason: Reason): void {
    if (!this.isOpen) return
    if (reason === "timeout") this.#post(undefined, "reset", "close")
    this.isOpen = false
    this.#keepAlive?.cancel()
    this.#settle()
    this.#inbox.push({ frame: undefined, end: reason, arrive_us: 0, cause: this.owner.kernel.cause })
    if (this.#handler !== undefined) this.owner.schedule(this.#receive)
  }

  // The keep-alive, lazily.

  /** The process at this end was paused: its peer will miss the answer to a ping. */
  ownerPaused(): void {
    this.other.suspect()
  }
  ownerResumed(): void {
    if (this.#isImpaired) this.suspect()
  }

  get #isImpaired(): boolean {
    return this.#severed || this.other.lost || this.path.link.blocked || this.other.path.link.blocked
      || this.other.owner.paused
  }

  /** Something went wrong: the ping that is due next will find it. */
  suspect(): void {
    if (!this.isOpen || (this.#keepAlive !== undefined && this.#keepAlive.index >= 0)) return
    const { kernel } = this.owner
    const quiet = kernel.now_us - this.#lastHeard_us
    const periods = Math.max(1, Math.ceil(quiet / readIdle_us))
    this.#keepAlive = kernel.at(this.#lastHeard_us + periods * readIdle_us, this.#ping)
  }

  readonly #ping = (): void => {
    // Who is paused sends no ping; when it is resumed it asks again.
    if (!this.isOpen || !this.#isImpaired || this.owner.paused) return
    const { kernel } = this.owner
    if (kernel.now_us - this.#lastHeard_us < readIdle_us) return this.suspect()
    const answered = this.other.lost && !this.#severed && !this.path.link.blocked && !this.other.path.link.blocked
      && this.#wire.answers(this.path.link.to)
    if (answered) return this.#breakOff("reset")
    this.#keepAlive = kernel.at(kernel.now_us + pingTimeout_us, this.#pingTimedOut)
  }

  readonly #pingTimedOut = (): void => {
    if (this.isOpen && this.#isImpaired && !this.owner.paused) this.#breakOff("timeout")
  }

  #dropOutbox(): void {
    this.#outbox.length = 0
    this.#outHead = 0
    this.#outTimer?.cancel()
    this.#outTimer = undefined
  }

  /** Closed and with nothing left to send: the link need not know it any more. */
  #settle(): void {
    this.#wire.forget(this)
    if (this.#outHead === this.#outbox.length) this.path.link.travellers.delete(this)
  }
}
