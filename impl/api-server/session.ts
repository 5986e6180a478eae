/**
 * api-server/session: one client's connection: its requests, each in a fiber of its own, and its watches.
 * Spec: model/api-server.ts.
 */
import { Effect } from "effect"
import { keyFor } from "#impl/api-server/codec.ts"
import { type Asked, type ServerContext, statusFrame } from "#impl/api-server/context.ts"
import { get, list } from "#impl/api-server/reads.ts"
import { strategyOf } from "#impl/api-server/registry.ts"
import { remove, removeCollection } from "#impl/api-server/removals.ts"
import { ApiFailed, deleted, shuttingDown, success } from "#impl/api-server/status.ts"
import type { Written } from "#impl/api-server/storage.ts"
import type { CloseReason, ServerWatch } from "#impl/api-server/watch.ts"
import { type Client, watch } from "#impl/api-server/watches.ts"
import { bind, create, patch, update } from "#impl/api-server/writes.ts"
import type { StateOf } from "#impl/journal.ts"
import type { ClientFrame, Preconditions, Request, ServerFrame } from "#impl/ports/api.ts"
import type { Connection } from "#impl/ports.ts"
import type { charts } from "#model/api-server.ts"
import type { EventOf } from "#model/events.ts"
import type { Resource } from "#model/kinds.ts"
import { requestTimeout_ms } from "#model/limits.ts"

type State = StateOf<(typeof charts)["api-server.write"]>
type Mutation = Extract<Request, { readonly verb: "update" | "patch" | "delete" }>

export class Session implements Client {
  readonly connection: Connection
  readonly #context: ServerContext
  readonly #name: string
  readonly #watches = new Map<number, ServerWatch>()
  /** Watches that are being opened and whose client has not lost interest. */
  readonly #wanted = new Set<number>()
  readonly #closed: (session: Session) => void

  constructor(
    context: ServerContext, connection: Connection, name: string, closed: (session: Session) => void
  ) {
    this.#context = context
    this.connection = connection
    this.#name = name
    this.#closed = closed
    connection.handle({
      frame: (frame: ClientFrame) => {
        if (frame.type === "cancel") this.#cancelled(frame.id)
        else this.#requested({
          id: frame.id, entity: `${this.#name}/${frame.id}`, agent: frame.userAgent, request: frame.request,
          deadline_ms: context.process.monotonic_ms() + requestTimeout_ms
        })
      },
      closed: () => {
        this.closeWatches("connection")
        this.#wanted.clear()
        this.#closed(this)
      }
    })
  }

  isWanted(id: number): boolean {
    return this.#wanted.has(id) && this.connection.isOpen
  }
  opened(id: number, watchOfId: ServerWatch): void {
    this.#wanted.delete(id)
    this.#watches.set(id, watchOfId)
  }
  ended(id: number): void {
    this.#watches.delete(id)
  }

  closeWatches(reason: CloseReason): void {
    for (const one of this.#watches.values()) this.#close(one, reason)
  }

  #close(one: ServerWatch, reason: CloseReason): void {
    one.close(this.#context.cachers[one.options.selection.resource].cache.revision, reason)
  }

  #cancelled(id: number): void {
    this.#wanted.delete(id)
    const one = this.#watches.get(id)
    if (one !== undefined) this.#close(one, "cancelled")
  }

  #send(frame: ServerFrame, request: Request): void {
    this.connection.send(frame, `${request.verb} ${request.resource}`)
  }

  #requested(asked: Asked): void {
    const { id, request } = asked
    const { gate, process } = this.#context
    if (gate.isClosed) return this.#send(statusFrame(id, new ApiFailed({ status: shuttingDown })), request)
    const isCounted = request.verb !== "watch"
    if (isCounted) gate.entered()
    process.fork(this.#answer(asked).pipe(
      Effect.map((frame) => {
        if (frame !== undefined) this.#send(frame, request)
      }),
      Effect.catchTag("ApiFailed", (failure) => Effect.sync(() => {
        this.#wanted.delete(id)
        this.#send(statusFrame(id, failure), request)
      })),
      Effect.ensuring(Effect.sync(() => {
        if (isCounted) gate.left()
      }))
    ))
  }

  #answer(asked: Asked): Effect.Effect<ServerFrame | undefined, ApiFailed> {
    const { deadline_ms, id, request } = asked
    const context = this.#context
    switch (request.verb) {
      case "get":
        return get(context, asked as Asked<typeof request>).pipe(
          Effect.map((object) => ({ type: "object", id, code: 200, object })))
      case "list":
        return list(context, asked as Asked<typeof request>).pipe(Effect.map(({ items, revision }) =>
          ({ type: "list", id, resourceVersion: String(revision), items })))
      case "watch":
        this.#wanted.add(id)
        return watch(context, this, asked as Asked<typeof request>).pipe(Effect.map(() => {
          this.#wanted.delete(id)
          return undefined
        }))
      case "create":
        if ("subresource" in request) {
          return bind(context, request, deadline_ms).pipe(
            Effect.map(() => ({ type: "status", id, status: success(201) })))
        }
        return create(context, request, deadline_ms).pipe(Effect.map((written) => objectFrame(id, written)))
      case "deletecollection":
        return removeCollection(context, asked as Asked<typeof request>).pipe(Effect.map(({ items, revision }) =>
          ({ type: "list", id, resourceVersion: String(revision), items })))
      case "delete":
        return this.#told(asked as Asked<typeof request>).pipe(
          Effect.map((written) => removalFrame(id, request.resource, written)))
      default:
        return this.#told(asked as Asked<typeof request>).pipe(Effect.map((written) => objectFrame(id, written)))
    }
  }

  #mutate({ deadline_ms, request }: Asked<Mutation>): Effect.Effect<Written, ApiFailed> {
    const context = this.#context
    if (request.verb === "update") return update(context, request, deadline_ms)
    return request.verb === "patch" ? patch(context, request, deadline_ms)
      : remove(context, request, deadline_ms)
  }

  /** A write with the client's condition, or a deletion, in the journal; a Lease's renewals are left to kv.* lines. */
  #told(asked: Asked<Mutation>): Effect.Effect<Written, ApiFailed> {
    const { agent, entity, request } = asked
    const { expected, uid } = conditionsOf(request)
    if (request.resource === "leases" || (request.verb !== "delete" && expected === 0)) return this.#mutate(asked)
    const { name, namespace, resource, verb } = request
    const grace = request.verb === "delete" ? request.gracePeriodSeconds : undefined
    const wrote = (event: EventOf<"write">, state: State): void =>
      this.#context.journal.wrote("api-server.write", entity, event, state)
    return Effect.suspend(() => {
      wrote({
        type: "write.requested", agent, verb, resource, key: keyFor(resource, namespace, name), expected, uid,
        ...(grace === undefined ? {} : { grace })
      }, "requested")
      return this.#mutate(asked).pipe(
        Effect.tap(({ object, outcome, revision }) => Effect.sync(() =>
          wrote({ type: "write.done", uid: object.metadata.uid, revision, removed: outcome === "removed" }, "done"))),
        Effect.tapError(({ status }) => Effect.sync(() => status.code === 504
          ? wrote({ type: "write.outcomeUnknown" }, "unknown")
          : wrote({ type: "write.refused", code: status.code, reason: status.reason ?? "" }, "refused")))
      )
    })
  }
}

const objectFrame = (id: number, { object, outcome, warnings }: Written): ServerFrame => ({
  type: "object", id, code: outcome === "created" ? 201 : 200, object, ...(warnings === undefined ? {} : { warnings })
})

/** What is gone is answered with a Status, but in kinds that give it back. */
const removalFrame = (id: number, resource: Resource, written: Written): ServerFrame => {
  const { name, uid } = written.object.metadata
  return written.outcome !== "removed" || strategyOf(resource).returnsDeleted ? objectFrame(id, written)
    : { type: "status", id, status: deleted(resource, name, uid) }
}

const conditionsOf = (request: Mutation): { readonly expected: number; readonly uid: string } => {
  const given = request.verb === "update" ? request.object.metadata
    : request.verb === "delete" ? request.preconditions ?? {}
    : (request.patch as { readonly metadata?: Preconditions }).metadata ?? {}
  return { expected: Number(given?.resourceVersion ?? "0"), uid: given?.uid ?? "" }
}
