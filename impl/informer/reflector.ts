/**
 * informer/reflector: keeps one store equal to one resource: a first copy, then a watch. Spec: model/informer.ts.
 */
import { Effect, Result } from "effect"
import type { Client, WatchStream } from "#impl/client.ts"
import { reasonOf } from "#impl/client/errors.ts"
import { consistentCopy, type Copy, type FirstCopy, type Selectors } from "#impl/informer/first-copy.ts"
import { Store } from "#impl/informer/store.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { WatchFrameEvent } from "#impl/ports/api.ts"
import type { Cell, Draws, Process, Timer } from "#impl/ports.ts"
import type { EventOf } from "#model/events.ts"
import type { charts } from "#model/informer.ts"
import {
  digestDelay_ms, reflectorBackoff_max_ms, reflectorBackoff_ms, reflectorBackoffReset_ms, shortWatch_ms,
  watchTimeout_min_s
} from "#model/limits/client.ts"
import { type Objects, type Resource, keyOf } from "#model/kinds.ts"

export interface Parts {
  readonly firstCopy: FirstCopy
  /** How long the store lags behind the watch; the order of events stays. */
  readonly lag_ms: (resource: Resource) => number
}
export const defaultParts: Parts = { firstCopy: consistentCopy, lag_ms: () => 0 }

/** Called in the order of the events of one object; plain code: put a key on a work queue, no more. */
export interface Handlers<O> {
  readonly added?: (object: O) => void
  /** `before` may have another uid: a delete and re-create in a gap looks like an update. */
  readonly updated?: (before: O, object: O) => void
  /** `isStale`: found missing in a relist (DeletedFinalStateUnknown); `object` is the last state seen. */
  readonly deleted?: (object: O, isStale: boolean) => void
}

export interface Services {
  readonly client: Client["Service"]
  readonly process: Process["Service"]
  readonly journal: Journal["Service"]
  readonly draws: Draws["Service"]
}

type State = StateOf<(typeof charts)["informer.reflector"]>

/** Whether the history behind its copy is gone. */
const isExpired = (reason: string): boolean => reason === "Expired" || reason === "Gone"

export class Reflector<R extends Resource> {
  readonly store = new Store<Objects[R]>()
  readonly handlers: Array<Handlers<Objects[R]>> = []
  readonly firstSync: Cell<void>
  readonly #services: Services
  readonly #resource: R
  readonly #selectors: Selectors
  readonly #entity: string
  readonly #parts: Parts
  readonly #lag_ms: number
  /** Of the store; what the watch has read may be ahead of it by the lag. */
  #storeVersion = ""
  #watchVersion = ""
  #state: State = "idle"
  #lagging: Array<Timer> = []
  #backoff_ms = reflectorBackoff_ms
  #backedOffAt_ms = Number.NEGATIVE_INFINITY
  #isReportPending = false
  #reportedVersion = ""

  constructor(services: Services, resource: R, selectors: Selectors, entity: string, parts: Parts) {
    this.#services = services
    this.#resource = resource
    this.#selectors = selectors
    this.#entity = entity
    this.#parts = parts
    this.#lag_ms = parts.lag_ms(resource)
    this.firstSync = services.process.cell<void>()
  }

  get resourceVersion(): string {
    return this.#storeVersion
  }

  /** Copy, watch, watch again, and copy again when the history is gone. For ever. */
  readonly run: Effect.Effect<never> = Effect.gen({ self: this }, function*() {
    let stream: WatchStream | undefined
    let needsCopy = true
    for (;;) {
      if (needsCopy) {
        const copied = yield* this.#copy()
        if (copied === undefined) continue
        stream = copied.stream
        needsCopy = false
      }
      if (stream === undefined) {
        stream = yield* this.#open()
        if (stream === undefined) continue
      }
      needsCopy = yield* this.#follow(stream)
      stream = undefined
    }
  })

  #copy() {
    return Effect.gen({ self: this }, function*() {
      const atLeast = this.#watchVersion
      this.#wrote({ type: "reflector.listStarted", resource: this.#resource, atLeast: Number(atLeast) }, "listing")
      const { client } = this.#services
      const result = yield* Effect.result(
        this.#parts.firstCopy(client, this.#resource, this.#selectors, atLeast, this.#timeout_s()))
      if (Result.isFailure(result)) {
        const reason = reasonOf(result.failure)
        yield* this.#fail("list", reason, isExpired(reason) || reason === "Timeout")
        return undefined
      }
      const copy = result.success
      this.#replace(copy)
      return copy
    })
  }

  #open() {
    return Effect.gen({ self: this }, function*() {
      const result = yield* Effect.result(this.#services.client.watch(this.#resource, {
        ...this.#selectors, resourceVersion: this.#watchVersion, allowWatchBookmarks: true,
        timeoutSeconds: this.#timeout_s()
      }))
      if (Result.isSuccess(result)) {
        this.#wrote({ type: "reflector.watched", resourceVersion: Number(this.#watchVersion) }, "watching")
        return result.success
      }
      // Whatever a server says of the place to go on from, it says in the stream.
      yield* this.#fail("watch", reasonOf(result.failure), false)
      return undefined
    })
  }

  /** Reads the stream to its end. True when only a new copy can follow. */
  #follow(stream: WatchStream) {
    return Effect.gen({ self: this }, function*() {
      const { process } = this.#services
      const startedAt_ms = process.monotonic_ms()
      let events = 0
      for (;;) {
        const event = yield* stream.next
        if (event === "closed") {
          if (events === 0 && process.monotonic_ms() - startedAt_ms < shortWatch_ms) {
            yield* this.#fail("list", "very short watch", false)
            return true
          }
          this.#wrote({ type: "reflector.watchEnded", resourceVersion: Number(this.#watchVersion) }, "disconnected")
          return false
        }
        events += 1
        if (event.type === "ERROR") {
          stream.cancel()
          const reason = event.status.reason ?? `code ${event.status.code}`
          yield* this.#fail("list", reason, isExpired(reason))
          return true
        }
        this.#heard(event)
      }
    })
  }

  #heard(event: Exclude<WatchFrameEvent, { readonly type: "ERROR" }>): void {
    this.#watchVersion = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion
    if (this.#lag_ms === 0) this.#apply(event)
    else {
      const timer = this.#services.process.after(this.#lag_ms, () => {
        this.#lagging.shift()
        this.#apply(event)
      })
      this.#lagging.push(timer)
    }
  }

  #apply(event: Exclude<WatchFrameEvent, { readonly type: "ERROR" }>): void {
    if (event.type === "BOOKMARK") {
      this.#storeVersion = event.resourceVersion
      return
    }
    const object = event.object as Objects[R]
    const key = keyOf(object)
    if (event.type === "DELETED") {
      if (this.store.delete(key) !== undefined) {
        for (const { deleted } of this.handlers) deleted?.(object, false)
      }
    } else this.#set(key, object)
    this.#storeVersion = object.metadata.resourceVersion
    this.#reportSoon()
  }

  #set(key: string, object: Objects[R]): void {
    const before = this.store.set(key, object)
    for (const { added, updated } of this.handlers) {
      if (before === undefined) added?.(object)
      else updated?.(before, object)
    }
  }

  /** As client-go: what stayed is delivered as an update even if unchanged, what is missing as a stale deletion. */
  #replace({ items, resourceVersion, stream }: Copy<Objects[R]>): void {
    for (const timer of this.#lagging) timer.cancel()
    this.#lagging = []
    const present = new Set<string>()
    for (const object of items) {
      const key = keyOf(object)
      present.add(key)
      this.#set(key, object)
    }
    for (const key of [...this.store.keys()]) {
      if (present.has(key)) continue
      const last = this.store.delete(key) as Objects[R]
      for (const { deleted } of this.handlers) deleted?.(last, true)
    }
    this.#watchVersion = resourceVersion
    this.#storeVersion = resourceVersion
    this.#reportedVersion = resourceVersion
    this.#wrote({ type: "reflector.listed", resource: this.#resource, resourceVersion: Number(resourceVersion),
      objects: this.store.size, digest: this.store.digest, isStreamed: stream !== undefined },
    stream === undefined ? "disconnected" : "watching")
    if (!this.firstSync.isDone) this.firstSync.succeed(undefined)
  }

  #reportSoon(): void {
    if (this.#isReportPending || this.#resource === "leases") return
    this.#isReportPending = true
    this.#services.process.after(digestDelay_ms, () => {
      this.#isReportPending = false
      if (this.#state !== "listing") this.tell()
    })
  }

  /** Leases change for ever and are left out: their digest would never be the last word. */
  tell(): void {
    if (this.#storeVersion === this.#reportedVersion || this.#resource === "leases") return
    this.#reportedVersion = this.#storeVersion
    this.#wrote({ type: "reflector.reported", resource: this.#resource, resourceVersion: Number(this.#storeVersion),
      objects: this.store.size, digest: this.store.digest }, this.#state)
  }

  /** client-go's exponential back-off manager: one for lists and watches, forgotten after two quiet minutes. */
  #fail(step: "list" | "watch", reason: string, isHistoryGone: boolean) {
    if (isHistoryGone) this.#watchVersion = ""
    this.#wrote({ type: "reflector.failed", step, reason }, step === "list" ? "listBackoff" : "watchBackoff")
    const now_ms = this.#services.process.monotonic_ms()
    if (now_ms - this.#backedOffAt_ms > reflectorBackoffReset_ms) this.#backoff_ms = reflectorBackoff_ms
    this.#backedOffAt_ms = now_ms
    const delay_ms = this.#backoff_ms * (1 + this.#services.draws.unit("informer/backoff", this.#identity()))
    this.#backoff_ms = Math.min(this.#backoff_ms * 2, reflectorBackoff_max_ms)
    return Effect.sleep(delay_ms)
  }

  #timeout_s(): number {
    return Math.floor(watchTimeout_min_s * (1 + this.#services.draws.unit("informer/watchTimeout", this.#identity())))
  }

  #identity(): string {
    return `${this.#services.process.name} ${this.#entity}`
  }

  #wrote(event: EventOf<"reflector">, state: State): void {
    this.#state = state
    this.#services.journal.wrote("informer.reflector", this.#entity, event, state)
  }
}
