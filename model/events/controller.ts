/** Events of the kit that all controllers share. Actor "controller-manager/<n>", entity "<queue>:<key>". */
import { Schema } from "effect"

const optional = Schema.optionalKey
const Verb = Schema.Literals(["create", "update", "patch", "delete", "deletecollection"])

export const SyncEvent = [
  // Chart "controller.sync". A sync that has nothing to do says nothing.
  /** What stands in the informers now is what this sync is about, and this is its object. */
  Schema.Struct({ type: Schema.tag("sync.began"), uid: Schema.String }),
  /** Put off: the informer of that resource shows less than what an earlier sync has written. */
  Schema.Struct({ type: Schema.tag("sync.stale"), resource: Schema.String, wrote: Schema.Number,
    shown: Schema.Number }),
  /** What will be done, for display and causes. `acts`: in a way of its own, else what is counted here. */
  Schema.Struct({ type: Schema.tag("sync.planned"), creates: Schema.Number, deletes: Schema.Array(Schema.String),
    reports: Schema.Boolean, acts: Schema.Boolean }),
  /** Slow start: 1, 2, 4, … creations at once while all goes well. */
  Schema.Struct({ type: Schema.tag("sync.batchStarted"), size: Schema.Number }),
  /** `revision`: of the object in the answer; a deletion is answered without. */
  Schema.Struct({ type: Schema.tag("sync.wrote"), verb: Verb, resource: Schema.String,
    subresource: optional(Schema.String), uid: Schema.String, revision: optional(Schema.Number) }),
  /** `reason`: of the Status; "unknown": it may have been done nevertheless; "unreachable". */
  Schema.Struct({ type: Schema.tag("sync.failed"), verb: Verb, resource: Schema.String,
    subresource: optional(Schema.String), uid: optional(Schema.String), reason: Schema.String }),
  Schema.Struct({ type: Schema.tag("sync.ended"), outcome: Schema.Literals(["done", "failed"]) }),

  // Chart "controller.expectations": what has been asked for and the informers have not shown.
  Schema.Struct({ type: Schema.tag("expectations.set"), creates: Schema.Number, deletes: Schema.Number }),
  /** The informer has shown it, or it has failed. */
  Schema.Struct({ type: Schema.tag("expectations.met") }),
  Schema.Struct({ type: Schema.tag("expectations.expired") }),
  /** Its object is gone. */
  Schema.Struct({ type: Schema.tag("expectations.forgotten") })
] as const
