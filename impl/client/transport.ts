/**
 * client/transport: one connection to the load balancer, shared by all requests of the process and multiplexed by id.
 * Spec: model/client.ts.
 *
 * It knows frames and fates, not Kubernetes: a request is answered, or it was never sent, or nobody knows.
 * Plain state and callbacks; the only fiber is the one that dials.
 */
import { Effect } from "effect"
import type { ClientFrame, Request, ServerFrame, WatchFrameEvent } from "#impl/ports/api.ts"
import type { Cell, Connection, Mailbox, Network, Process, Timer } from "#impl/ports.ts"
import { redialBackoff_max_ms, redialBackoff_ms } from "#model/limits/client.ts"

/** How a request ended. "unsent": no server could be reached; the others leave its outcome open. */
export type Answer =
  | Extract<ServerFrame, { readonly type: "object" | "list" | "status" | "watching" }>
  | { readonly type: "unsent" }
  | { readonly type: "unknown"; readonly reason: "timeout" | "connection lost" }

export type WatchMail = WatchFrameEvent | "closed"

interface Call {
  readonly id: number
  readonly frame: ClientFrame
  readonly kind: string
  readonly cell: Cell<Answer>
  readonly onSent: (() => void) | undefined
  readonly timeout_ms: number
  timer: Timer | undefined
  isSent: boolean
}

export interface CallOptions {
  /** For the answer, counted from the sending; and before that for a connection. */
  readonly timeout_ms: number
  /** Called each time the request leaves the process. */
  readonly onSent?: (() => void) | undefined
}

export const unsent: Answer = { type: "unsent" }
const timedOut: Answer = { type: "unknown", reason: "timeout" }
const lost: Answer = { type: "unknown", reason: "connection lost" }

export class Transport {
  readonly #process: Process["Service"]
  readonly #network: Network["Service"]
  readonly #address: string
  readonly #userAgent: string
  readonly #calls = new Map<number, Call>()
  readonly #watches = new Map<number, Mailbox<WatchMail>>()
  #connection: Connection | undefined
  #isDialling = false
  #failedDials = 0
  #notBefore_ms = 0

  constructor(process: Process["Service"], network: Network["Service"], address: string, userAgent: string) {
    this.#process = process
    this.#network = network
    this.#address = address
    this.#userAgent = userAgent
  }

  /** Sends the request under this id, which must not be in use, and waits for its fate. */
  call(id: number, request: Request, kind: string, options: CallOptions): Effect.Effect<Answer> {
    return Effect.suspend(() => {
      const call: Call = {
        id, kind, isSent: false, onSent: options.onSent, timeout_ms: options.timeout_ms,
        frame: { type: "request", id, userAgent: this.#userAgent, request },
        cell: this.#process.cell<Answer>(), timer: undefined
      }
      this.#calls.set(id, call)
      this.#arm(call)
      if (this.#connection?.isOpen === true) this.#send(call, this.#connection)
      else this.#dial()
      return call.cell.await
    })
  }

  /** Where the events of watch `id` will arrive. Must stand before the request is sent. */
  openWatch(id: number): Mailbox<WatchMail> {
    const mailbox = this.#process.mailbox<WatchMail>()
    this.#watches.set(id, mailbox)
    return mailbox
  }

  /** Forgets the watch; tells the server unless it was the one who ended it. */
  cancelWatch(id: number): void {
    if (this.#watches.delete(id)) this.#cancel(id)
  }

  /** Gives up the connection; the next request dials anew. */
  disconnect(): void {
    const connection = this.#connection
    if (connection === undefined) return
    connection.close()
    this.#closed(connection)
  }

  #cancel(id: number): void {
    if (this.#connection?.isOpen === true) this.#connection.send({ type: "cancel", id }, "cancel")
  }

  #send(call: Call, connection: Connection): void {
    call.isSent = true
    call.onSent?.()
    connection.send(call.frame, call.kind)
  }

  /** Its whole time begins now. A timer that went off while this process was paused may still be about to run. */
  #arm(call: Call): void {
    call.timer?.cancel()
    const timer = this.#process.after(call.timeout_ms, () => {
      if (call.timer === timer) this.#timeOut(call.id)
    })
    call.timer = timer
  }

  #finish(call: Call, answer: Answer): void {
    this.#calls.delete(call.id)
    call.timer?.cancel()
    call.timer = undefined
    call.cell.succeed(answer)
  }

  #timeOut(id: number): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    if (call.isSent) this.#cancel(id)
    this.#finish(call, call.isSent ? timedOut : unsent)
  }

  #dial(): void {
    if (this.#isDialling) return
    this.#isDialling = true
    const dial = this.#network.dial(this.#address).pipe(
      Effect.match({ onFailure: () => this.#dialFailed(), onSuccess: (connection) => this.#connected(connection) })
    )
    const wait_ms = this.#notBefore_ms - this.#process.monotonic_ms()
    if (wait_ms > 0) this.#process.after(wait_ms, () => this.#process.fork(dial))
    else this.#process.fork(dial)
  }

  #dialFailed(): void {
    this.#isDialling = false
    const wait_ms = Math.min(redialBackoff_ms * 2 ** this.#failedDials, redialBackoff_max_ms)
    this.#failedDials += 1
    this.#notBefore_ms = this.#process.monotonic_ms() + wait_ms
    for (const call of [...this.#calls.values()]) this.#finish(call, unsent)
  }

  #connected(connection: Connection): void {
    this.#isDialling = false
    this.#failedDials = 0
    this.#connection = connection
    connection.handle({
      frame: (frame: ServerFrame) => this.#received(frame),
      closed: () => this.#closed(connection)
    })
    for (const call of [...this.#calls.values()]) {
      if (call.isSent) continue
      this.#arm(call)
      this.#send(call, connection)
    }
  }

  #closed(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    // Between the end and the news of it, requests may have come that wait for the next connection.
    for (const call of [...this.#calls.values()]) if (call.isSent) this.#finish(call, lost)
    for (const [id, mailbox] of [...this.#watches]) {
      if (this.#calls.has(id)) continue
      this.#watches.delete(id)
      mailbox.send("closed")
    }
  }

  #received(frame: ServerFrame): void {
    if (frame.type === "event") {
      this.#watches.get(frame.id)?.send(frame.event)
    } else if (frame.type === "watchClosed") {
      const mailbox = this.#watches.get(frame.id)
      this.#watches.delete(frame.id)
      mailbox?.send("closed")
    } else {
      const call = this.#calls.get(frame.id)
      if (call !== undefined) this.#finish(call, frame)
    }
  }
}
