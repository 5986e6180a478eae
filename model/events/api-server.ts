/** Events of api-server, and the committed history of its objects (ground truth). */
import { Schema } from "effect"

/** An object of any stored kind, see objects.ts; kept open here so that a line is decoded without its kind's codec. */
const StoredObject = Schema.Any

export const ApiServerEvent = [
  // Ground truth, actor "etcd": one line per object and revision, from the first member that applied it. entity: uid.
  // chart "pod.pod" for pods, "leader-election.lease" for leases, else "api-server.object".
  Schema.Struct({ type: Schema.tag("object.created"), revision: Schema.Number, resource: Schema.String,
    key: Schema.String, object: StoredObject }),
  Schema.Struct({ type: Schema.tag("object.updated"), revision: Schema.Number, resource: Schema.String,
    key: Schema.String, object: StoredObject, previous: StoredObject }),
  /** `object`: the last state; its resourceVersion is that of the deletion. */
  Schema.Struct({ type: Schema.tag("object.deleted"), revision: Schema.Number, resource: Schema.String,
    key: Schema.String, object: StoredObject })
] as const
