/** api-server/status: metav1.Status for every failure, with code, reason and details. Spec: model/api-server.ts. */
import { Schema } from "effect"
import type { Status, StatusReason } from "#model/objects/status.ts"
import { notReadyRetry_s, shutdownRetry_s, tooLargeRetry_s } from "#model/limits/api-server.ts"
import { json } from "#model/events/json.ts"

/** A request failed as the API knows failures; the status says how. */
export class ApiFailed extends Schema.TaggedError<ApiFailed>()("ApiFailed", { status: json<Status>() }) {}

export interface Cause {
  readonly reason: string
  readonly message: string
  readonly field: string
}
type Details = NonNullable<Status["details"]>

const failure = (code: number, reason: StatusReason, message: string, details?: Details): Status => ({
  kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message,
  ...(details === undefined ? {} : { details })
})

export const success = (code: number): Status =>
  ({ kind: "Status", apiVersion: "v1", status: "Success", code, message: "" })
export const badRequest = (message: string): Status => failure(400, "BadRequest", message)
export const notFound = (resource: string, name: string): Status =>
  failure(404, "NotFound", `${resource} "${name}" not found`, { name, kind: resource })
export const methodNotAllowed = (resource: string, verb: string): Status =>
  failure(405, "MethodNotAllowed", `${verb} is not supported on resources of kind "${resource}"`, { kind: resource })
export const alreadyExists = (resource: string, name: string): Status =>
  failure(409, "AlreadyExists", `${resource} "${name}" already exists`, { name, kind: resource })
export const conflict = (resource: string, name: string, message: string): Status =>
  failure(409, "Conflict", `Operation cannot be fulfilled on ${resource} "${name}": ${message}`,
    { name, kind: resource })
export const modified = (resource: string, name: string): Status => conflict(resource, name,
  "the object has been modified; please apply your changes to the latest version and try again")
export const expired = (requested: number, oldest: number): Status =>
  failure(410, "Expired", `too old resource version: ${requested} (${oldest})`)
export const invalid = (resource: string, name: string, causes: ReadonlyArray<Cause>): Status =>
  failure(422, "Invalid",
    `${resource} "${name}" is invalid: ${causes.map((cause) => `${cause.field}: ${cause.message}`).join(", ")}`,
    { name, kind: resource, causes })
export const notReady = (resource: string): Status =>
  failure(429, "TooManyRequests", `storage is (re)initializing: ${resource}`,
    { kind: resource, retryAfterSeconds: notReadyRetry_s })
export const shuttingDown: Status = failure(429, "TooManyRequests",
  "The apiserver is shutting down, please try again later.", { retryAfterSeconds: shutdownRetry_s })
/**
 * etcd refused: the request had no effect, and the server cannot say more. Deviates: upstream answers 500 without a
 * reason to every failure of etcd, also to a time-out, of which nobody knows the effect; here that is a 504.
 */
export const internalError = (message: string): Status => failure(500, "InternalError", `Internal error: ${message}`)
/** Nobody here knows whether the request took effect. */
export const outcomeUnknown = (message: string): Status => failure(504, "Timeout", message)
export const tooLargeVersion = (requested: number, current: number): Status =>
  failure(504, "Timeout", `Too large resource version: ${requested}, current: ${current}`, {
    retryAfterSeconds: tooLargeRetry_s,
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "" }]
  })
