/**
 * controller/sync: one look of a controller at one key: what it writes, and what it says of it.
 * Source: pkg/controller/controller_utils.go, controller_ref_manager.go ClaimPods, AdoptPod, ReleasePod;
 * replicaset/replica_set.go slowStartBatch and manageReplicas, replica_set_utils.go updateReplicaSetStatus, v1.36.
 * Deviates: after a conflict a status is not written into another object that has the name by now.
 */
import { Effect, Result } from "effect"
import type { Client } from "#impl/client.ts"
import { type ApiError, hasCause, reasonOf } from "#impl/client/errors.ts"
import type { Expectations } from "#impl/controller/expectations.ts"
import { ownerReference, withOwners } from "#impl/controller/references.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { charts } from "#model/controller.ts"
import type { EventOf } from "#model/events.ts"
import type { ApiObject, GivenObjects, Objects, Resource } from "#model/kinds.ts"
import * as limits from "#model/limits/controller.ts"

type State = StateOf<(typeof charts)["controller.sync"]>
type Wrote = Extract<EventOf<"sync">, { readonly type: "sync.wrote" }>
/** What a write was; of an object that is known before it is made, with its uid. */
type Writing = Pick<Wrote, "verb" | "resource" | "subresource"> & { readonly uid?: string }

export interface Creation {
  readonly verb: "create"
  readonly resource: Resource
  readonly object: GivenObjects[Resource]
}
export interface Deletion {
  readonly verb: "delete"
  readonly resource: Resource
  readonly object: ApiObject
}
export type Write = Creation | Deletion

export interface Shared {
  readonly client: Client["Service"]
  readonly journal: Journal["Service"]
  readonly expectations: Expectations | undefined
  /** Has each informer that the controller looks at say what it shows. */
  readonly tell: () => void
  /** The object of that key and uid wrote at this revision. */
  readonly noteWrite: (key: string, uid: string, resource: Resource, revision: number) => void
}

export class Sync<R extends Resource> {
  readonly key: string
  readonly object: Objects[R]
  readonly resource: R
  readonly #shared: Shared
  readonly #entity: string
  #state: State = "idle"

  constructor(shared: Shared, queue: string, resource: R, key: string, object: Objects[R]) {
    this.#shared = shared
    this.#entity = `${queue}:${key}`
    this.key = key
    this.resource = resource
    this.object = object
  }

  /** Before anything is done: from here on it is known what was seen. */
  begin(): void {
    if (this.#state !== "idle") return
    this.#shared.tell()
    this.#tell({ type: "sync.began", uid: this.object.metadata.uid }, "looking")
  }

  plan(writes: ReadonlyArray<Write>, reports: boolean, acts: boolean): void {
    this.begin()
    const deletes = writes.flatMap(({ object, verb }) => verb === "delete" ? [object.metadata!.uid!] : [])
    this.#tell({ type: "sync.planned", creates: writes.length - deletes.length, deletes, reports, acts },
      acts ? "acting" : { working: reports ? "reporting" : "plain" })
  }

  ended(outcome: "done" | "failed"): void {
    if (this.#state !== "idle") this.#tell({ type: "sync.ended", outcome }, "idle")
  }

  /** Does it and says how it ended. */
  write<A extends ApiObject | void>(
    { uid, ...writing }: Writing, effect: Effect.Effect<A, ApiError>,
    enters: readonly [State, State] = [this.#state, this.#state]
  ): Effect.Effect<A, ApiError> {
    return Effect.tapError(Effect.tap(effect, (answer) => Effect.sync(() => {
      const meta = (answer as ApiObject | undefined)?.metadata
      const revision = meta === undefined ? {} : { revision: Number(meta.resourceVersion) }
      this.#tell({ type: "sync.wrote", ...writing, uid: meta?.uid ?? uid!, ...revision }, enters[0])
    })), (error) => Effect.sync(() => {
      const reason = isTerminating(error) ? "NamespaceTerminating" : reasonOf(error)
      this.#tell({ type: "sync.failed", ...writing, ...(uid === undefined ? {} : { uid }), reason }, enters[1])
    }))
  }

  /** What it no longer selects leaves, orphans that it selects come. The orphans that came. */
  claim(releases: ReadonlyArray<ApiObject>, adopts: ReadonlyArray<ApiObject>, kind: Resource) {
    return Effect.gen({ self: this }, function*() {
      const { uid } = this.object.metadata
      let failure: ApiError | undefined
      for (const object of releases) {
        const owners = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid)
        const left = yield* Effect.result(this.#patchOwners(kind, object, owners))
        if (Result.isFailure(left) && !isGone(left.failure)) failure ??= left.failure
      }
      const adopted: Array<ApiObject> = []
      if (adopts.length > 0) {
        yield* this.#mayAdopt
        const reference = ownerReference(this.resource, this.object)
        for (const object of adopts) {
          const owners = [...object.metadata.ownerReferences ?? [], reference]
          const came = yield* Effect.result(this.#patchOwners(kind, object, owners))
          if (Result.isSuccess(came)) {
            this.#noteWrite(kind, came.success)
            adopted.push(object)
          } else if (!isGone(came.failure)) failure ??= came.failure
        }
      }
      if (failure !== undefined) return yield* Effect.fail(failure)
      return adopted
    })
  }

  /** It still exists under its uid and is not being deleted: asked of the API server, never of the informer. */
  get #mayAdopt(): Effect.Effect<void, ApiError | MayNotAdopt> {
    const { name, namespace = "", uid } = this.object.metadata
    return Effect.flatMap(this.#shared.client.get(this.resource, namespace, name), ({ metadata }) =>
      metadata.uid === uid && metadata.deletionTimestamp === undefined ? Effect.void : Effect.fail(new MayNotAdopt()))
  }

  #patchOwners(kind: Resource, object: ApiObject, owners: NonNullable<ApiObject["metadata"]["ownerReferences"]>) {
    const { name, namespace = "", uid } = object.metadata
    return this.write({ verb: "patch", resource: kind, uid },
      Effect.suspend(() => this.#shared.client.patch(kind, namespace, name, withOwners(object, owners))))
  }

  /** Deletions, then creations, which are tried in any case. The first failure. */
  perform(writes: ReadonlyArray<Write>): Effect.Effect<void, ApiError> {
    return Effect.gen({ self: this }, function*() {
      const deletions = writes.filter((write) => write.verb === "delete")
      const creations = writes.filter((write) => write.verb === "create")
      this.#shared.expectations?.set(this.key, creations.length, deletions.map(({ object }) => object.metadata.uid))
      const failure = (yield* this.#deleteAll(deletions)) ?? (yield* this.#createAll(creations))
      if (failure !== undefined) return yield* Effect.fail(failure)
    })
  }

  #deleteAll(deletions: ReadonlyArray<Deletion>): Effect.Effect<ApiError | undefined> {
    const { client, expectations } = this.#shared
    return Effect.map(Effect.all(deletions.map(({ object, resource }) => {
      const { name, namespace = "", uid } = object.metadata
      return Effect.match(
        this.write({ verb: "delete", resource, uid }, Effect.suspend(() => client.delete(resource, namespace, name))), {
          onSuccess: () => undefined,
          onFailure: (error) => {
            expectations?.deletionObserved(this.key, uid)
            return isGone(error) ? undefined : error
          }
        })
    }), { concurrency: "unbounded" }), (errors) => errors.find((error) => error !== undefined))
  }

  /** 1, 2, 4, … at once while all succeed: what cannot succeed does not flood the API server. */
  #createAll(creations: ReadonlyArray<Creation>): Effect.Effect<ApiError | undefined> {
    return Effect.gen({ self: this }, function*() {
      let done = 0
      let failure: ApiError | undefined
      for (let from = 0, size = limits.slowStartInitialBatch; from < creations.length && failure === undefined;) {
        const batch = creations.slice(from, from + size)
        this.#tell({ type: "sync.batchStarted", size: batch.length }, this.#state)
        const errors = yield* Effect.all(batch.map((one) => this.#create(one)), { concurrency: "unbounded" })
        for (const error of errors) {
          if (error === undefined) done++
          else failure ??= error
        }
        from += batch.length
        size = batch.length * 2
      }
      // What was never tried, or failed, will not be seen. It may be seen nevertheless when the outcome is unknown.
      for (; done < creations.length; done++) this.#shared.expectations?.creationObserved(this.key)
      return failure
    })
  }

  /** In a namespace that terminates nothing can be created, and nothing needs to be. */
  #create({ object, resource }: Creation): Effect.Effect<ApiError | undefined> {
    return Effect.match(this.write({ verb: "create", resource },
      Effect.suspend(() => this.#shared.client.create(resource, object))), {
      onSuccess: (created): ApiError | undefined => {
        this.#noteWrite(resource, created)
        return undefined
      },
      onFailure: (error): ApiError | undefined => isTerminating(error) ? undefined : error
    })
  }

  /** Writes it; after a failure once more, on the object as it is now. */
  report(
    status: object, on: Objects[R] = this.object, retries = limits.statusUpdateRetries
  ): Effect.Effect<void, ApiError> {
    const { client } = this.#shared
    const { name, namespace = "", uid } = on.metadata
    const written = this.write({ verb: "update", resource: this.resource, subresource: "status", uid },
      client.updateStatus(this.resource, { ...on, status } as Objects[R]), ["reported", "retrying"])
    return Effect.matchEffect(written, {
      onSuccess: (answer) => Effect.sync(() => this.#noteWrite(this.resource, answer)),
      onFailure: (error) => retries === 0 ? Effect.fail(error)
        : Effect.flatMap(client.get(this.resource, namespace, name), (live) =>
          live.metadata.uid === uid ? this.report(status, live, retries - 1) : Effect.fail(error))
    })
  }

  #noteWrite(resource: Resource, { metadata: { resourceVersion } }: ApiObject): void {
    this.#shared.noteWrite(this.key, this.object.metadata.uid, resource, Number(resourceVersion))
  }

  #tell(event: EventOf<"sync">, state: State): void {
    this.#state = state
    this.#shared.journal.wrote("controller.sync", this.#entity, event, state)
  }
}

/** What was deleted and should be gone by now. */
export class StillThere {
  readonly _tag = "StillThere"
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}
/** The live object is another one, or being deleted. */
export class MayNotAdopt { readonly _tag = "MayNotAdopt" }

const isGone = (error: ApiError): boolean => error._tag === "NotFound"
const isTerminating = (error: ApiError): boolean => hasCause(error, "NamespaceTerminating")
