/**
 * api-server/storage: Kubernetes objects on etcd's keys, every write conditional on what was read.
 * Spec: model/api-server.ts, chart api-server.object.
 *
 * Source: apiserver storage/etcd3/store.go Create, GuaranteedUpdate, conditionalDelete.
 */
import { Effect } from "effect"
import { decode, decodeValue, encode, keyFor, revisionOf } from "#impl/api-server/codec.ts"
import type { Answer, EtcdClient, EtcdFailed } from "#impl/api-server/etcd-client.ts"
import type { Parts } from "#impl/api-server/parts.ts"
import { alreadyExists, ApiFailed, internalError, notFound, outcomeUnknown } from "#impl/api-server/status.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { KeyValue, Operation } from "#impl/ports/etcd.ts"
import type { charts } from "#model/etcd.ts"
import type { EventOf } from "#model/events.ts"
import type { ApiObject, Resource } from "#model/kinds.ts"
import type { Status } from "#model/objects/status.ts"

/** What to do with an object as it is now. Plain code: it runs once per attempt. */
export type Decision =
  | { readonly type: "write"; readonly object: ApiObject }
  /** `last` is its state at the end, when that was never written. */
  | { readonly type: "remove"; readonly last?: ApiObject }
  | { readonly type: "keep" }
  | { readonly type: "refuse"; readonly status: Status }
/** `existing` is undefined when there is no object. */
export type Decide = (existing: ApiObject | undefined) => Decision

export interface Written {
  /** The object as it is now; of a removal the last state with the removal's revision. */
  readonly object: ApiObject
  readonly revision: number
  readonly outcome: "created" | "written" | "removed" | "kept"
  readonly warnings?: ReadonlyArray<string>
}

type KvEvent = EventOf<"kv">
type KvInvoked = Extract<KvEvent, { readonly type: "kv.invoked" }>
type State = StateOf<(typeof charts)["etcd.request"]>

const failed = (failure: EtcdFailed): ApiFailed => new ApiFailed({
  status: failure.effect === "unknown" ? outcomeUnknown(`etcdserver: ${failure.code}`)
    : internalError(`etcdserver: ${failure.code}`)
})

export class Storage {
  readonly #client: EtcdClient
  readonly #journal: Journal["Service"]
  readonly #parts: Parts
  readonly #idPrefix: string
  #operations = 0

  constructor(client: EtcdClient, journal: Journal["Service"], parts: Parts, idPrefix: string) {
    this.#client = client
    this.#journal = journal
    this.#parts = parts
    this.#idPrefix = idPrefix
  }

  /** The object at etcd's latest revision. */
  get(resource: Resource, namespace: string, name: string, deadline_ms: number): Effect.Effect<ApiObject, ApiFailed> {
    const key = keyFor(resource, namespace, name)
    return this.#read(key, deadline_ms).pipe(Effect.flatMap((kv) =>
      kv === undefined ? Effect.fail(new ApiFailed({ status: notFound(resource, name) })) : Effect.succeed(decode(kv))))
  }

  /** A dry run only asks whether the name is free. */
  create(
    resource: Resource, object: ApiObject, deadline_ms: number, dryRun = false
  ): Effect.Effect<Written, ApiFailed> {
    const { namespace, name } = object.metadata
    const key = keyFor(resource, namespace, name)
    if (dryRun) {
      return this.#read(key, deadline_ms).pipe(Effect.flatMap((found) => found === undefined
        ? Effect.succeed({ object, revision: 0, outcome: "created" } satisfies Written)
        : Effect.fail(new ApiFailed({ status: alreadyExists(resource, name) }))))
    }
    return this.#put(key, 0, object, deadline_ms).pipe(Effect.flatMap((result) =>
      result.type === "done" ? Effect.succeed(result.written)
        : Effect.fail(new ApiFailed({ status: alreadyExists(resource, name) }))))
  }

  /**
   * Reads, decides, writes if nobody else did in between, else again. `suggestion` saves the read when the caller has
   * a copy; a refusal or a no-op decided on a copy is decided again on etcd's own.
   */
  change(
    resource: Resource, namespace: string, name: string, suggestion: ApiObject | undefined, decide: Decide,
    deadline_ms: number, dryRun = false
  ): Effect.Effect<Written, ApiFailed> {
    const key = keyFor(resource, namespace, name)
    return Effect.gen({ self: this }, function* () {
      let existing = suggestion
      let isCurrent = false
      while (true) {
        if (existing === undefined && !isCurrent) {
          const kv = yield* this.#read(key, deadline_ms)
          existing = kv === undefined ? undefined : decode(kv)
          isCurrent = true
        }
        const decision = decide(existing)
        const isNothing = decision.type === "keep"
          || (decision.type === "write" && existing !== undefined && this.#parts.isUnchanged(existing, decision.object))
        if (decision.type === "refuse" || isNothing) {
          if (!isCurrent) {
            existing = undefined
            continue
          }
          if (decision.type === "refuse") return yield* new ApiFailed({ status: decision.status })
          return { object: existing!, revision: revisionOf(existing!), outcome: "kept" } satisfies Written
        }
        if (dryRun) return wouldBe(existing, decision)
        const result: Attempt = decision.type === "write"
          ? yield* this.#put(key, existing === undefined ? 0 : revisionOf(existing), decision.object, deadline_ms)
          : yield* this.#remove(key, existing!, decision.last ?? existing!, deadline_ms)
        if (result.type === "done") return result.written
        existing = result.current
        isCurrent = true
      }
    })
  }

  #read(key: string, deadline_ms: number): Effect.Effect<KeyValue | undefined, ApiFailed> {
    return Effect.suspend(() => {
      const id = this.#invoked({ kind: "get", key, linearizable: true })
      return this.#client.request({ type: "range", key }, `range ${key}`, deadline_ms).pipe(
        Effect.tapError((failure) => Effect.sync(() => this.#unanswered(id, failure))),
        Effect.mapError(failed),
        Effect.map((answer) => {
          const kv = answer.type === "range" ? answer.kvs[0] : undefined
          this.#returned(id, "ok", answer.revision, kv?.modRevision ?? 0)
          return kv
        })
      )
    })
  }

  #put(key: string, expected: number, object: ApiObject, deadline_ms: number): Effect.Effect<Attempt, ApiFailed> {
    const value = encode(object)
    return this.#txn(key, expected, "put", { type: "put", key, value },
      `${object.metadata.uid}#${object.metadata.generation}`, deadline_ms, (revision) => ({
        object: decodeValue(value, revision), revision, outcome: expected === 0 ? "created" : "written"
      }))
  }

  #remove(key: string, existing: ApiObject, last: ApiObject, deadline_ms: number): Effect.Effect<Attempt, ApiFailed> {
    return this.#txn(key, revisionOf(existing), "delete", { type: "delete", key }, undefined, deadline_ms,
      (revision) => ({
        object: { ...last, metadata: { ...last.metadata, resourceVersion: String(revision) } } as ApiObject,
        revision, outcome: "removed"
      }))
  }

  #txn(
    key: string, expected: number, kind: "put" | "delete", operation: Operation, value: string | undefined,
    deadline_ms: number, done: (revision: number) => Written
  ): Effect.Effect<Attempt, ApiFailed> {
    return Effect.suspend(() => {
      const id = this.#invoked({ kind, key, expected, linearizable: true, ...(value === undefined ? {} : { value }) })
      return this.#client.request({
        type: "txn", compare: this.#parts.compareRevision(key, expected), success: [operation],
        failure: [{ type: "range", key }]
      }, `txn ${key}`, deadline_ms).pipe(
        Effect.tapError((failure) => Effect.sync(() => this.#unanswered(id, failure))),
        Effect.mapError(failed),
        Effect.map((answer) => this.#attempted(id, kind, answer, done))
      )
    })
  }

  #attempted(id: string, kind: "put" | "delete", answer: Answer, done: (revision: number) => Written): Attempt {
    if (answer.type === "txn" && answer.succeeded) {
      this.#returned(id, "ok", answer.revision, kind === "put" ? answer.revision : 0)
      return { type: "done", written: done(answer.revision) }
    }
    const found = answer.type === "txn" ? answer.results[0] : undefined
    const kv = found?.type === "range" ? found.kvs[0] : undefined
    this.#returned(id, "failed", answer.revision, kv?.modRevision ?? 0)
    return { type: "changed", current: kv === undefined ? undefined : decode(kv) }
  }

  #invoked(event: Omit<KvInvoked, "type" | "id">): string {
    this.#operations += 1
    const id = `${this.#idPrefix}.${this.#operations}`
    this.#wrote(id, { type: "kv.invoked", id, ...event }, "pending")
    return id
  }
  #returned(id: string, outcome: "ok" | "failed", revision: number, modRevision: number): void {
    this.#wrote(id, { type: "kv.returned", id, outcome, revision, modRevision }, outcome)
  }
  /** A request that had no effect counts as unknown too: nothing was learnt of the key. */
  #unanswered(id: string, _failure: EtcdFailed): void {
    this.#wrote(id, { type: "kv.returned", id, outcome: "unknown", revision: 0 }, "unknown")
  }
  #wrote(id: string, event: KvEvent, state: State): void {
    this.#journal.wrote("etcd.request", id, event, state)
  }
}

/** The answer to a change that is not made. */
const wouldBe = (existing: ApiObject | undefined, decision: Decision): Written => {
  const isWrite = decision.type === "write"
  return {
    object: isWrite ? decision.object : existing!, revision: existing === undefined ? 0 : revisionOf(existing),
    outcome: existing === undefined ? "created" : isWrite ? "written" : "removed"
  }
}

type Attempt =
  | { readonly type: "done"; readonly written: Written }
  /** Somebody else wrote in between; `current` is what is there now. */
  | { readonly type: "changed"; readonly current: ApiObject | undefined }
