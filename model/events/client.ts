/** Events of client, informer, work-queue and leader-election. */
import { Schema } from "effect"

const optional = Schema.optionalKey

export const ClientEvent = [
  // Chart "client.request", entity "<incarnation>.<request id>". Mutations only, and of Leases only deletions of all.
  Schema.Struct({ type: Schema.tag("request.sent"),
    verb: Schema.Literals(["create", "update", "patch", "delete", "deletecollection"]),
    resource: Schema.String, subresource: optional(Schema.String), key: Schema.String, timeout_ms: Schema.Number }),
  /** With uid and revision of the object in the answer, when there is one. */
  Schema.Struct({ type: Schema.tag("request.answered"), code: Schema.Number, reason: optional(Schema.String),
    uid: optional(Schema.String), revision: optional(Schema.Number) }),
  /** 429 or 5xx with Retry-After: it is sent again after that time. */
  Schema.Struct({ type: Schema.tag("request.postponed"), code: Schema.Number, retryAfter_s: Schema.Number }),
  Schema.Struct({ type: Schema.tag("request.outcomeUnknown"),
    reason: Schema.Literals(["timeout", "connection lost", "server timeout"]) }),
  /** It never left the process. */
  Schema.Struct({ type: Schema.tag("request.unreached") }),

  // Chart "informer.reflector", entity "<resource>" or "<resource>?<selectors>".
  /** atLeast: the resourceVersion asked for; 0 means a consistent read. */
  Schema.Struct({ type: Schema.tag("reflector.listStarted"), resource: Schema.String, atLeast: Schema.Number }),
  /** The store was replaced. digest: see model/objects/digest.ts. isStreamed: by a watch, which goes on. */
  Schema.Struct({ type: Schema.tag("reflector.listed"), resource: Schema.String, resourceVersion: Schema.Number,
    objects: Schema.Number, digest: Schema.Number, isStreamed: Schema.Boolean }),
  Schema.Struct({ type: Schema.tag("reflector.watched"), resourceVersion: Schema.Number }),
  /** The stream ended, by its time-out or with its connection. */
  Schema.Struct({ type: Schema.tag("reflector.watchEnded"), resourceVersion: Schema.Number }),
  /** 410, or an error that only a new list cures. */
  Schema.Struct({ type: Schema.tag("reflector.expired"), reason: Schema.String }),
  Schema.Struct({ type: Schema.tag("reflector.failed"), step: Schema.Literals(["list", "watch"]),
    reason: Schema.String }),
  /** What the store holds some time after a change: tells nothing new to the reflector, but to the judge. */
  Schema.Struct({ type: Schema.tag("reflector.reported"), resource: Schema.String, resourceVersion: Schema.Number,
    objects: Schema.Number, digest: Schema.Number }),

  // Chart "work-queue.key", entity "<queue>:<key>".
  Schema.Struct({ type: Schema.tag("key.added") }),
  Schema.Struct({ type: Schema.tag("key.taken") }),
  Schema.Struct({ type: Schema.tag("key.done") }),
  // Chart "work-queue.rateLimit", same entity.
  Schema.Struct({ type: Schema.tag("retry.postponed"), failures: Schema.Number }),
  Schema.Struct({ type: Schema.tag("retry.due") }),
  Schema.Struct({ type: Schema.tag("retry.forgotten") }),

  // Chart "leader-election.elector", entity: the lease's name.
  Schema.Struct({ type: Schema.tag("elector.started"), identity: Schema.String }),
  /** how: what allowed it; "own" when the record already named this identity (an answer had been lost). */
  Schema.Struct({ type: Schema.tag("elector.acquired"), identity: Schema.String,
    how: Schema.Literals(["created", "free", "expired", "own"]), transitions: Schema.Number, took_ms: Schema.Number }),
  Schema.Struct({ type: Schema.tag("elector.renewFailed") }),
  /** After failures, or when it took long. */
  Schema.Struct({ type: Schema.tag("elector.renewed"), took_ms: Schema.Number }),
  Schema.Struct({ type: Schema.tag("elector.lost"), identity: Schema.String }),
  /** The lead effect has stopped; the lease is given back next. */
  Schema.Struct({ type: Schema.tag("elector.stopped"), identity: Schema.String }),
  Schema.Struct({ type: Schema.tag("elector.released") })
] as const
