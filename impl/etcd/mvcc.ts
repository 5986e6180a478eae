/**
 * The multi-version store: every mutating transaction is one revision. Spec: model/etcd.ts.
 *
 * Versions are kept per key, changes per revision; live keys also in one sorted array, so that a prefix is a slice.
 * History ends where a client compacts it, and is bounded besides: every `historyRevisions_max` revisions the older
 * half goes, at the same revision on each member because it depends on nothing else. Leases will come beside `put`.
 * Deviates: members keep the store in memory and rebuild it from the log; the real one persists it.
 */
import type { StoreChange } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import { historyRevisions_max } from "#model/limits/etcd.ts"
import type { Compare, KeyValue, OperationResult, Request, Response, WatchEvent } from "#impl/ports/etcd.ts"

/** One version of a key; `kv` is absent for a tombstone. */
interface Version {
  readonly revision: number
  readonly kv: KeyValue | undefined
}
export interface Revision {
  readonly revision: number
  readonly events: ReadonlyArray<WatchEvent>
}

export interface Store {
  revision: number
  /** Reads at revisions below it are refused. */
  compactRevision: number
  /** Oldest first. */
  readonly versions: Map<string, Array<Version>>
  /** Keys that exist now, sorted. */
  readonly live: Array<string>
  /** The changes of revisions firstRevision, firstRevision + 1, … */
  revisions: Array<Revision>
  firstRevision: number
  readonly historyRevisions_max: number
}

export const make = (history_max: number = historyRevisions_max): Store =>
  ({ revision: 1, compactRevision: 0, versions: new Map(), live: [], revisions: [], firstRevision: 2,
    historyRevisions_max: history_max })

const none: ReadonlyArray<KeyValue> = []
/** What a delete event carries instead of a value. */
const tombstone: object = Object.freeze({})

/** First position in the sorted array whose key is not less than `key`. */
const lowerBound = (keys: ReadonlyArray<string>, key: string): number => {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

export const latest = (store: Store, key: string): KeyValue | undefined => {
  const versions = store.versions.get(key)
  return versions === undefined ? undefined : versions[versions.length - 1]!.kv
}

const at = (store: Store, key: string, revision: number): KeyValue | undefined => {
  const versions = store.versions.get(key)
  if (versions === undefined) return undefined
  for (let i = versions.length - 1; i >= 0; i--) if (versions[i]!.revision <= revision) return versions[i]!.kv
  return undefined
}

const rangeLatest = (store: Store, key: string, prefix: boolean): ReadonlyArray<KeyValue> => {
  if (!prefix) {
    const kv = latest(store, key)
    return kv === undefined ? none : [kv]
  }
  const kvs: Array<KeyValue> = []
  for (let i = lowerBound(store.live, key); i < store.live.length && store.live[i]!.startsWith(key); i++) {
    kvs.push(latest(store, store.live[i]!)!)
  }
  return kvs
}

const rangeAt = (store: Store, key: string, prefix: boolean, revision: number): ReadonlyArray<KeyValue> => {
  const keys = prefix ? [...store.versions.keys()].filter((name) => name.startsWith(key)).sort() : [key]
  return keys.flatMap((name) => at(store, name, revision) ?? none)
}

export const range = (store: Store, request: Extract<Request, { readonly type: "range" }>): Response => {
  const revision = request.revision ?? 0
  if (revision > store.revision) return { type: "error", code: "futureRevision" }
  if (revision > 0 && revision < store.compactRevision) return { type: "error", code: "compacted" }
  const prefix = request.prefix === true
  const kvs = revision === 0 || revision === store.revision ? rangeLatest(store, request.key, prefix)
    : rangeAt(store, request.key, prefix, revision)
  const limit = request.limit ?? 0
  const more = limit > 0 && kvs.length > limit
  return { type: "range", revision: store.revision, kvs: more ? kvs.slice(0, limit) : kvs, more }
}

const holds = (store: Store, compare: Compare): boolean => {
  const kv = latest(store, compare.key)
  const actual = kv === undefined ? 0 : compare.target === "mod" ? kv.modRevision
    : compare.target === "create" ? kv.createRevision : kv.version
  return actual === compare.equals
}

const write = (store: Store, revision: number, key: string, kv: KeyValue | undefined): void => {
  const versions = store.versions.get(key)
  if (versions === undefined) store.versions.set(key, [{ revision, kv }])
  else versions.push({ revision, kv })
}

const put = (store: Store, revision: number, key: string, value: object): WatchEvent => {
  const previous = latest(store, key)
  const kv: KeyValue = { key, value, createRevision: previous?.createRevision ?? revision, modRevision: revision,
    version: (previous?.version ?? 0) + 1 }
  if (previous === undefined) store.live.splice(lowerBound(store.live, key), 0, key)
  write(store, revision, key, kv)
  return previous === undefined ? { type: "put", kv } : { type: "put", kv, previous }
}

const remove = (store: Store, revision: number, key: string, previous: KeyValue): WatchEvent => {
  store.live.splice(lowerBound(store.live, key), 1)
  write(store, revision, key, undefined)
  return { type: "delete", previous,
    kv: { key, value: tombstone, createRevision: 0, modRevision: revision, version: 0 } }
}

/** Applies a transaction: all of one branch, at one revision if it changes anything. */
export const txn = (
  store: Store, request: Extract<Request, { readonly type: "txn" }>
): Extract<Response, { readonly type: "txn" }> => {
  const succeeded = request.compare.every((compare) => holds(store, compare))
  const operations = succeeded ? request.success : request.failure
  const revision = store.revision + 1
  const events: Array<WatchEvent> = []
  const results: Array<OperationResult> = []
  for (const operation of operations) {
    if (operation.type === "range") {
      results.push({ type: "range", kvs: rangeLatest(store, operation.key, operation.prefix === true) })
    } else if (operation.type === "put") {
      events.push(put(store, revision, operation.key, operation.value))
      results.push({ type: "put" })
    } else {
      const previous = latest(store, operation.key)
      if (previous !== undefined) events.push(remove(store, revision, operation.key, previous))
      results.push({ type: "delete", deleted: previous === undefined ? 0 : 1,
        previous: previous === undefined ? none : [previous] })
    }
  }
  if (events.length > 0) {
    store.revision = revision
    store.revisions.push({ revision, events })
    if (store.revisions.length >= 2 * store.historyRevisions_max) compact(store, revision - store.historyRevisions_max)
  }
  return { type: "txn", revision: store.revision, succeeded, results }
}

export const compacted = (
  store: Store, { revision }: Extract<Request, { readonly type: "compact" }>
): Response => {
  if (revision > store.revision) return { type: "error", code: "futureRevision" }
  if (revision <= store.compactRevision) return { type: "error", code: "compacted" }
  compact(store, revision)
  return { type: "compact", revision: store.revision }
}

/** Forgets what no read at `revision` or later, and no watch from it, can ask for. */
export const compact = (store: Store, revision: number): void => {
  store.compactRevision = revision
  store.revisions = store.revisions.slice(Math.max(0, revision - store.firstRevision))
  store.firstRevision = Math.max(revision, store.firstRevision)
  for (const [key, versions] of store.versions) {
    let keep = 0
    while (keep + 1 < versions.length && versions[keep + 1]!.revision <= revision) keep++
    // A key does not begin with its deletion: this one is not later than `revision`.
    if (versions[keep]!.kv === undefined) keep++
    if (keep === versions.length) store.versions.delete(key)
    else if (keep > 0) versions.splice(0, keep)
  }
}

/** The changes of one revision in the judge's form: the history that everything else is measured against. */
export const changes = (revision: Revision): ReadonlyArray<StoreChange> =>
  revision.events.map((event) => ({ key: event.kv.key,
    value: event.type === "put" ? event.kv.value as ApiObject : undefined,
    previous: event.previous?.value as ApiObject | undefined }))

export const since = (store: Store, revision: number): ReadonlyArray<Revision> =>
  store.revisions.slice(Math.max(0, revision - store.firstRevision))
