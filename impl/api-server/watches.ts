/**
 * api-server/watches: opens watches. Spec: model/api-server.ts, chart api-server.watch.
 *
 * Source: apiserver storage/cacher/cacher.go Watch; endpoints/handlers/get.go; reference 3.4.
 */
import { Effect } from "effect"
import type { Cacher } from "#impl/api-server/cacher.ts"
import { type Asked, type ServerContext } from "#impl/api-server/context.ts"
import { parseRevision, requiredRevision } from "#impl/api-server/reads.ts"
import { parseSelector, type Selector } from "#impl/api-server/selectors.ts"
import { ApiFailed, badRequest, expired, notReady, tooLargeVersion } from "#impl/api-server/status.ts"
import { scopeOf, ServerWatch } from "#impl/api-server/watch.ts"
import type { Request, ServerFrame, WatchFrameEvent } from "#impl/ports/api.ts"
import type { Connection } from "#impl/ports.ts"
import type { EventOf } from "#model/events.ts"
import { watchTimeout_min_ms } from "#model/limits/api-server.ts"
import type { Status } from "#model/objects/status.ts"

type Watch = Extract<Request, { readonly verb: "watch" }>
type Refusal = Extract<EventOf<"serverWatch">, { readonly type: "serverWatch.refused" }>

/** The connection that a watch is opened on. */
export interface Client {
  readonly connection: Connection
  readonly isWanted: (id: number) => boolean
  readonly opened: (id: number, watch: ServerWatch) => void
  readonly ended: (id: number) => void
}

const fail = (status: Status): Effect.Effect<never, ApiFailed> => Effect.fail(new ApiFailed({ status }))

/** Says no to a watch: before its stream began, or as the first and only event of it. */
const refused = (
  context: ServerContext, asked: Asked<Watch>, cacher: Cacher, reason: Refusal["reason"], requested: number
): void => {
  const { agent, entity, request } = asked
  const { oldest, revision: current } = cacher.cache
  context.journal.wrote("api-server.watch", entity, {
    type: "serverWatch.refused", agent, ...scopeOf(request), requested, oldest, current, reason
  }, "refused")
}

/** HTTP 200 and then a single ERROR event: the form in which a stream is refused. */
const endWithError = (client: Client, id: number, status: Status): void => {
  const event: WatchFrameEvent = { type: "ERROR", status }
  const frames: ReadonlyArray<ServerFrame> =
    [{ type: "watching", id }, { type: "event", id, event }, { type: "watchClosed", id }]
  for (const frame of frames) client.connection.send(frame, "watch error")
}

const timeout_ms = (context: ServerContext, { agent, request }: Asked<Watch>): number => {
  const { resource, timeoutSeconds = 0 } = request
  if (timeoutSeconds > 0) return timeoutSeconds * 1000
  return Math.floor(watchTimeout_min_ms * (1 + context.draws.unit("api-server/watchTimeout", `${agent}/${resource}`)))
}

const opened = (
  context: ServerContext, client: Client, asked: Asked<Watch>, cacher: Cacher, selector: Selector, required: number
): ServerWatch => new ServerWatch(context.process, context.journal, client.connection, {
  id: asked.id, entity: asked.entity, agent: asked.agent, selection: asked.request, selector, required,
  bookmarks: asked.request.allowWatchBookmarks === true,
  timeout_ms: timeout_ms(context, asked),
  bookmarkDue: (watch) => watch.bookmark(cacher.cache.revision),
  timedOut: (watch) => watch.close(cacher.cache.revision, "timeout"),
  ended: (watch) => {
    cacher.remove(watch)
    client.ended(asked.id)
  }
})

/** Everything that is there, as ADDED, then what follows. */
const openWithState = (
  context: ServerContext, client: Client, asked: Asked<Watch>, cacher: Cacher, selector: Selector, required: number
): void => {
  const watch = opened(context, client, asked, cacher, selector, required)
  client.opened(asked.id, watch)
  watch.open(cacher.cache.revision, cacher.cache.list(selector), [])
  cacher.add(watch)
}

/** What came after `revision`, then what follows. */
const openAfter = (
  context: ServerContext, client: Client, asked: Asked<Watch>, cacher: Cacher, selector: Selector, revision: number
): void => {
  const { cache } = cacher
  if (revision < cache.oldest) {
    refused(context, asked, cacher, "Expired", revision)
    endWithError(client, asked.id, expired(revision, cache.oldest))
    return
  }
  const watch = opened(context, client, asked, cacher, selector, 0)
  client.opened(asked.id, watch)
  watch.open(revision, undefined, cache.since(context.parts.watchStart(cache, revision)))
  cacher.add(watch)
}

/** Whether the watch may begin now: it is still wanted, and the cache was not emptied while it waited. */
const mayBegin = (
  context: ServerContext, client: Client, asked: Asked<Watch>, cacher: Cacher, requested: number
): Effect.Effect<boolean, ApiFailed> => Effect.suspend(() => {
  if (!client.isWanted(asked.id)) return Effect.succeed(false)
  if (cacher.cache.isReady) return Effect.succeed(true)
  refused(context, asked, cacher, "TooManyRequests", requested)
  return fail(notReady(asked.request.resource))
})

/** True when the cache is there and new enough; else the refusal has been told. */
const awaitRevision = (
  context: ServerContext, client: Client, asked: Asked<Watch>, cacher: Cacher, revision: number
): Effect.Effect<boolean, ApiFailed> => cacher.waitUntil(revision).pipe(Effect.flatMap((isFresh) => {
  if (isFresh || !cacher.cache.isReady) return mayBegin(context, client, asked, cacher, revision)
  if (client.isWanted(asked.id)) {
    refused(context, asked, cacher, "Timeout", revision)
    endWithError(client, asked.id, tooLargeVersion(revision, cacher.cache.revision))
  }
  return Effect.succeed(false)
}))

const problemWith = ({ resourceVersion = "", resourceVersionMatch, sendInitialEvents }: Watch): string | undefined => {
  if (resourceVersion !== "" && parseRevision(resourceVersion) === undefined) return "invalid resourceVersion"
  if (sendInitialEvents === true && resourceVersionMatch !== "NotOlderThan") {
    return "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
  }
  return sendInitialEvents !== true && resourceVersionMatch !== undefined
    ? "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided" : undefined
}

export const watch = (context: ServerContext, client: Client, asked: Asked<Watch>): Effect.Effect<void, ApiFailed> => {
  const { request } = asked
  const cacher = context.cachers[request.resource]
  const problem = problemWith(request)
  const selector = parseSelector(request)
  if (problem !== undefined) return fail(badRequest(problem))
  if ("error" in selector) return fail(selector.error)
  const revision = parseRevision(request.resourceVersion ?? "")
  const begins = mayBegin(context, client, asked, cacher, revision ?? 0)
  if (request.sendInitialEvents === true) {
    const required = !cacher.cache.isReady ? Effect.succeed(0)
      : revision === undefined ? requiredRevision(cacher, asked.deadline_ms) : Effect.succeed(revision)
    return Effect.flatMap(required, (needed) => Effect.map(begins, (mayOpen) => {
      if (!mayOpen) return
      // Asked for any age: the end of the initial events is told at whatever revision they have.
      const atLeast = needed === 0 ? cacher.cache.revision : needed
      openWithState(context, client, asked, cacher, selector, request.allowWatchBookmarks === true ? atLeast : 0)
    }))
  }
  if (revision === 0) {
    return Effect.map(begins, (mayOpen) => {
      if (mayOpen) openWithState(context, client, asked, cacher, selector, 0)
    })
  }
  if (!cacher.cache.isReady) return Effect.asVoid(begins)
  if (revision === undefined) {
    return requiredRevision(cacher, asked.deadline_ms).pipe(
      Effect.flatMap((needed) => awaitRevision(context, client, asked, cacher, needed)),
      Effect.map((isReady) => {
        if (isReady) openWithState(context, client, asked, cacher, selector, 0)
      }))
  }
  return awaitRevision(context, client, asked, cacher, revision).pipe(Effect.map((isReady) => {
    if (isReady) openAfter(context, client, asked, cacher, selector, revision)
  }))
}
