/**
 * api-server/writes: create, bind, update, patch. Spec: model/api-server.ts, charts api-server.write and
 * api-server.object. Deletions: removals.ts.
 *
 * Source: apiserver registry/generic/registry/store.go; endpoints/handlers/{create,update,patch}.go.
 */
import { Effect } from "effect"
import { bound } from "#impl/api-server/binding.ts"
import { bodyOf } from "#impl/api-server/body.ts"
import { keyFor, revisionOf } from "#impl/api-server/codec.ts"
import type { ServerContext } from "#impl/api-server/context.ts"
import { patched } from "#impl/api-server/patch.ts"
import { otherUid } from "#impl/api-server/preconditions.ts"
import { defaulted, named, type Part, prepareForCreate, prepareForUpdate, strategyOf, wrongNamespace }
  from "#impl/api-server/registry.ts"
import {
  ApiFailed, badRequest, invalidKind, modified, noSuchPath, notFound, plainError
} from "#impl/api-server/status.ts"
import type { Decide, Decision, Written } from "#impl/api-server/storage.ts"
import type { Preconditions, Request } from "#impl/ports/api.ts"
import { generateNameAttempts_max } from "#model/limits/api-server.ts"
import { type ApiObject, kinds, type Resource } from "#model/kinds.ts"
import { invalidValue } from "#model/objects/causes.ts"
import type { Binding, Pod } from "#model/objects/pod.ts"
import type { Status } from "#model/objects/status.ts"

type Ask<V extends Request["verb"]> = Extract<Request, { readonly verb: V }>
type Create = Extract<Request, { readonly verb: "create" }>
type CreateBinding = Extract<Create, { readonly subresource: "binding" }>
type CreateObject = Exclude<Create, CreateBinding>
export type Result = Effect.Effect<Written, ApiFailed>

const refuse = (status: Status): Decision => ({ type: "refuse", status })
const fail = (status: Status): Effect.Effect<never, ApiFailed> => Effect.fail(new ApiFailed({ status }))
const suggestionFor = (
  { cachers }: ServerContext, { name, namespace, resource }: Ask<"update" | "patch">
): ApiObject | undefined => cachers[resource].cache.get(keyFor(resource, namespace, name))
/** What the client is told beside the answer. */
const warned = (result: Result, warnings: ReadonlyArray<string>): Result =>
  warnings.length === 0 ? result : Effect.map(result, (written) => ({ ...written, warnings }))

/** Tries another generated name when the first is taken. */
export const create = (context: ServerContext, request: CreateObject, deadline_ms: number): Result => {
  const { dryRun = false, fieldValidation, namespace, resource } = request
  const body = bodyOf(resource, request.object, fieldValidation)
  if (body.type === "refused") return fail(body.status)
  const strange = wrongNamespace(resource, namespace, body.object)
  if (strange !== undefined) return fail(strange)
  const { metadata } = body.object
  const isVersioned = (metadata.resourceVersion ?? "") !== ""
  const attempts_max = (metadata.name ?? "") === "" ? generateNameAttempts_max : 1
  const given = defaulted(resource, body.object)
  const attempt = (number: number): Result => Effect.suspend(() => {
    const now_ms = context.process.wall_ms()
    const object = named(resource, namespace, given, now_ms, context.draws)
    const created = context.admission.create(resource, object, deadline_ms).pipe(Effect.flatMap((admitted) => {
      const prepared = prepareForCreate(resource, admitted, now_ms)
      if (prepared.type === "refused") return fail(prepared.status)
      // Storage refuses it, after all others had their say.
      if (isVersioned) return fail(plainError("resourceVersion should not be set on objects to be created"))
      return context.storage.create(resource, prepared.object, deadline_ms, dryRun)
    }))
    return number >= attempts_max ? created : created.pipe(Effect.catchTag("ApiFailed", (failure) =>
      failure.status.reason === "AlreadyExists" ? attempt(number + 1) : Effect.fail(failure)))
  })
  return warned(attempt(1), body.warnings)
}

export const bind = (context: ServerContext, request: CreateBinding, deadline_ms: number): Result => {
  const { dryRun = false, name, namespace, object } = request
  const binding = context.admission.bind(object)
  const { kind = "Node", name: node = "" } = binding.target
  if (node === "") return fail(plainError("target.name: Required value"))
  if (kind !== "Node") {
    return fail(plainError(`target.kind: Unsupported value: "${kind}": supported values: "Node", "<empty>"`))
  }
  const key = keyFor("pods", namespace, name)
  const decide: Decide = (existing) => {
    if (existing === undefined) return refuse(notFound("pods", name))
    const refusal = context.parts.checkPreconditions("pods", existing, binding.metadata as Preconditions, key)
      ?? context.parts.checkBinding(existing as Pod, binding as Binding)
    if (refusal !== undefined) return refuse(refusal)
    return { type: "write", object: bound(existing as Pod, binding as Binding, Math.floor(context.process.wall_ms())) }
  }
  const cached = context.cachers.pods.cache.get(key)
  return context.storage.change("pods", namespace, name, cached, decide, deadline_ms, dryRun)
}

/** Nothing holds the object any more: its finalizers, those of its spec, or its grace. */
const isReleased = (existing: ApiObject, next: ApiObject): boolean => {
  const { deletionGracePeriodSeconds = 0, deletionTimestamp } = existing.metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds !== 0) return false
  if ((next.metadata.finalizers ?? []).length > 0) return false
  return next.kind !== "Namespace" || (next.spec.finalizers ?? []).length === 0
}

/** A terminating object without grace that loses its last finalizer is removed instead of written. */
const writeOrRemove = (context: ServerContext, existing: ApiObject, next: ApiObject): Decision => {
  if (!isReleased(existing, next)) return { type: "write", object: next }
  const hadFinalizers = (existing.metadata.finalizers ?? []).length > 0
  if (hadFinalizers) {
    context.journal.wrote("api-server.finalization", next.metadata.uid,
      { type: "finalizers.emptied", revision: revisionOf(existing) }, "emptied")
  }
  return { type: "remove", last: next }
}

const unversioned = (resource: Resource, name: string): Status => invalidKind(resource, kinds[resource].group, name,
  [invalidValue("metadata.resourceVersion", 0, "must be specified for an update")])

interface Replacement {
  readonly resource: Resource
  readonly name: string
  readonly part: Part
}

/** What follows when `given`, a whole object, shall stand in the place of `existing`. */
const replaced = (
  context: ServerContext, { name, part, resource }: Replacement, existing: ApiObject, given: ApiObject
): Decision => {
  const { resourceVersion = "" } = given.metadata
  if (resourceVersion === "" && !strategyOf(resource).allowsUnconditionalUpdate) {
    return refuse(unversioned(resource, name))
  }
  const refusal = context.parts.checkPreconditions(resource, existing, { resourceVersion })
  if (refusal !== undefined) return refuse(refusal)
  const admitted = part === undefined ? context.admission.update(given, existing) : given
  const prepared = prepareForUpdate(resource, existing, admitted, part)
  return prepared.type === "refused" ? refuse(prepared.status) : writeOrRemove(context, existing, prepared.object)
}

/** Whether the kind has what the request asks to write. */
const hasPart = (resource: Resource, part: Part): boolean => {
  const { status, validateFinalize } = strategyOf(resource)
  return part === undefined || (part === "status" ? status : validateFinalize) !== undefined
}

export const update = (context: ServerContext, request: Ask<"update">, deadline_ms: number): Result => {
  const { dryRun = false, fieldValidation, name, namespace, resource, subresource: part } = request
  const strategy = strategyOf(resource)
  if (!hasPart(resource, part)) return fail(noSuchPath)
  const body = bodyOf(resource, request.object, fieldValidation)
  if (body.type === "refused") return fail(body.status)
  const { name: own = "", resourceVersion = "", uid = "" } = body.object.metadata
  if (own !== name) {
    return fail(badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`))
  }
  const strange = wrongNamespace(resource, namespace, body.object)
  if (strange !== undefined) return fail(strange)
  const key = keyFor(resource, namespace, name)
  const given = defaulted(resource, body.object)
  const decide: Decide = (existing) => {
    if (existing !== undefined) {
      const refusal = context.parts.checkPreconditions(resource, existing, { uid }, key)
      return refusal === undefined ? replaced(context, { resource, name, part }, existing, given) : refuse(refusal)
    }
    if (!strategy.allowsCreateOnUpdate) return refuse(notFound(resource, name))
    if (uid !== "") return refuse(otherUid(resource, key, name, uid, ""))
    if (resourceVersion !== "") return refuse(modified(resource, name))
    const now_ms = context.process.wall_ms()
    const prepared = prepareForCreate(resource, named(resource, namespace, given, now_ms, context.draws), now_ms)
    return prepared.type === "refused" ? refuse(prepared.status) : { type: "write", object: prepared.object }
  }
  const result = context.storage.change(
    resource, namespace, name, suggestionFor(context, request), decide, deadline_ms, dryRun)
  return warned(result, body.warnings)
}

/** Without resourceVersion the patch is applied to whatever is there, again and again until it holds. */
export const patch = (context: ServerContext, request: Ask<"patch">, deadline_ms: number): Result => {
  const { dryRun = false, fieldValidation, name, namespace, resource, subresource: part, type } = request
  if (!hasPart(resource, part)) return fail(noSuchPath)
  let warnings: ReadonlyArray<string> = []
  const decide: Decide = (existing) => {
    if (existing === undefined) return refuse(notFound(resource, name))
    const made = patched(resource, existing, request.patch, type, fieldValidation)
    if (made.type === "refused") return refuse(made.status)
    warnings = made.warnings
    const own = made.object.metadata.name
    if (own !== name) {
      return refuse(badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`))
    }
    return replaced(context, { resource, name, part }, existing, defaulted(resource, made.object))
  }
  const result = context.storage.change(
    resource, namespace, name, suggestionFor(context, request), decide, deadline_ms, dryRun)
  return Effect.flatMap(result, (written) => warned(Effect.succeed(written), warnings))
}

