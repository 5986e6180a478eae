/**
 * api-server/cacher: feeds one watch cache from etcd and its watchers from the cache. Spec: model/api-server.ts, chart
 * api-server.watchCache.
 *
 * Source: apiserver storage/cacher/{cacher,watch_cache}.go, progress/watch_progress.go.
 */
import { Effect } from "effect"
import { decode, decodeValue, prefixOf } from "#impl/api-server/codec.ts"
import type { EtcdClient, EtcdWatch, EtcdFailed } from "#impl/api-server/etcd-client.ts"
import type { Parts } from "#impl/api-server/parts.ts"
import { type CloseReason, type ServerWatch, SharedFrames } from "#impl/api-server/watch.ts"
import { type CacheEvent, indexesOf, WatchCache } from "#impl/api-server/watch-cache.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { WatchEvent } from "#impl/ports/etcd.ts"
import type { Cell, Process, Timer } from "#impl/ports.ts"
import type { charts } from "#model/api-server.ts"
import type { EventOf } from "#model/events.ts"
import { etcdDialBackoff_ms, progressRequestPeriod_ms, waitForRevision_ms } from "#model/limits/api-server.ts"
import { requestTimeout_ms } from "#model/limits.ts"
import type { ApiObject, Resource } from "#model/kinds.ts"

type State = StateOf<(typeof charts)["api-server.watchCache"]>

interface Waiter {
  readonly revision: number
  readonly cell: Cell<boolean>
  readonly timer: Timer
}

export class Cacher {
  readonly resource: Resource
  readonly cache = new WatchCache()
  readonly #process: Process["Service"]
  readonly #journal: Journal["Service"]
  readonly #client: EtcdClient
  readonly #parts: Parts
  #etcdWatch: EtcdWatch | undefined
  #waiters: Array<Waiter> = []
  #progressTimer: Timer | undefined
  readonly #watches = new Set<ServerWatch>()
  /** Of those, the ones that no index entry confines. */
  readonly #unconfined = new Set<ServerWatch>()
  readonly #confined = new Map<string, Set<ServerWatch>>()
  /** Watches whose initial events have not ended. */
  readonly #unsynced = new Set<ServerWatch>()

  constructor(
    resource: Resource, process: Process["Service"], journal: Journal["Service"], client: EtcdClient, parts: Parts
  ) {
    this.resource = resource
    this.#process = process
    this.#journal = journal
    this.#client = client
    this.#parts = parts
  }

  /** Lists from etcd until that succeeds, then follows. Returns when the cache is filled. */
  get initialise(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const prefix = prefixOf(this.resource)
      while (true) {
        const answer = yield* this.#client.request(
          { type: "range", key: prefix, prefix: true }, `range ${prefix}`,
          this.#process.monotonic_ms() + requestTimeout_ms
        ).pipe(Effect.catchTag("EtcdFailed", () => Effect.undefined))
        if (answer?.type === "range") {
          this.#fill(answer.kvs.map((kv) => [kv.key, decode(kv)] as const), answer.revision)
          return
        }
        yield* Effect.sleep(etcdDialBackoff_ms)
      }
    })
  }

  /** etcd's revision now: what a consistent read must not be older than. */
  currentRevision(deadline_ms: number): Effect.Effect<number, EtcdFailed> {
    const key = prefixOf(this.resource)
    return this.#client.request({ type: "range", key, limit: 1 }, `range ${key}`, deadline_ms)
      .pipe(Effect.map((answer) => answer.revision))
  }

  /** True once the cache is at least as new; false when that takes too long. */
  waitUntil(revision: number): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      if (this.#parts.isFresh(this.cache, revision)) return Effect.succeed(true)
      const cell = this.#process.cell<boolean>()
      const waiter: Waiter = {
        revision, cell,
        timer: this.#process.after(waitForRevision_ms, () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          cell.succeed(false)
        })
      }
      this.#waiters.push(waiter)
      this.#askForProgress()
      return cell.await
    })
  }

  /** Begins to serve a watch that has been opened with everything up to the cache's revision. */
  add(watch: ServerWatch): void {
    this.#watches.add(watch)
    const { index } = watch.options.selector
    if (index === undefined) this.#unconfined.add(watch)
    else {
      const entry = this.#confined.get(index)
      if (entry === undefined) this.#confined.set(index, new Set([watch]))
      else entry.add(watch)
    }
    watch.reached(this.cache.revision)
    if (watch.isSynced) return
    this.#unsynced.add(watch)
    this.#askForProgress()
  }

  remove(watch: ServerWatch): void {
    this.#watches.delete(watch)
    this.#unconfined.delete(watch)
    this.#unsynced.delete(watch)
    const { index } = watch.options.selector
    if (index === undefined) return
    const entry = this.#confined.get(index)
    entry?.delete(watch)
    if (entry?.size === 0) this.#confined.delete(index)
  }

  closeAll(reason: CloseReason): void {
    for (const watch of this.#watches) watch.close(this.cache.revision, reason)
  }

  #fill(entries: ReadonlyArray<readonly [string, ApiObject]>, revision: number): void {
    this.cache.replace(entries, revision)
    let versions = 0
    for (const [, object] of entries) versions += Number(object.metadata.resourceVersion)
    this.#wrote({
      type: "watchCache.initialised", resource: this.resource, revision, count: entries.length, versions
    }, "ready")
    this.#etcdWatch = this.#client.watch(prefixOf(this.resource), revision, {
      events: (events) => this.#received(events),
      progress: (reached) => {
        this.cache.progress(reached)
        this.#advanced()
      },
      resumed: (after) =>
        this.#wrote({ type: "watchCache.resumed", resource: this.resource, revision: after }, "ready"),
      compacted: (compacted) => this.#reset(compacted)
    })
    this.#advanced()
  }

  #received(events: ReadonlyArray<WatchEvent>): void {
    const at_ms = this.#process.monotonic_ms()
    for (const { kv, previous, type } of events) {
      const event: CacheEvent = {
        revision: kv.modRevision, at_ms, key: kv.key,
        object: type === "put" ? decodeValue(kv.value, kv.modRevision) : undefined,
        previous: previous === undefined ? undefined : decode(previous)
      }
      if (this.#parts.applyEvent(this.cache, event)) this.#fanOut(event)
    }
    this.#advanced()
  }

  #fanOut(event: CacheEvent): void {
    if (this.#watches.size === 0) return
    const frames = new SharedFrames(event)
    for (const watch of this.#unconfined) watch.deliver(frames)
    if (this.#confined.size === 0) return
    for (const index of indexesOf(event)) {
      const entry = this.#confined.get(index)
      if (entry !== undefined) for (const watch of entry) watch.deliver(frames)
    }
  }

  /** The cache's revision has moved on: whoever waited for it goes on. */
  #advanced(): void {
    const { revision } = this.cache
    if (this.#waiters.length > 0) {
      const fresh = this.#waiters.filter((waiter) => this.#parts.isFresh(this.cache, waiter.revision))
      this.#waiters = this.#waiters.filter((waiter) => !this.#parts.isFresh(this.cache, waiter.revision))
      for (const waiter of fresh) {
        waiter.timer.cancel()
        waiter.cell.succeed(true)
      }
    }
    for (const watch of this.#unsynced) {
      watch.reached(revision)
      if (watch.isSynced) this.#unsynced.delete(watch)
    }
  }

  #askForProgress(): void {
    if (this.#progressTimer !== undefined) return
    this.#etcdWatch?.requestProgress()
    this.#progressTimer = this.#process.after(progressRequestPeriod_ms, () => {
      this.#progressTimer = undefined
      if (this.#waiters.length > 0 || this.#unsynced.size > 0) this.#askForProgress()
    })
  }

  #reset(compacted: number): void {
    this.#wrote({
      type: "watchCache.reset", resource: this.resource, revision: this.cache.revision, compacted
    }, "uninitialised")
    this.closeAll("reset")
    this.cache.clear()
    this.#etcdWatch = undefined
    this.#process.fork(this.initialise)
  }

  #wrote(event: EventOf<"watchCache">, state: State): void {
    this.#journal.wrote("api-server.watchCache", this.resource, event, state)
  }
}
