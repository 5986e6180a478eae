/**
 * informer/first-copy: how a reflector gets a whole copy of its resource. Spec: model/informer.ts.
 *
 * By default as client-go since 1.35: one watch whose initial events are a consistent read and which simply goes on,
 * or a consistent list where the server cannot stream one.
 * Deviates: client-go's fallback lists at resourceVersion 0 the first time, from a cache of any age.
 */
import { Effect } from "effect"
import type { Client, ListOptions, WatchStream } from "#impl/client.ts"
import { type ApiError, OutcomeUnknown, refused } from "#impl/client/errors.ts"
import { type ApiObject, type Objects, type Resource, keyOf } from "#model/kinds.ts"

export type Selectors = Pick<ListOptions, "namespace" | "fieldSelector" | "labelSelector">

export interface Copy<O> {
  readonly items: ReadonlyArray<O>
  readonly resourceVersion: string
  /** The watch that delivered the copy and goes on after it. */
  readonly stream?: WatchStream
}

/** `atLeast`: the resourceVersion that the copy must have reached; "" asks for a consistent read. */
export type FirstCopy = <R extends Resource>(
  client: Client["Service"], resource: R, selectors: Selectors, atLeast: string, timeoutSeconds: number
) => Effect.Effect<Copy<Objects[R]>, ApiError>

export const streamedCopy: FirstCopy = Effect.fnUntraced(
  function*<R extends Resource>(
    client: Client["Service"], resource: R, selectors: Selectors, atLeast: string, timeoutSeconds: number
  ) {
    const stream = yield* client.watch(resource, {
      ...selectors, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true,
      timeoutSeconds, ...(atLeast === "" ? {} : { resourceVersion: atLeast })
    })
    const objects = new Map<string, ApiObject>()
    for (;;) {
      const event = yield* stream.next
      if (event === "closed") return yield* new OutcomeUnknown({ reason: "connection lost" })
      if (event.type === "ERROR") {
        stream.cancel()
        return yield* refused(event.status)
      }
      if (event.type === "BOOKMARK") {
        if (!event.initialEventsEnd) continue
        return { items: [...objects.values()] as Array<Objects[R]>, resourceVersion: event.resourceVersion, stream }
      }
      if (event.type === "DELETED") objects.delete(keyOf(event.object))
      else objects.set(keyOf(event.object), event.object)
    }
  }
)

export const listedCopy: FirstCopy = (client, resource, selectors, atLeast) =>
  client.list(resource, { ...selectors, ...(atLeast === "" ? {} : { resourceVersion: atLeast }) })

/**
 * The server does not know initial events, or the stream broke before they ended: what isWatchErrorRetriable and its
 * neighbours in watchList of client-go's reflector do not try again ends in a list.
 */
const cannotStream = (error: ApiError): boolean => error._tag === "OutcomeUnknown" || error._tag === "Invalid"
  || (error._tag === "Refused" && [400, 405].includes(error.status.code))

export const consistentCopy: FirstCopy = (client, resource, selectors, atLeast, timeoutSeconds) =>
  Effect.catch(streamedCopy(client, resource, selectors, atLeast, timeoutSeconds), (error) => cannotStream(error)
    ? listedCopy(client, resource, selectors, atLeast, timeoutSeconds) : Effect.fail(error))
