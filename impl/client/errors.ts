/**
 * client/errors: why a request failed: one tag for each reason that somebody handles. Spec: model/client.ts.
 *
 * A refusal carries the server's metav1.Status and had no effect. Without an answer nobody knows.
 */
import { Schema } from "effect"
import { json } from "#model/events/json.ts"
import type { Status } from "#model/objects/status.ts"

const refusal = { status: json<Status>() }

export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", refusal) {}
/** It is there already; a generated name may be another's. */
export class AlreadyExists extends Schema.TaggedError<AlreadyExists>()("AlreadyExists", refusal) {}
/** Somebody wrote in between, or a precondition does not hold. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", refusal) {}
/** The history that was asked for is compacted (reasons Expired and Gone). */
export class Expired extends Schema.TaggedError<Expired>()("Expired", refusal) {}
export class Invalid extends Schema.TaggedError<Invalid>()("Invalid", refusal) {}
/** Also after the retries that the server asked for. */
export class TooManyRequests extends Schema.TaggedError<TooManyRequests>()("TooManyRequests", refusal) {}
/** For a reason that nobody tells from others. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", refusal) {}
/** No answer: the request may or may not have taken effect. Must be resolved by reading. */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", {
  reason: Schema.Literals(["timeout", "connection lost"])
}) {}
/** The request was never sent: no API server could be reached. It had no effect. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", { address: Schema.String }) {}

export type Refusal = NotFound | AlreadyExists | Conflict | Expired | Invalid | TooManyRequests | Refused
export type ApiError = Refusal | OutcomeUnknown | Unreachable

export const refused = (status: Status): Refusal => {
  switch (status.reason) {
    case "NotFound": return new NotFound({ status })
    case "AlreadyExists": return new AlreadyExists({ status })
    case "Conflict": return new Conflict({ status })
    case "Expired":
    case "Gone": return new Expired({ status })
    case "Invalid": return new Invalid({ status })
    case "TooManyRequests": return new TooManyRequests({ status })
    default: return new Refused({ status })
  }
}

/** In one word: the server's reason (its code when it gave none), "unknown" or "unreachable". */
export const reasonOf = (error: ApiError): string => {
  switch (error._tag) {
    case "OutcomeUnknown": return "unknown"
    case "Unreachable": return "unreachable"
    default: return error.status.reason ?? String(error.status.code)
  }
}

/** The server's words, or in one word what is known. */
export const messageOf = (error: ApiError): string =>
  "status" in error ? error.status.message ?? reasonOf(error) : reasonOf(error)

/** Whether the server named this as a cause. */
export const hasCause = (error: ApiError, reason: string): boolean => "status" in error
  && error.status.details?.causes?.some((cause) => cause.reason === reason) === true
