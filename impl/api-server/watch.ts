/**
 * api-server/watch: one watch of one client, from its opening to its end. Spec: model/api-server.ts, chart
 * api-server.watch.
 *
 * Deviates: the real server closes a watcher whose buffer is full; the transport here keeps what is sent, and a client
 * that does not read loses its connection to the keep-alive.
 */
import { revisionOf, withVersion } from "#impl/api-server/codec.ts"
import type { Selector, Selection } from "#impl/api-server/selectors.ts"
import { type CacheEvent, seenThrough } from "#impl/api-server/watch-cache.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { ServerFrame, WatchFrameEvent } from "#impl/ports/api.ts"
import type { Connection, Process, Timer } from "#impl/ports.ts"
import type { charts } from "#model/api-server.ts"
import { digested, emptyDigest } from "#model/events/digest.ts"
import type { EventOf } from "#model/events.ts"
import { bookmarkBeforeDeadline_ms, bookmarkPeriod_ms } from "#model/limits/api-server.ts"
import type { ApiObject } from "#model/kinds.ts"

type WatchEvent = EventOf<"serverWatch">
export type CloseReason = Extract<WatchEvent, { readonly type: "serverWatch.closed" }>["reason"]
type State = StateOf<(typeof charts)["api-server.watch"]>

export interface WatchOptions {
  readonly id: number
  readonly entity: string
  readonly agent: string
  readonly selection: Selection
  readonly selector: Selector
  readonly timeout_ms: number
  readonly bookmarks: boolean
  /** The end of the initial events is told when this revision is reached; 0: it is not told. */
  readonly required: number
  /** It is time to tell the client how far the cache has come. */
  readonly bookmarkDue: (watch: ServerWatch) => void
  readonly timedOut: (watch: ServerWatch) => void
  readonly ended: (watch: ServerWatch) => void
}

/** The frames of one event, made once for all who watch it. */
export class SharedFrames {
  readonly event: CacheEvent
  #changed: WatchFrameEvent | undefined
  #added: WatchFrameEvent | undefined
  #deleted: WatchFrameEvent | undefined
  constructor(event: CacheEvent) {
    this.event = event
  }
  as(type: "ADDED" | "MODIFIED" | "DELETED"): WatchFrameEvent {
    const { object, previous, revision } = this.event
    if (type === "DELETED") return this.#deleted ??= { type, object: withVersion(previous!, revision) }
    if (type === "ADDED") return this.#added ??= { type, object: object! }
    return this.#changed ??= { type, object: object! }
  }
}

export class ServerWatch {
  readonly options: WatchOptions
  readonly #process: Process["Service"]
  readonly #journal: Journal["Service"]
  readonly #connection: Connection
  readonly #kind: string
  #events = 0
  #digest = emptyDigest
  #isSynced = true
  #isOpen = true
  #deadline_ms = 0
  #timer: Timer | undefined
  #bookmarkedRevision = 0

  constructor(
    process: Process["Service"], journal: Journal["Service"], connection: Connection, options: WatchOptions
  ) {
    this.#process = process
    this.#journal = journal
    this.#connection = connection
    this.options = options
    this.#kind = `watch ${options.selection.resource}`
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  /** Sends the initial objects, if any, and the events that came since `from`. */
  open(from: number, initial: ReadonlyArray<ApiObject> | undefined, replayed: ReadonlyArray<CacheEvent>): void {
    const { agent, bookmarks, id, required, selection, timeout_ms } = this.options
    this.#isSynced = required === 0
    this.#deadline_ms = this.#process.monotonic_ms() + timeout_ms
    this.#connection.send({ type: "watching", id } satisfies ServerFrame, this.#kind)
    let versions = 0
    for (const object of initial ?? []) {
      versions += revisionOf(object)
      this.#send({ type: "ADDED", object })
    }
    this.#wrote({
      type: "serverWatch.opened", agent, ...scopeOf(selection), from, required, timeout_ms, bookmarks,
      ...(initial === undefined ? {} : { initial: { count: initial.length, versions } })
    }, !this.#isSynced ? "waitingForBookmark" : bookmarks ? "bookmarking" : "live")
    for (const event of replayed) this.deliver(new SharedFrames(event))
    this.#arm()
  }

  deliver(frames: SharedFrames): void {
    const { event } = frames
    const type = seenThrough(this.options.selector.matches, event)
    if (type === undefined) return
    this.#events += 1
    this.#digest = digested(this.#digest, type, event.revision)
    this.#send(frames.as(type))
  }

  /** The cache stands at this revision, and what it brought has been delivered here. */
  reached(revision: number): void {
    if (this.#isSynced || revision < this.options.required) return
    this.#isSynced = true
    this.#bookmarkedRevision = revision
    this.#send({ type: "BOOKMARK", resourceVersion: String(revision), initialEventsEnd: true })
    this.#wrote({ type: "serverWatch.synced", revision, ...this.#takeDelivered() }, "bookmarking")
  }

  close(revision: number, reason: CloseReason): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#timer?.cancel()
    this.#connection.send({ type: "watchClosed", id: this.options.id } satisfies ServerFrame, this.#kind)
    this.#wrote({ type: "serverWatch.closed", reason, revision, ...this.#takeDelivered() }, "closed")
    this.options.ended(this)
  }

  #arm(): void {
    const left_ms = this.#deadline_ms - this.#process.monotonic_ms()
    const toBookmark_ms = Math.min(bookmarkPeriod_ms, left_ms - bookmarkBeforeDeadline_ms)
    if (this.options.bookmarks && toBookmark_ms > 0) {
      this.#timer = this.#process.after(toBookmark_ms, () => {
        this.options.bookmarkDue(this)
        if (this.#isOpen) this.#arm()
      })
    } else this.#timer = this.#process.after(Math.max(0, left_ms), () => this.options.timedOut(this))
  }

  /** Tells the client how far it has come; a line only when that says something new about what was delivered. */
  bookmark(revision: number): void {
    if (!this.#isSynced || revision <= this.#bookmarkedRevision) return
    this.#bookmarkedRevision = revision
    this.#send({ type: "BOOKMARK", resourceVersion: String(revision), initialEventsEnd: false })
    if (this.#events === 0) return
    this.#wrote({ type: "serverWatch.bookmarked", revision, ...this.#takeDelivered() }, "bookmarking")
  }

  #takeDelivered(): { readonly events: number; readonly digest: number } {
    const delivered = { events: this.#events, digest: this.#digest }
    this.#events = 0
    this.#digest = emptyDigest
    return delivered
  }
  #send(event: WatchFrameEvent): void {
    this.#connection.send({ type: "event", id: this.options.id, event } satisfies ServerFrame, this.#kind)
  }
  #wrote(event: WatchEvent, state: State): void {
    this.#journal.wrote("api-server.watch", this.options.entity, event, state)
  }
}

/** The selection as a line tells it. */
export const scopeOf = (selection: Selection): Selection => {
  const { fieldSelector = "", labelSelector = "", namespace = "", resource } = selection
  return {
    resource, ...(namespace === "" ? {} : { namespace }),
    ...(fieldSelector === "" ? {} : { fieldSelector }), ...(labelSelector === "" ? {} : { labelSelector })
  }
}
