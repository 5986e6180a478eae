/**
 * api-server/watch-cache: one resource as of one revision, and the changes that led there. Spec: model/api-server.ts.
 *
 * Plain state without time or I/O of its own: whoever owns it feeds it etcd's events and asks it questions.
 * Deviates: the ring of the real cache grows and shrinks by doubling; here an event leaves when it is older than the
 * kept history and enough others remain. Lists come in the order of the keys' first appearance.
 */
import { nameIndex, nodeIndex, type Selector } from "#impl/api-server/selectors.ts"
import type { ApiObject } from "#model/kinds.ts"
import { historyEvents_max, historyEvents_min, historyKept_ms } from "#model/limits/api-server.ts"

/** One change, as every watcher shares it. */
export interface CacheEvent {
  readonly revision: number
  readonly at_ms: number
  readonly key: string
  /** The object after the change; undefined when it was deleted. */
  readonly object: ApiObject | undefined
  /** The object before it; undefined when it was created. */
  readonly previous: ApiObject | undefined
}

export class WatchCache {
  /** The revision that the content stands for; 0 until it is filled. */
  revision = 0
  /** Watches can begin after any revision from here on. */
  oldest = 0
  readonly #objects = new Map<string, ApiObject>()
  readonly #byNode = new Map<string, Map<string, ApiObject>>()
  #history: Array<CacheEvent> = []
  /** Events before this position have left the history. */
  #first = 0

  get isReady(): boolean {
    return this.revision > 0
  }
  get size(): number {
    return this.#objects.size
  }

  /** Fills the empty cache with a consistent list. */
  replace(entries: Iterable<readonly [key: string, object: ApiObject]>, revision: number): void {
    this.clear()
    for (const [key, object] of entries) this.#put(key, undefined, object)
    this.revision = revision
    this.oldest = revision
  }

  clear(): void {
    this.#objects.clear()
    this.#byNode.clear()
    this.#history = []
    this.#first = 0
    this.revision = 0
    this.oldest = 0
  }

  /** Takes one change in. Changes come in the order of their revisions. */
  apply(event: CacheEvent): void {
    this.#put(event.key, event.previous, event.object)
    this.#history.push(event)
    this.revision = event.revision
    this.#forget(event.at_ms)
  }

  /** Nothing else happened up to this revision. */
  progress(revision: number): void {
    if (revision > this.revision) this.revision = revision
  }

  get(key: string): ApiObject | undefined {
    return this.#objects.get(key)
  }

  list(selector: Selector): ReadonlyArray<ApiObject> {
    const found: Array<ApiObject> = []
    const { index, matches } = selector
    const from = index?.startsWith("node/") === true ? this.#byNode.get(index) : this.#objects
    if (from !== undefined) for (const object of from.values()) if (matches(object)) found.push(object)
    return found
  }

  /** The position in the history of the first event after `revision`. */
  positionAfter(revision: number): number {
    let low = this.#first
    let high = this.#history.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#history[middle]!.revision > revision) high = middle
      else low = middle + 1
    }
    return low
  }

  /** The events from a position on, oldest first. */
  since(position: number): ReadonlyArray<CacheEvent> {
    return this.#history.slice(position)
  }

  #put(key: string, previous: ApiObject | undefined, object: ApiObject | undefined): void {
    const before = previous === undefined ? undefined : nodeIndex(previous)
    const after = object === undefined ? undefined : nodeIndex(object)
    if (before !== undefined && before !== after) {
      const entry = this.#byNode.get(before)
      entry?.delete(key)
      if (entry?.size === 0) this.#byNode.delete(before)
    }
    if (object === undefined) this.#objects.delete(key)
    else this.#objects.set(key, object)
    if (object === undefined || after === undefined) return
    const entry = this.#byNode.get(after)
    if (entry === undefined) this.#byNode.set(after, new Map([[key, object]]))
    else entry.set(key, object)
  }

  #forget(now_ms: number): void {
    const history = this.#history
    const before = this.#first
    while (history.length - this.#first > historyEvents_min && (history.length - this.#first > historyEvents_max
      || history[this.#first]!.at_ms < now_ms - historyKept_ms)) {
      this.oldest = history[this.#first]!.revision
      this.#first += 1
    }
    if (this.#first !== before && this.#first * 2 > history.length) {
      this.#history = history.slice(this.#first)
      this.#first = 0
    }
  }
}

/** How an event looks through a selector: objects that begin or cease to match appear as added or deleted. */
export const seenThrough = (
  matches: (object: ApiObject) => boolean, event: CacheEvent
): "ADDED" | "MODIFIED" | "DELETED" | undefined => {
  const now = event.object !== undefined && matches(event.object)
  const before = event.previous !== undefined && matches(event.previous)
  if (now) return before ? "MODIFIED" : "ADDED"
  return before ? "DELETED" : undefined
}

/** The index entries under which the watchers of an event may be found. */
export const indexesOf = (event: CacheEvent): ReadonlyArray<string> => {
  const object = event.object ?? event.previous!
  const found = [nameIndex(object)]
  const now = event.object === undefined ? undefined : nodeIndex(event.object)
  const before = event.previous === undefined ? undefined : nodeIndex(event.previous)
  if (now !== undefined) found.push(now)
  if (before !== undefined && before !== now) found.push(before)
  return found
}
