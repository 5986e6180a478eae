/**
 * Spec: model/client.ts. client: requests to the API server, as client-go makes them.
 *
 * Deviates: client-go leaves a request without time-out open for as long as the server keeps it (60 s); here the
 * client itself gives up after that time. Only mutations are journalled, and of those not the leases'.
 */
import { Context, Effect, Layer } from "effect"
import { type ApiError, OutcomeUnknown, refused, Unreachable } from "#impl/client/errors.ts"
import { type Answer, Transport, unsent, type WatchMail } from "#impl/client/transport.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import type {
  FieldSelector, LabelSelector, PatchType, Preconditions, PropagationPolicy, Request, WatchFrameEvent
} from "#impl/ports/api.ts"
import { Network, Process } from "#impl/ports.ts"
import type { charts } from "#model/client.ts"
import type { EventOf } from "#model/events.ts"
import { clientRetries_max } from "#model/limits/client.ts"
import { requestTimeout_ms } from "#model/limits.ts"
import type { ApiObject, GivenObject, GivenObjects, Objects, Resource } from "#model/kinds.ts"
import type { Binding } from "#model/objects/pod.ts"

export interface ListResult<O> {
  readonly resourceVersion: string
  readonly items: ReadonlyArray<O>
}
export interface ListOptions {
  readonly namespace?: string
  readonly fieldSelector?: FieldSelector
  readonly labelSelector?: LabelSelector
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan"
}
export interface WatchOptions {
  readonly namespace?: string
  readonly fieldSelector?: FieldSelector
  readonly labelSelector?: LabelSelector
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: "NotOlderThan"
  readonly sendInitialEvents?: boolean
  readonly allowWatchBookmarks?: boolean
  readonly timeoutSeconds?: number
}
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly preconditions?: Preconditions
  readonly propagationPolicy?: PropagationPolicy
}
export interface WatchStream {
  /** The next event, or "closed" once the server or the connection ended the stream. */
  readonly next: Effect.Effect<WatchFrameEvent | "closed">
  readonly cancel: () => void
}

/**
 * One connection per process to the load balancer, multiplexed, redialled when it breaks. A request without an
 * answer fails after `requestTimeout_ms` (or `timeout_ms`) with OutcomeUnknown. 429 and 503 with Retry-After are
 * retried here as client-go does; nothing else is.
 */
export class Client extends Context.Service<Client, {
  readonly get: <R extends Resource>(
    resource: R, namespace: string, name: string,
    options?: { readonly resourceVersion?: string; readonly timeout_ms?: number }
  ) => Effect.Effect<Objects[R], ApiError>
  readonly list: <R extends Resource>(
    resource: R, options?: ListOptions
  ) => Effect.Effect<ListResult<Objects[R]>, ApiError>
  readonly watch: (resource: Resource, options: WatchOptions) => Effect.Effect<WatchStream, ApiError>
  readonly create: <R extends Resource>(resource: R, object: GivenObjects[R]) => Effect.Effect<Objects[R], ApiError>
  readonly bind: (binding: Binding) => Effect.Effect<void, ApiError>
  /** Conditional on object.metadata.resourceVersion where that is given. */
  readonly update: <R extends Resource>(
    resource: R, object: GivenObjects[R], options?: { readonly timeout_ms?: number }
  ) => Effect.Effect<Objects[R], ApiError>
  readonly updateStatus: <R extends Resource>(
    resource: R, object: GivenObjects[R]) => Effect.Effect<Objects[R], ApiError>
  readonly patch: <R extends Resource>(
    resource: R, namespace: string, name: string, patch: object
  ) => Effect.Effect<Objects[R], ApiError>
  /** A merge patch unless said. */
  readonly patchStatus: <R extends Resource>(
    resource: R, namespace: string, name: string, patch: object, type?: PatchType
  ) => Effect.Effect<Objects[R], ApiError>
  /** Succeeds when the object is gone or marked for deletion; NotFound is an error of that tag. */
  readonly delete: (
    resource: Resource, namespace: string, name: string, options?: DeleteOptions
  ) => Effect.Effect<void, ApiError>
  /** All that match: marked, or gone. */
  readonly deleteCollection: (
    resource: Resource, options: DeleteOptions & { readonly namespace: string }
  ) => Effect.Effect<void, ApiError>
  /** With the finalizers of its spec as they are here. */
  readonly finalize: (namespace: Objects["namespaces"]) => Effect.Effect<Objects["namespaces"], ApiError>
  /** Closes the connection: another server may answer better. Requests under way end without an answer. */
  readonly disconnect: () => void
}>()("impl/Client") {}

type State = StateOf<(typeof charts)["client.request"]>
type RequestEvent = EventOf<"request">
type Mutation = Extract<Request, { readonly verb: "create" | "update" | "patch" | "delete" | "deletecollection" }>

const nameOf = (request: Request): string =>
  "name" in request ? request.name : "object" in request ? request.object.metadata?.name ?? "" : ""
const kindOf = (request: Request): string =>
  `${request.verb} ${request.resource}/${request.namespace ?? ""}/${nameOf(request)}`

/** 429 and every 5xx that says when to come back; client-go rest/with_retry.go checkWait. */
const retryAfter_s = (answer: Answer): number | undefined =>
  answer.type === "status" && (answer.status.code === 429 || answer.status.code >= 500)
    ? answer.status.details?.retryAfterSeconds : undefined

/** What one request writes into the journal; undefined members for requests that are not told. */
interface Story {
  readonly sent: () => void
  readonly postponed: (code: number, after_s: number) => void
  readonly ended: (answer: Answer) => void
}

/** A server that gave up waiting for etcd does not know whether the write took effect. */
const isServerTimeout = (answer: Answer): boolean => answer.type === "status" && answer.status.code === 504

const storyOf = (
  journal: Journal["Service"], entity: string, request: Mutation, timeout_ms: number
): Story => {
  const write = (event: RequestEvent, state: State): void => journal.wrote("client.request", entity, event, state)
  const key = request.namespace === "" || request.namespace === undefined
    ? nameOf(request) : `${request.namespace}/${nameOf(request)}`
  const sent: RequestEvent = {
    type: "request.sent", verb: request.verb, resource: request.resource, key, timeout_ms,
    ...("subresource" in request && request.subresource !== undefined ? { subresource: request.subresource } : {})
  }
  return {
    sent: () => write(sent, "sent"),
    postponed: (code, after_s) => write({ type: "request.postponed", code, retryAfter_s: after_s }, "waiting"),
    ended: (answer) => {
      if (answer.type === "object") {
        const { uid, resourceVersion } = answer.object.metadata
        write({ type: "request.answered", code: answer.code, uid, revision: Number(resourceVersion) }, "succeeded")
      } else if (answer.type === "unsent") write({ type: "request.unreached" }, "unreached")
      else if (answer.type === "list") write({ type: "request.answered", code: 200 }, "succeeded")
      else if (answer.type === "unknown") write({ type: "request.outcomeUnknown", reason: answer.reason }, "unknown")
      else if (isServerTimeout(answer)) write({ type: "request.outcomeUnknown", reason: "server timeout" }, "unknown")
      else if (answer.type === "status") {
        const { code, reason, status } = answer.status
        const isFailure = status === "Failure"
        write({ type: "request.answered", code, ...(reason === undefined ? {} : { reason }) },
          isFailure ? "refused" : "succeeded")
      }
    }
  }
}

const fail = (answer: Answer, isMutation: boolean): Effect.Effect<never, ApiError> => {
  if (answer.type === "status") {
    return isMutation && isServerTimeout(answer)
      ? Effect.fail(new OutcomeUnknown({ reason: "timeout" }))
      : Effect.fail(refused(answer.status))
  }
  if (answer.type === "unknown") return Effect.fail(new OutcomeUnknown({ reason: answer.reason }))
  if (answer.type === "unsent") return Effect.fail(new Unreachable({ address: "api-server" }))
  return Effect.die(new Error(`client: an answer of type ${answer.type} does not fit its request`))
}

/** Requests of one process: sent, sent again when the server asks for it, told and decided. */
class Requests {
  readonly #transport: Transport
  readonly #journal: Journal["Service"]
  readonly #process: Process["Service"]
  #nextId = 1

  constructor(transport: Transport, journal: Journal["Service"], process: Process["Service"]) {
    this.#transport = transport
    this.#journal = journal
    this.#process = process
  }

  /** All tries together have `timeout_ms`, and for the last one's answer as long again. */
  #call(id: number, request: Request, timeout_ms: number, story?: Story) {
    return Effect.gen({ self: this }, function*() {
      const kind = kindOf(request)
      const options = { timeout_ms, onSent: story?.sent }
      const deadline_ms = this.#process.monotonic_ms() + timeout_ms
      for (let retries = 0; ; retries++) {
        const answer = yield* this.#transport.call(id, request, kind, options)
        const wait_s = retryAfter_s(answer)
        if (wait_s === undefined || retries >= clientRetries_max || answer.type !== "status") {
          story?.ended(answer)
          return answer
        }
        story?.postponed(answer.status.code, wait_s)
        const left_ms = deadline_ms - this.#process.monotonic_ms()
        yield* Effect.sleep(Math.max(0, Math.min(wait_s * 1000, left_ms)))
        if (wait_s * 1000 >= left_ms) {
          story?.ended(unsent)
          return unsent
        }
      }
    })
  }

  read<A extends Answer["type"]>(request: Request, type: A, timeout_ms = requestTimeout_ms) {
    return Effect.flatMap(this.#call(this.#nextId++, request, timeout_ms), (answer) => answer.type === type
      ? Effect.succeed(answer as Extract<Answer, { readonly type: A }>) : fail(answer, false))
  }

  mutate(request: Mutation, timeout_ms = requestTimeout_ms): Effect.Effect<ApiObject | undefined, ApiError> {
    const id = this.#nextId++
    const isTold = request.resource !== "leases" || request.verb === "deletecollection"
    const story = !isTold ? undefined
      : storyOf(this.#journal, `${this.#process.incarnation}.${id}`, request, timeout_ms)
    return Effect.flatMap(this.#call(id, request, timeout_ms, story), (answer) => {
      if (answer.type === "object") return Effect.succeed(answer.object)
      const isSuccess = answer.type === "list" || (answer.type === "status" && answer.status.status === "Success")
      return isSuccess ? Effect.succeed(undefined) : fail(answer, true)
    })
  }

  written<R extends Resource>(request: Mutation, timeout_ms?: number): Effect.Effect<Objects[R], ApiError> {
    return this.mutate(request, timeout_ms) as Effect.Effect<Objects[R], ApiError>
  }

  watch(resource: Resource, options: WatchOptions): Effect.Effect<WatchStream, ApiError> {
    return Effect.gen({ self: this }, function*() {
      const id = this.#nextId++
      const mailbox = this.#transport.openWatch(id)
      const answer = yield* this.#call(id, { verb: "watch", resource, ...options }, requestTimeout_ms)
      if (answer.type !== "watching") {
        this.#transport.cancelWatch(id)
        return yield* fail(answer, false)
      }
      const next: Effect.Effect<WatchMail> = mailbox.take
      return { next, cancel: () => this.#transport.cancelWatch(id) }
    })
  }
}

const clientOf = (requests: Requests, disconnect: () => void): Client["Service"] => Client.of({
  get: (resource, namespace, name, options) =>
    Effect.map(
      requests.read({ verb: "get", resource, namespace, name,
        ...(options?.resourceVersion === undefined ? {} : { resourceVersion: options.resourceVersion }) },
      "object", options?.timeout_ms),
      (answer) => answer.object as never),
  list: (resource, options) =>
    Effect.map(requests.read({ verb: "list", resource, ...options }, "list"), (answer) =>
      ({ resourceVersion: answer.resourceVersion, items: answer.items as never })),
  watch: (resource, options) => requests.watch(resource, options),
  create: (resource, object) =>
    requests.written({ verb: "create", resource, namespace: object.metadata?.namespace ?? "", object }),
  bind: (binding) => Effect.asVoid(requests.mutate({ verb: "create", resource: "pods", subresource: "binding",
    ...placeOf(binding), object: binding })),
  update: (resource, object, options) =>
    requests.written({ verb: "update", resource, ...placeOf(object), object }, options?.timeout_ms),
  updateStatus: (resource, object) =>
    requests.written({ verb: "update", resource, subresource: "status", ...placeOf(object), object }),
  patch: (resource, namespace, name, patch) =>
    requests.written({ verb: "patch", resource, namespace, name, patch }),
  patchStatus: (resource, namespace, name, patch, type) => requests.written({ verb: "patch", resource,
    subresource: "status", namespace, name, patch, ...(type === undefined ? {} : { type }) }),
  delete: (resource, namespace, name, options) =>
    Effect.asVoid(requests.mutate({ verb: "delete", resource, namespace, name, ...options })),
  deleteCollection: (resource, options) =>
    Effect.asVoid(requests.mutate({ verb: "deletecollection", resource, ...options })),
  finalize: (namespace) =>
    requests.written<"namespaces">({
      verb: "update", resource: "namespaces", subresource: "finalize", ...placeOf(namespace), object: namespace
    }),
  disconnect
})

/** The client of the calling process. `userAgent` names the component, e.g. "kubelet". */
export const make = Effect.fnUntraced(function*(userAgent: string) {
  const process = yield* Process
  const transport = new Transport(process, yield* Network, "api-server", userAgent)
  return clientOf(new Requests(transport, yield* Journal, process), () => transport.disconnect())
})

const placeOf = ({ metadata }: GivenObject | Binding): { readonly namespace: string; readonly name: string } =>
  ({ namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" })

export const layer = (userAgent: string): Layer.Layer<Client, never, Process | Network | Journal> =>
  Layer.effect(Client, make(userAgent))
