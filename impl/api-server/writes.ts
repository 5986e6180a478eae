/**
 * api-server/writes: create, bind, update, patch, delete. Spec: model/api-server.ts, charts api-server.write and
 * api-server.object.
 *
 * Source: apiserver registry/generic/registry/store.go; endpoints/handlers/{create,update,patch,delete}.go.
 */
import { Effect } from "effect"
import { bound } from "#impl/api-server/binding.ts"
import { keyFor, revisionOf } from "#impl/api-server/codec.ts"
import type { ServerContext } from "#impl/api-server/context.ts"
import { mergePatch } from "#impl/api-server/merge-patch.ts"
import { prepareForCreate, prepareForUpdate, strategyOf } from "#impl/api-server/registry.ts"
import { ApiFailed, badRequest, conflict, invalid, methodNotAllowed, notFound } from "#impl/api-server/status.ts"
import type { Decide, Decision, Written } from "#impl/api-server/storage.ts"
import type { Preconditions, Request } from "#impl/ports/api.ts"
import { generateNameAttempts_max } from "#model/limits/api-server.ts"
import { type ApiObject, type GivenObject, kinds } from "#model/kinds.ts"
import type { Binding, Pod } from "#model/objects/pod.ts"
import type { Status } from "#model/objects/status.ts"

type Ask<V extends Request["verb"]> = Extract<Request, { readonly verb: V }>
type Create = Extract<Request, { readonly verb: "create" }>
type CreateBinding = Extract<Create, { readonly subresource: "binding" }>
type CreateObject = Exclude<Create, CreateBinding>
type Result = Effect.Effect<Written, ApiFailed>

const refuse = (status: Status): Decision => ({ type: "refuse", status })
const fail = (status: Status): Effect.Effect<never, ApiFailed> => Effect.fail(new ApiFailed({ status }))
const suggestionFor = (
  { cachers }: ServerContext, { name, namespace, resource }: Ask<"update" | "patch" | "delete">
): ApiObject | undefined => cachers[resource].cache.get(keyFor(resource, namespace, name))

/** Tries another generated name when the first is taken. */
export const create = (context: ServerContext, request: CreateObject, deadline_ms: number): Result => {
  const { namespace, object, resource } = request
  const attempts_max = (object.metadata?.name ?? "") === "" ? generateNameAttempts_max : 1
  const attempt = (number: number): Result => Effect.suspend(() => {
    const prepared = prepareForCreate(resource, namespace, object, context.process.wall_ms(), context.draws)
    if (prepared.type === "refused") return fail(prepared.status)
    const created = context.storage.create(resource, prepared.object, deadline_ms)
    return number >= attempts_max ? created : created.pipe(Effect.catchTag("ApiFailed", (failure) =>
      failure.status.reason === "AlreadyExists" ? attempt(number + 1) : Effect.fail(failure)))
  })
  return attempt(1)
}

export const bind = (context: ServerContext, request: CreateBinding, deadline_ms: number): Result => {
  const { name, namespace, object: binding } = request
  if (binding.target.name === "") {
    return fail(invalid("pods/binding", name, [{ reason: "FieldValueRequired", message: "", field: "target.name" }]))
  }
  const decide: Decide = (existing) => {
    if (existing === undefined) return refuse(notFound("pods", name))
    const refusal = context.parts.checkPreconditions("pods", existing, binding.metadata as Preconditions)
      ?? context.parts.checkBinding(existing as Pod, binding as Binding)
    if (refusal !== undefined) return refuse(refusal)
    return { type: "write", object: bound(existing as Pod, binding as Binding, Math.floor(context.process.wall_ms())) }
  }
  return context.storage.change("pods", namespace, name,
    context.cachers.pods.cache.get(keyFor("pods", namespace, name)), decide, deadline_ms)
}

/** A terminating object without grace that loses its last finalizer is removed instead of written. */
const writeOrRemove = (context: ServerContext, existing: ApiObject, next: ApiObject): Decision => {
  const { deletionGracePeriodSeconds = 0, deletionTimestamp, finalizers = [], uid } = next.metadata
  const isEmptied = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0
    && (existing.metadata.finalizers?.length ?? 0) > 0
  if (!isEmptied) return { type: "write", object: next }
  context.journal.wrote("api-server.finalization", uid,
    { type: "finalizers.emptied", revision: revisionOf(existing) }, "emptied")
  return { type: "remove" }
}

const updated = (
  context: ServerContext, request: Ask<"update" | "patch">, existing: ApiObject, given: GivenObject,
  demanded: Preconditions
): Decision => {
  const refusal = context.parts.checkPreconditions(request.resource, existing, demanded)
  if (refusal !== undefined) return refuse(refusal)
  const prepared = prepareForUpdate(request.resource, existing, given, request.subresource)
  return prepared.type === "refused" ? refuse(prepared.status) : writeOrRemove(context, existing, prepared.object)
}

export const update = (context: ServerContext, request: Ask<"update">, deadline_ms: number): Result => {
  const { name, namespace, object, resource, subresource } = request
  const strategy = strategyOf(resource)
  if (subresource === "status" && !strategy.hasStatus) return fail(methodNotAllowed(resource, "update of status"))
  const { kind } = kinds[resource]
  if (object.kind !== kind) return fail(badRequest(`${object.kind ?? ""} in request is not a ${kind}`))
  const { name: own = "", resourceVersion = "", uid = "" } = object.metadata ?? {}
  if (own !== name) {
    return fail(badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`))
  }
  if (resourceVersion === "" && !strategy.allowsUnconditionalUpdate && !strategy.allowsCreateOnUpdate) {
    return fail(unversioned(resource, name))
  }
  const decide: Decide = (existing) => {
    if (existing === undefined) {
      if (!strategy.allowsCreateOnUpdate) return refuse(notFound(resource, name))
      if (resourceVersion !== "" || uid !== "") {
        return refuse(conflict(resource, name, "the object was meant to be updated but does not exist"))
      }
      const prepared = prepareForCreate(resource, namespace, object, context.process.wall_ms(), context.draws)
      return prepared.type === "refused" ? refuse(prepared.status) : { type: "write", object: prepared.object }
    }
    if (resourceVersion === "" && !strategy.allowsUnconditionalUpdate) return refuse(unversioned(resource, name))
    return updated(context, request, existing, object, { uid, resourceVersion })
  }
  return context.storage.change(resource, namespace, name, suggestionFor(context, request), decide, deadline_ms)
}

const unversioned = (resource: string, name: string): Status => invalid(resource, name, [
  { reason: "FieldValueInvalid", message: "must be specified for an update", field: "metadata.resourceVersion" }
])

/** Without resourceVersion the patch is applied to whatever is there, again and again until it holds. */
export const patch = (context: ServerContext, request: Ask<"patch">, deadline_ms: number): Result => {
  const { name, namespace, resource, subresource } = request
  if (subresource === "status" && !strategyOf(resource).hasStatus) {
    return fail(methodNotAllowed(resource, "patch of status"))
  }
  const { metadata = {} } = request.patch as { readonly metadata?: Preconditions }
  const decide: Decide = (existing) => existing === undefined ? refuse(notFound(resource, name))
    : updated(context, request, existing, mergePatch(existing, request.patch) as ApiObject, metadata)
  return context.storage.change(resource, namespace, name, suggestionFor(context, request), decide, deadline_ms)
}

/**
 * Marks, removes, or both, one after the other. A server that dies in between leaves an object with grace 0; the next
 * DELETE removes it.
 */
export const remove = (context: ServerContext, request: Ask<"delete">, deadline_ms: number): Result => {
  const { gracePeriodSeconds, name, namespace, preconditions = {}, resource } = request
  let uid: string | undefined
  let removeNext = false
  const decide: Decide = (existing) => {
    if (existing === undefined) return refuse(notFound(resource, name))
    const refusal = context.parts.checkPreconditions(resource, existing, uid === undefined ? preconditions : { uid })
    if (refusal !== undefined) return refuse(refusal)
    const decision = context.parts.decideDeletion(existing, gracePeriodSeconds, Math.floor(context.process.wall_ms()))
    removeNext = decision.type === "mark" && decision.thenRemove
    if (decision.type === "remove") return { type: "remove" }
    return decision.type === "pending" ? { type: "keep" } : { type: "write", object: decision.object }
  }
  return Effect.gen(function* () {
    const marked = yield* context.storage.change(
      resource, namespace, name, suggestionFor(context, request), decide, deadline_ms)
    if (marked.outcome !== "written" || !removeNext) return marked
    uid = marked.object.metadata.uid
    // Somebody else may have been quicker: then it is gone all the same.
    return yield* context.storage.change(resource, namespace, name, marked.object, decide, deadline_ms).pipe(
      Effect.catchTag("ApiFailed", (failure) =>
        failure.status.code === 404 || failure.status.code === 409
          ? Effect.succeed({ ...marked, outcome: "removed" as const }) : Effect.fail(failure)))
  })
}
