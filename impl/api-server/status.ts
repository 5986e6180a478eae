/** api-server/status: metav1.Status for every failure, with code, reason and details. Spec: model/api-server.ts. */
import { Schema } from "effect"
import type { Status, StatusReason } from "#model/objects/status.ts"
import { notReadyRetry_s, shutdownRetry_s, tooLargeRetry_s } from "#model/limits/api-server.ts"
import { json } from "#model/events/json.ts"
import { isResource, kinds } from "#model/kinds.ts"
import type { Cause, Causes } from "#model/objects/causes.ts"

export type { Cause }

/** A request failed as the API knows failures; the status says how. */
export class ApiFailed extends Schema.TaggedError<ApiFailed>()("ApiFailed", { status: json<Status>() }) {}

type Details = NonNullable<Status["details"]>

const failure = (code: number, reason: StatusReason | undefined, message: string, details?: Details): Status => ({
  kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code, message,
  ...(reason === undefined ? {} : { reason }), ...(details === undefined ? {} : { details })
})

const groupOf = (resource: string): string => isResource(resource) ? kinds[resource].group : ""
const withGroup = (text: string, group: string): string => group === "" ? text : `${text}.${group}`
/** "leases.coordination.k8s.io" */
const qualified = (resource: string): string => withGroup(resource, groupOf(resource))
const about = (kind: string, group: string, name: string): Details =>
  ({ ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind })
const ofResource = (resource: string, name: string): Details => about(resource, groupOf(resource), name)

export const success = (code: number, details?: Details): Status => ({
  kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code, message: "",
  ...(details === undefined ? {} : { details })
})
/** What a deletion answers, of kinds that do not give the object back. */
export const deleted = (resource: string, name: string, uid: string): Status =>
  success(200, { ...ofResource(resource, name), uid })
export const badRequest = (message: string): Status => failure(400, "BadRequest", message)
export const forbiddenTo = (resource: string, name: string, why: string, causes?: Causes): Status =>
  failure(403, "Forbidden", `${qualified(resource)} "${name}" is forbidden: ${why}`,
    { ...ofResource(resource, name), ...(causes === undefined ? {} : { causes }) })
export const notFound = (resource: string, name: string): Status =>
  failure(404, "NotFound", `${qualified(resource)} "${name}" not found`, ofResource(resource, name))
/** Nothing is served under the path. */
export const noSuchPath: Status = failure(404, "NotFound", "the server could not find the requested resource", {})
export const methodNotAllowed: Status =
  failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})
export const alreadyExists = (resource: string, name: string): Status =>
  failure(409, "AlreadyExists", `${qualified(resource)} "${name}" already exists`, ofResource(resource, name))
/** `subject` is a resource, a subresource, or a kind. */
export const conflict = (subject: string, name: string, message: string, group = groupOf(subject)): Status =>
  failure(409, "Conflict", `Operation cannot be fulfilled on ${withGroup(subject, group)} "${name}": ${message}`,
    about(subject, group, name))
export const modified = (resource: string, name: string): Status => conflict(resource, name,
  "the object has been modified; please apply your changes to the latest version and try again")
export const expired = (requested: number, oldest: number): Status =>
  failure(410, "Expired", `too old resource version: ${requested} (${oldest})`)

/** Two causes and more stand in brackets, each once. */
const listed = (causes: Causes): string => {
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`
}
export const invalidKind = (kind: string, group: string, name: string, causes: Causes): Status =>
  failure(422, "Invalid", `${withGroup(kind, group)} "${name}" is invalid: ${listed(causes)}`,
    { ...about(kind, group, name), causes })
export const invalid = (resource: string, name: string, causes: Causes): Status =>
  invalidKind(isResource(resource) ? kinds[resource].kind : resource, groupOf(resource), name, causes)
/** A patch that is one, but not of this object. */
export const unprocessable = (message: string): Status => failure(422, "Invalid", message, {})
export const notReady = (resource: string): Status =>
  failure(429, "TooManyRequests", `storage is (re)initializing: ${resource}`,
    { kind: resource, retryAfterSeconds: notReadyRetry_s })
export const shuttingDown: Status = failure(429, "TooManyRequests",
  "The apiserver is shutting down, please try again later.", { retryAfterSeconds: shutdownRetry_s })
/** A plain error of the code, as far as the API is concerned. */
export const plainError = (message: string): Status => failure(500, undefined, message)
/**
 * etcd refused: the request had no effect, and the server cannot say more. Deviates: upstream answers 500 without a
 * reason to every failure of etcd, also to a time-out, of which nobody knows the effect; here that is a 504.
 */
export const internalError = (message: string): Status => failure(500, "InternalError", `Internal error: ${message}`)
/** Nobody here knows whether the request took effect. */
export const outcomeUnknown = (message: string): Status => failure(504, "Timeout", message)
export const tooLargeVersion = (requested: number, current: number): Status =>
  failure(504, "Timeout", `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    retryAfterSeconds: tooLargeRetry_s,
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "" }]
  })
