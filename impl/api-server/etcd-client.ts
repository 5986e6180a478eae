/**
 * api-server/etcd-client: connections to every etcd member, requests spread over them. Spec: model/etcd.ts.
 *
 * A request that left on a connection which then broke may have taken effect. A write is never sent twice; a read is,
 * on another member. Plain state and callbacks: the only fibers are those that dial.
 */
import { Effect, Schema } from "effect"
import type { ClientFrame, Request, Response, ServerFrame, WatchEvent } from "#impl/ports/etcd.ts"
import type { Cell, Connection, Draws, Network, Process, Timer } from "#impl/ports.ts"
import {
  etcdDialBackoff_max_ms, etcdDialBackoff_ms, etcdReadAttempts_max, etcdWatchRetry_max_ms, etcdWatchRetry_ms
} from "#model/limits/api-server.ts"

/** etcd did not do as asked. effect "unknown": it may have, or may yet. */
export class EtcdFailed extends Schema.TaggedError<EtcdFailed>()("EtcdFailed", {
  effect: Schema.Literals(["none", "unknown"]),
  code: Schema.String
}) {}

export type Answer = Exclude<Response, { readonly type: "error" }>

interface Call {
  readonly request: Request
  readonly kind: string
  readonly isRead: boolean
  readonly cell: Cell<Answer, EtcdFailed>
  timer: Timer
  attempts: number
}

export interface WatchHandler {
  readonly events: (events: ReadonlyArray<WatchEvent>) => void
  /** Everything up to the revision has been delivered. */
  readonly progress: (revision: number) => void
  /** The stream broke and goes on after `revision`. */
  readonly resumed: (revision: number) => void
  /** It cannot go on: etcd has forgotten what comes next. */
  readonly compacted: (compactRevision: number) => void
}
export interface EtcdWatch {
  /** Asks for a progress notification. */
  readonly requestProgress: () => void
  readonly cancel: () => void
}
interface Stream {
  readonly prefix: string
  readonly handler: WatchHandler
  /** Everything up to this revision has been delivered. */
  revision: number
  link: Link | undefined
  /** Breaks since something last came through. */
  breaks: number
  isBroken: boolean
  isCancelled: boolean
}

class Link {
  readonly address: string
  connection: Connection | undefined
  readonly calls = new Map<number, Call>()
  readonly streams = new Map<number, Stream>()
  failedDials = 0
  constructor(address: string) {
    this.address = address
  }
}

export class EtcdClient {
  readonly #process: Process["Service"]
  readonly #network: Network["Service"]
  readonly #draws: Draws["Service"]
  readonly #links: ReadonlyArray<Link>
  #id = 0
  /** Calls and streams that wait for any connection. */
  readonly #waitingCalls = new Set<Call>()
  readonly #waitingStreams = new Set<Stream>()

  constructor(
    process: Process["Service"], network: Network["Service"], draws: Draws["Service"], endpoints: ReadonlyArray<string>
  ) {
    this.#process = process
    this.#network = network
    this.#draws = draws
    this.#links = endpoints.map((address) => new Link(address))
    for (const link of this.#links) this.#dial(link)
  }

  /** `deadline_ms`: on the process's monotonic clock. */
  request(request: Request, kind: string, deadline_ms: number): Effect.Effect<Answer, EtcdFailed> {
    return Effect.suspend(() => {
      const call: Call = {
        request, kind, attempts: 0,
        isRead: request.type === "range",
        cell: this.#process.cell<Answer, EtcdFailed>(),
        timer: this.#process.after(Math.max(0, deadline_ms - this.#process.monotonic_ms()), () => this.#timeOut(call))
      }
      this.#submit(call)
      return call.cell.await
    })
  }

  watch(prefix: string, afterRevision: number, handler: WatchHandler): EtcdWatch {
    const stream: Stream = {
      prefix, handler, revision: afterRevision, link: undefined, breaks: 0, isBroken: false,
      isCancelled: false
    }
    this.#open(stream)
    return {
      requestProgress: () => stream.link?.connection?.send({ type: "progress" } satisfies ClientFrame, "progress"),
      cancel: () => this.#cancel(stream)
    }
  }

  /** Any member that is connected; strict turns could send every retried write to the same lame one. */
  #pick(kind: string): Link | undefined {
    const open = this.#links.filter((link) => link.connection?.isOpen === true)
    return open.length < 2 ? open[0] : open[this.#draws.below("etcd-client/member", kind, open.length)]
  }

  #submit(call: Call): void {
    const link = this.#pick(call.kind)
    if (link === undefined) {
      this.#waitingCalls.add(call)
      return
    }
    this.#id += 1
    call.attempts += 1
    link.calls.set(this.#id, call)
    link.connection!.send({ type: "request", id: this.#id, request: call.request } satisfies ClientFrame, call.kind)
  }

  #finish(call: Call, answer: Response): void {
    call.timer.cancel()
    if (answer.type !== "error") call.cell.succeed(answer)
    else call.cell.fail(new EtcdFailed({ effect: answer.code === "timeout" ? "unknown" : "none", code: answer.code }))
  }

  #timeOut(call: Call): void {
    if (this.#waitingCalls.delete(call)) {
      call.cell.fail(new EtcdFailed({ effect: "none", code: "no connection" }))
      return
    }
    for (const link of this.#links) {
      for (const [id, pending] of link.calls) if (pending === call) link.calls.delete(id)
    }
    call.cell.fail(new EtcdFailed({ effect: "unknown", code: "deadline exceeded" }))
  }

  #answered(link: Link, id: number, answer: Response): void {
    const call = link.calls.get(id)
    if (call === undefined) return
    link.calls.delete(id)
    const mayRetry = answer.type === "error" && call.isRead && call.attempts < etcdReadAttempts_max
      && (answer.code === "noLeader" || answer.code === "timeout")
    if (mayRetry) this.#submit(call)
    else this.#finish(call, answer)
  }

  #dial(link: Link): void {
    this.#process.fork(this.#network.dial(link.address).pipe(Effect.match({
      onSuccess: (connection) => this.#connected(link, connection),
      onFailure: () => {
        const wait_ms = Math.min(etcdDialBackoff_ms * 2 ** link.failedDials, etcdDialBackoff_max_ms)
        link.failedDials += 1
        this.#process.after(wait_ms, () => this.#dial(link))
      }
    })))
  }

  #connected(link: Link, connection: Connection): void {
    link.failedDials = 0
    link.connection = connection
    connection.handle({
      frame: (frame: ServerFrame) => this.#received(link, frame),
      closed: () => this.#closed(link, connection)
    })
    const calls = [...this.#waitingCalls]
    this.#waitingCalls.clear()
    for (const call of calls) this.#submit(call)
    const streams = [...this.#waitingStreams]
    this.#waitingStreams.clear()
    for (const stream of streams) this.#open(stream)
  }

  #closed(link: Link, connection: Connection): void {
    if (link.connection !== connection) return
    link.connection = undefined
    const calls = [...link.calls.values()]
    const streams = [...link.streams.values()]
    link.calls.clear()
    link.streams.clear()
    this.#process.after(etcdDialBackoff_ms, () => this.#dial(link))
    for (const call of calls) {
      if (call.isRead) this.#submit(call)
      else this.#finish(call, { type: "error", code: "timeout" })
    }
    for (const stream of streams) this.#reopen(stream)
  }

  #received(link: Link, frame: ServerFrame): void {
    if (frame.type === "response") {
      this.#answered(link, frame.id, frame.response)
      return
    }
    const stream = link.streams.get(frame.id)
    if (stream === undefined) return
    if (frame.type === "watchEvents") this.#delivered(stream, frame)
    else if (frame.type === "watchCreated" && stream.isBroken) {
      stream.isBroken = false
      stream.handler.resumed(stream.revision)
    }
    else if (frame.type === "watchCanceled") {
      link.streams.delete(frame.id)
      if (frame.reason === "compacted") stream.handler.compacted(frame.compactRevision)
      else this.#reopen(stream)
    }
  }

  #delivered(stream: Stream, frame: Extract<ServerFrame, { readonly type: "watchEvents" }>): void {
    const last = frame.events.at(-1)
    stream.breaks = 0
    if (last === undefined) {
      if (frame.revision <= stream.revision) return
      stream.revision = frame.revision
      stream.handler.progress(frame.revision)
    } else {
      stream.revision = last.kv.modRevision
      stream.handler.events(frame.events)
    }
  }

  #open(stream: Stream): void {
    if (stream.isCancelled) return
    const link = this.#pick(stream.prefix)
    if (link === undefined) {
      this.#waitingStreams.add(stream)
      return
    }
    this.#id += 1
    link.streams.set(this.#id, stream)
    stream.link = link
    link.connection!.send({
      type: "watch", id: this.#id, prefix: stream.prefix, startRevision: stream.revision + 1
    } satisfies ClientFrame, `watch ${stream.prefix}`)
  }

  #reopen(stream: Stream): void {
    stream.link = undefined
    stream.isBroken = true
    const wait_ms = Math.min(etcdWatchRetry_ms * 2 ** stream.breaks, etcdWatchRetry_max_ms)
    stream.breaks += 1
    this.#process.after(wait_ms, () => this.#open(stream))
  }

  #cancel(stream: Stream): void {
    stream.isCancelled = true
    this.#waitingStreams.delete(stream)
    const link = stream.link
    if (link === undefined) return
    for (const [id, known] of link.streams) {
      if (known !== stream) continue
      link.streams.delete(id)
      link.connection?.send({ type: "watchCancel", id } satisfies ClientFrame, "watchCancel")
    }
  }
}
