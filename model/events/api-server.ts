/**
 * Events of api-server, and the committed history of its objects (ground truth).
 *
 * A scope is the set of objects that a list or watch asked for, see `Scope`.
 */
import { Schema } from "effect"

/** An object of any stored kind, see objects.ts; kept open here so that a line is decoded without its kind's codec. */
const StoredObject = Schema.Any
const text = Schema.String
const number = Schema.Number
const optional = Schema.optionalKey

/** What a list or watch selects; absent fields select everything. */
const scope = {
  resource: text, namespace: optional(text), fieldSelector: optional(text), labelSelector: optional(text)
}
/** A state of a scope: how many objects, and the sum of their resource versions. */
const snapshot = { count: number, versions: number }
/** What a watch delivered since its last such line, in order: model/api-server/digest.ts. */
const delivered = { events: number, digest: number }

export const ApiServerEvent = [
  // Ground truth, actor "etcd": one line per object and revision, from the first member that applied it. entity: uid.
  // chart "pod.pod" for pods, "leader-election.lease" for leases, else "api-server.object".
  Schema.Struct({ type: Schema.tag("object.created"), revision: Schema.Number, resource: Schema.String,
    key: Schema.String, object: StoredObject }),
  /** The first that a foreign trace shows of an object which was there before: `revision` is where that trace began. */
  Schema.Struct({ type: Schema.tag("object.seen"), revision: Schema.Number, resource: Schema.String,
    key: Schema.String, object: StoredObject }),
  Schema.Struct({ type: Schema.tag("object.updated"), revision: Schema.Number, resource: Schema.String,
    key: Schema.String, object: StoredObject, previous: StoredObject }),
  /** `object`: the last state; its resourceVersion is that of the deletion. */
  Schema.Struct({ type: Schema.tag("object.deleted"), revision: Schema.Number, resource: Schema.String,
    key: Schema.String, object: StoredObject }),

  // Actor "api-server/<n>", chart "api-server.instance", entity: the process's name.
  Schema.Struct({ type: Schema.tag("apiServer.started") }),
  /** Its watch caches are filled and etcd answers: it accepts connections. */
  Schema.Struct({ type: Schema.tag("apiServer.becameReady") }),
  /** It could not read from etcd several times in a row: it accepts no connections until it can. */
  Schema.Struct({ type: Schema.tag("apiServer.becameUnready") }),
  /** Told to stop: it does not listen any more and has closed its watches. */
  /** Told to stop: it finishes what it has begun and asks others to come back later. */
  Schema.Struct({ type: Schema.tag("apiServer.draining") }),
  Schema.Struct({ type: Schema.tag("apiServer.stopped") }),

  // Actor "api-server/<n>", chart "api-server.watchCache", entity: the resource.
  Schema.Struct({ type: Schema.tag("watchCache.initialised"), resource: text, revision: number, ...snapshot }),
  /** The stream from etcd broke; it goes on after `revision`, maybe from another member. */
  Schema.Struct({ type: Schema.tag("watchCache.resumed"), resource: text, revision: number }),
  /** etcd has compacted what the cache would have to see next: everything in it is dropped. */
  Schema.Struct({ type: Schema.tag("watchCache.reset"), resource: text, revision: number, compacted: number }),

  // Actor "api-server/<n>", chart "api-server.watch", entity "<connection>/<request id>".
  /**
   * Events after `from` follow. With an initial state, that of revision `from` was sent first (count, versions).
   * `required`: the revision that the initial state must reach before its end is told; 0 when nobody asked.
   */
  Schema.Struct({ type: Schema.tag("serverWatch.opened"), agent: text, ...scope, from: number,
    initial: optional(Schema.Struct(snapshot)), required: number, timeout_ms: number, bookmarks: Schema.Boolean }),
  /** The end of the initial events was told, as a bookmark at `revision`. */
  Schema.Struct({ type: Schema.tag("serverWatch.synced"), revision: number, ...delivered }),
  /** A bookmark at `revision` was sent. Only told when something was delivered since the last such line. */
  Schema.Struct({ type: Schema.tag("serverWatch.bookmarked"), revision: number, ...delivered }),
  /** `revision`: everything up to it had been sent. */
  Schema.Struct({ type: Schema.tag("serverWatch.closed"), revision: number, ...delivered,
    reason: Schema.Literals(["timeout", "cancelled", "connection", "reset", "stopped"]) }),
  /** Expired: older than `oldest`. Timeout: `current` did not reach it in time. TooManyRequests: no cache yet. */
  Schema.Struct({ type: Schema.tag("serverWatch.refused"), agent: text, ...scope, requested: number, oldest: number,
    current: number, reason: Schema.Literals(["Expired", "Timeout", "TooManyRequests", "InternalError"]) }),

  // Actor "api-server/<n>", chart "api-server.read", entity "<connection>/<request id>". Lists; single reads from etcd
  // are kv.* lines.
  /** mode consistent: resourceVersion "". any: "0". notOlderThan and exact: `asked`. */
  Schema.Struct({ type: Schema.tag("read.requested"), agent: text, ...scope, asked: number,
    mode: Schema.Literals(["consistent", "any", "notOlderThan", "exact"]) }),
  /** source: the watch cache or etcd. */
  Schema.Struct({ type: Schema.tag("read.served"), revision: number, ...snapshot,
    source: Schema.Literals(["cache", "etcd"]) }),
  Schema.Struct({ type: Schema.tag("read.refused"), code: number, reason: text }),

  // Actor "api-server/<n>", chart "api-server.write", entity "<connection>/<request id>". Writes with a condition of
  // the client's, and deletions.
  /** `expected`: the client's resourceVersion, 0 for none. `uid`: the client's precondition, "" for none. */
  Schema.Struct({ type: Schema.tag("write.requested"), agent: text,
    verb: Schema.Literals(["update", "patch", "delete"]),
    resource: text, key: text, expected: number, uid: text, grace: optional(number) }),
  /** The object as written (or as found, when nothing had to be written), and its revision; of a removal: its own. */
  Schema.Struct({ type: Schema.tag("write.done"), uid: text, revision: number, removed: Schema.Boolean }),
  Schema.Struct({ type: Schema.tag("write.refused"), code: number, reason: text }),
  /** etcd gave no answer: it may have happened. */
  Schema.Struct({ type: Schema.tag("write.outcomeUnknown") }),
  // Actor "api-server/<n>", chart "api-server.finalization", entity: the object's uid.
  /** An update took the last finalizer from a terminating object, so it removes the object instead of being written. */
  Schema.Struct({ type: Schema.tag("finalizers.emptied"), revision: number })
] as const
