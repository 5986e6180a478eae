/**
 * api-server/removals: deletions, of one object and of all that match. Spec: model/api-server.ts, charts
 * api-server.write and api-server.object.
 *
 * Source: apiserver registry/generic/registry/store.go Delete, DeleteCollection; registry/rest/delete.go.
 */
import { Effect } from "effect"
import { keyFor } from "#impl/api-server/codec.ts"
import type { Asked, ServerContext } from "#impl/api-server/context.ts"
import { list } from "#impl/api-server/reads.ts"
import { ApiFailed, conflict, invalidKind, methodNotAllowed, notFound } from "#impl/api-server/status.ts"
import type { Decide, Decision } from "#impl/api-server/storage.ts"
import type { Result } from "#impl/api-server/writes.ts"
import type { Preconditions, Request } from "#impl/ports/api.ts"
import { type ApiObject, kinds, type Resource } from "#model/kinds.ts"
import { notSupported } from "#model/objects/causes.ts"
import type { Status } from "#model/objects/status.ts"

type Delete = Extract<Request, { readonly verb: "delete" }>
type DeleteCollection = Extract<Request, { readonly verb: "deletecollection" }>

const refuse = (status: Status): Decision => ({ type: "refuse", status })
const fail = (status: Status): Effect.Effect<never, ApiFailed> => Effect.fail(new ApiFailed({ status }))

const policies = ["Background", "Foreground", "Orphan"]

/** What the client demands of the object that it deletes, in the words of that place. */
const unmet = (
  context: ServerContext, resource: Resource, existing: ApiObject, demanded: Preconditions
): Status | undefined => {
  const refusal = context.parts.checkPreconditions(resource, existing, demanded)
  if (refusal === undefined) return undefined
  const { name, resourceVersion, uid } = existing.metadata
  const isUid = (demanded.uid ?? "") !== "" && demanded.uid !== uid
  if (resource === "namespaces") {
    const [what, asked, found] = isUid ? ["UID", demanded.uid, uid]
      : ["ResourceVersion", demanded.resourceVersion, resourceVersion]
    return conflict(resource, name,
      `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${found}`)
  }
  const { group, kind } = kinds[resource]
  return conflict(kind, name, isUid
    ? `the UID in the precondition (${demanded.uid}) does not match the UID in record (${uid}). The object might have `
      + "been deleted and then recreated"
    : `the ResourceVersion in the precondition (${demanded.resourceVersion}) does not match the ResourceVersion in `
      + `record (${resourceVersion}). The object might have been modified`, group)
}

/**
 * Marks, removes, or both, one after the other. A server that dies in between leaves an object with grace 0; the next
 * DELETE removes it.
 */
export const remove = (context: ServerContext, request: Delete, deadline_ms: number): Result => {
  const { dryRun = false, gracePeriodSeconds, name, namespace, preconditions = {}, propagationPolicy, resource } =
    request
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy)) {
    return fail(invalidKind("DeleteOptions", "meta.k8s.io", "",
      [notSupported("propagationPolicy", propagationPolicy, [...policies, "nil"])]))
  }
  let uid: string | undefined
  let removeNext = false
  const decide: Decide = (existing) => {
    if (existing === undefined) return refuse(notFound(resource, name))
    const refusal = unmet(context, resource, existing, uid === undefined ? preconditions : { uid })
    if (refusal !== undefined) return refuse(refusal)
    const decision = context.parts.decideDeletion(existing, gracePeriodSeconds, Math.floor(context.process.wall_ms()),
      propagationPolicy)
    removeNext = decision.type === "mark" && decision.thenRemove
    if (decision.type === "remove") return { type: "remove" }
    return decision.type === "pending" ? { type: "keep" } : { type: "write", object: decision.object }
  }
  return Effect.gen(function* () {
    yield* context.admission.remove(resource, name)
    const suggestion = context.cachers[resource].cache.get(keyFor(resource, namespace, name))
    const marked = yield* context.storage.change(resource, namespace, name, suggestion, decide, deadline_ms, dryRun)
    if (marked.outcome !== "written" || !removeNext || dryRun) return marked
    uid = marked.object.metadata.uid
    // Somebody else may have been quicker: then it is gone all the same.
    return yield* context.storage.change(resource, namespace, name, marked.object, decide, deadline_ms).pipe(
      Effect.catchTag("ApiFailed", (failure) =>
        failure.status.code === 404 || failure.status.code === 409
          ? Effect.succeed({ ...marked, outcome: "removed" as const }) : Effect.fail(failure)))
  })
}

/** Answers with those that it found. One that somebody else was quicker with is passed over. */
export const removeCollection = (
  context: ServerContext, { agent, deadline_ms, entity, id, request }: Asked<DeleteCollection>
): Effect.Effect<{ readonly items: ReadonlyArray<ApiObject>; readonly revision: number }, ApiFailed> => {
  const { fieldSelector, labelSelector, namespace, resource, verb: _verb, ...options } = request
  if (resource === "namespaces") return fail(methodNotAllowed)
  return Effect.gen(function* () {
    const found = yield* list(context, { agent, deadline_ms, entity, id, request: {
      verb: "list", resource, ...(namespace === undefined ? {} : { namespace }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(labelSelector === undefined ? {} : { labelSelector })
    } })
    for (const { metadata } of found.items) {
      const { name, uid } = metadata
      const one: Delete = { ...options, verb: "delete", resource, namespace: metadata.namespace ?? "", name,
        preconditions: { ...options.preconditions, uid } }
      yield* remove(context, one, deadline_ms).pipe(Effect.catchTag("ApiFailed", (failure) =>
        failure.status.code === 404 || failure.status.code === 409 ? Effect.void : Effect.fail(failure)))
    }
    return found
  })
}
