/**
 * client: requests to the API server, as client-go makes them. Spec: model/client.ts.
 */
import { Context, type Effect, Schema } from "effect"
import type { FieldSelector, LabelSelector, Preconditions, WatchFrameEvent } from "#impl/ports/api.ts"
import { Status, type Binding, type Objects, type Resource } from "#model/objects.ts"

/** The server answered with a metav1.Status of failure: the request had no effect (see `status.reason`). */
export class StatusError extends Schema.TaggedError<StatusError>()("StatusError", { status: Status }) {}
/** No answer: the request may or may not have taken effect. Must be resolved by reading. */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", {
  reason: Schema.Literals(["timeout", "connection lost"])
}) {}
/** The request was never sent: no API server could be reached. It had no effect. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", { address: Schema.String }) {}
export type ApiError = StatusError | OutcomeUnknown | Unreachable

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
    resource: R, namespace: string, name: string, options?: { readonly resourceVersion?: string; readonly timeout_ms?: number }
  ) => Effect.Effect<Objects[R], ApiError>
  readonly list: <R extends Resource>(resource: R, options?: ListOptions) => Effect.Effect<ListResult<Objects[R]>, ApiError>
  readonly watch: (resource: Resource, options: WatchOptions) => Effect.Effect<WatchStream, ApiError>
  readonly create: <R extends Resource>(resource: R, object: Objects[R]) => Effect.Effect<Objects[R], ApiError>
  readonly bind: (binding: Binding) => Effect.Effect<void, ApiError>
  /** Conditional on object.metadata.resourceVersion unless that is "". */
  readonly update: <R extends Resource>(
    resource: R, object: Objects[R], options?: { readonly timeout_ms?: number }
  ) => Effect.Effect<Objects[R], ApiError>
  readonly updateStatus: <R extends Resource>(resource: R, object: Objects[R]) => Effect.Effect<Objects[R], ApiError>
  readonly patch: <R extends Resource>(
    resource: R, namespace: string, name: string, patch: object
  ) => Effect.Effect<Objects[R], ApiError>
  readonly patchStatus: <R extends Resource>(
    resource: R, namespace: string, name: string, patch: object
  ) => Effect.Effect<Objects[R], ApiError>
  /** Succeeds when the object is gone or marked for deletion; NotFound is a StatusError. */
  readonly delete: (
    resource: Resource, namespace: string, name: string, options?: DeleteOptions
  ) => Effect.Effect<void, ApiError>
}>()("impl/Client") {}
