/**
 * api-server/reads: get, list, and the opening of watches. Spec: model/api-server.ts, charts api-server.read and
 * api-server.watch.
 *
 * Source: apiserver storage/cacher/{cacher,delegator}.go; reference 3.4.
 */
import { Effect } from "effect"
import type { Cacher } from "#impl/api-server/cacher.ts"
import { decode, keyFor, prefixOf, revisionOf } from "#impl/api-server/codec.ts"
import type { Asked, ServerContext } from "#impl/api-server/context.ts"
import { type Selector, parseSelector } from "#impl/api-server/selectors.ts"
import {
  ApiFailed, badRequest, expired, internalError, invalidKind, notFound, outcomeUnknown, tooLargeVersion
} from "#impl/api-server/status.ts"
import { scopeOf } from "#impl/api-server/watch.ts"
import type { StateOf } from "#impl/journal.ts"
import type { Request } from "#impl/ports/api.ts"
import type { charts } from "#model/api-server.ts"
import type { EventOf } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import { forbidden } from "#model/objects/causes.ts"
import type { Status } from "#model/objects/status.ts"

type Get = Extract<Request, { readonly verb: "get" }>
type List = Extract<Request, { readonly verb: "list" }>
type ReadEvent = EventOf<"read">
type Mode = Extract<ReadEvent, { readonly type: "read.requested" }>["mode"]
type State = StateOf<(typeof charts)["api-server.read"]>

const fail = (status: Status): Effect.Effect<never, ApiFailed> => Effect.fail(new ApiFailed({ status }))

/** A client's resourceVersion as a number; undefined when it is none. */
export const parseRevision = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined)

/** "" reads etcd, "0" any cache, N a cache that is at least as new. */
export const get = (
  context: ServerContext, { deadline_ms, request }: Asked<Get>
): Effect.Effect<ApiObject, ApiFailed> => {
  const { name, namespace, resource, resourceVersion = "" } = request
  const cacher = context.cachers[resource]
  const asked = parseRevision(resourceVersion)
  if (resourceVersion !== "" && asked === undefined) {
    return fail(badRequest(`invalid resourceVersion ${resourceVersion}`))
  }
  if (asked === undefined || !cacher.cache.isReady) {
    return context.storage.get(resource, namespace, name, deadline_ms)
  }
  return cacher.waitUntil(asked).pipe(Effect.flatMap((isFresh) => {
    if (!isFresh) return fail(tooLargeVersion(asked, cacher.cache.revision))
    const object = cacher.cache.get(keyFor(resource, namespace, name))
    return object === undefined ? fail(notFound(resource, name)) : Effect.succeed(object)
  }))
}

export interface Listed {
  readonly items: ReadonlyArray<ApiObject>
  readonly revision: number
  readonly source: "cache" | "etcd"
}

const modeOf = ({ resourceVersion = "", resourceVersionMatch }: List): Mode => {
  if (resourceVersion === "") return "consistent"
  if (resourceVersionMatch === "Exact") return "exact"
  return resourceVersion === "0" ? "any" : "notOlderThan"
}

/** Source: ValidateListOptions in apimachinery apis/meta/internalversion/validation, v1.36. */
const problemWith = ({ resourceVersion = "", resourceVersionMatch }: List): Status | undefined => {
  if (resourceVersion !== "" && parseRevision(resourceVersion) === undefined) {
    return badRequest(`invalid resourceVersion ${resourceVersion}`)
  }
  const problem = resourceVersionMatch === undefined ? undefined
    : resourceVersion === "" ? "resourceVersionMatch is forbidden unless resourceVersion is provided"
    : resourceVersion === "0" && resourceVersionMatch === "Exact"
      ? "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"" : undefined
  return problem === undefined ? undefined
    : invalidKind("ListOptions", "meta.k8s.io", "", [forbidden("resourceVersionMatch", problem)])
}

/** Straight from etcd, at `revision` or, when that is 0, at its latest. */
const listFromEtcd = (
  context: ServerContext, cacher: Cacher, selector: Selector, revision: number, deadline_ms: number
): Effect.Effect<Listed, ApiFailed> => {
  const key = prefixOf(cacher.resource)
  return context.etcd.request(
    { type: "range", key, prefix: true, ...(revision === 0 ? {} : { revision }) }, `range ${key}`, deadline_ms
  ).pipe(
    Effect.mapError((failure) => new ApiFailed({
      status: failure.code === "compacted" ? expired(revision, cacher.cache.oldest)
        : failure.code === "futureRevision" ? tooLargeVersion(revision, cacher.cache.revision)
        : failure.effect === "none" ? internalError(`etcdserver: ${failure.code}`)
        : outcomeUnknown(`etcdserver: ${failure.code}`)
    })),
    Effect.map((answer): Listed => ({
      items: answer.type === "range" ? answer.kvs.map(decode).filter(selector.matches) : [],
      revision: revision === 0 ? answer.revision : revision, source: "etcd"
    }))
  )
}

const fromCache = ({ cache }: Cacher, selector: Selector): Listed =>
  ({ items: cache.list(selector), revision: cache.revision, source: "cache" })

/** The revision that a consistent read needs, asked of etcd. */
export const requiredRevision = (cacher: Cacher, deadline_ms: number): Effect.Effect<number, ApiFailed> =>
  cacher.currentRevision(deadline_ms).pipe(Effect.mapError((failure) => new ApiFailed({
    status: failure.effect === "none" ? internalError(`etcdserver: ${failure.code}`)
      : outcomeUnknown(`etcdserver: ${failure.code}`)
  })))

const listBy = (
  context: ServerContext, cacher: Cacher, selector: Selector, mode: Mode,
  { asked, deadline_ms }: { readonly asked: number; readonly deadline_ms: number }
): Effect.Effect<Listed, ApiFailed> => Effect.suspend(() => {
  if (mode === "exact") return listFromEtcd(context, cacher, selector, asked, deadline_ms)
  if (!cacher.cache.isReady) return listFromEtcd(context, cacher, selector, 0, deadline_ms)
  if (mode === "any") {
    const { revision } = cacher.cache
    const items = context.parts.listAnyAge(cacher.cache, selector)
    return Effect.succeed<Listed>({ items, revision, source: "cache" })
  }
  if (mode === "notOlderThan") {
    return cacher.waitUntil(asked).pipe(Effect.flatMap((isFresh) =>
      !isFresh ? fail(tooLargeVersion(asked, cacher.cache.revision))
      : cacher.cache.isReady ? Effect.succeed(fromCache(cacher, selector))
      : listFromEtcd(context, cacher, selector, 0, deadline_ms)))
  }
  return requiredRevision(cacher, deadline_ms).pipe(
    Effect.flatMap((revision) => cacher.waitUntil(revision)),
    Effect.flatMap((isFresh) => isFresh && cacher.cache.isReady ? Effect.succeed(fromCache(cacher, selector))
      : listFromEtcd(context, cacher, selector, 0, deadline_ms))
  )
})

export const list = (
  context: ServerContext, { agent, deadline_ms, entity, request }: Asked<List>
): Effect.Effect<Listed, ApiFailed> => {
  const mode = modeOf(request)
  const selector = parseSelector(request)
  const problem = problemWith(request)
  if (problem !== undefined) return fail(problem)
  if ("error" in selector) return fail(selector.error)
  const asked = parseRevision(request.resourceVersion ?? "") ?? 0
  const wrote = (event: ReadEvent, state: State): void => context.journal.wrote("api-server.read", entity, event, state)
  return Effect.suspend(() => {
    wrote({ type: "read.requested", agent, ...scopeOf(request), asked, mode }, "requested")
    return listBy(context, context.cachers[request.resource], selector, mode, { asked, deadline_ms }).pipe(
      Effect.tap(({ items, revision, source }) => Effect.sync(() => {
        let versions = 0
        for (const item of items) versions += revisionOf(item)
        wrote({ type: "read.served", revision, source, count: items.length, versions }, "served")
      })),
      Effect.tapError(({ status }) => Effect.sync(() =>
        wrote({ type: "read.refused", code: status.code, reason: status.reason ?? "" }, "refused")))
    )
  })
}
