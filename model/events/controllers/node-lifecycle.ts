/** Events of node-lifecycle. Actor "controller-manager/<n>". */
import { Schema } from "effect"

const Ready = Schema.Literals(["none", "True", "False", "Unknown"])
const EvictingKey = Schema.Literals(["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])

export const NodeLifecycleEvent = [
  // Chart "node-lifecycle.nodeHealth", entity: node name. Heartbeats are not told, their absence is.
  /** The controller sees the node for the first time. */
  Schema.Struct({ type: Schema.tag("nodeHealth.seen"), ready: Ready }),
  /** Somebody else changed the node's Ready condition. */
  Schema.Struct({ type: Schema.tag("nodeHealth.observed"), ready: Ready }),
  /** No heartbeat for half of the grace. */
  Schema.Struct({ type: Schema.tag("nodeHealth.late") }),
  Schema.Struct({ type: Schema.tag("nodeHealth.fresh") }),
  /** The conditions were set to Unknown, and the API server said so. */
  Schema.Struct({ type: Schema.tag("nodeHealth.markedUnknown"),
    reason: Schema.Literals(["NodeStatusUnknown", "NodeStatusNeverUpdated"]) }),
  /** Ready=False was written into this many pods of the node, from this time of the controller's clock on. */
  Schema.Struct({ type: Schema.tag("nodeHealth.podsMarked"), pods: Schema.Number, began_ms: Schema.Number }),
  Schema.Struct({ type: Schema.tag("nodeHealth.writeFailed"), reason: Schema.String }),
  Schema.Struct({ type: Schema.tag("nodeHealth.gone") }),

  // Chart "node-lifecycle.taint", entity: node name. NoExecute taints.
  /** It waits for a token of its zone. */
  Schema.Struct({ type: Schema.tag("nodeTaint.queued"), zone: Schema.String, ready: Ready }),
  /** `late`: while it was on its way, the node was taken off the queue, or its taint was swapped. */
  Schema.Struct({ type: Schema.tag("nodeTaint.added"), key: EvictingKey, late: Schema.optionalKey(Schema.Boolean) }),
  /** One replaced by the other, without a token. */
  Schema.Struct({ type: Schema.tag("nodeTaint.swapped"), key: EvictingKey }),
  /** Off the queue and untainted: it is ready, newly seen, gone, all zones are disrupted, or a user removed them. */
  Schema.Struct({ type: Schema.tag("nodeTaint.cleared"),
    why: Schema.Literals(["ready", "seen", "gone", "disruption", "removed"]) }),

  // Chart "node-lifecycle.zone", entity: the zone's name.
  Schema.Struct({ type: Schema.tag("zone.seen") }),
  Schema.Struct({ type: Schema.tag("zone.changed"), to: Schema.Literals(["normal", "partial", "full"]),
    ready: Schema.Number, notReady: Schema.Number }),
  /** Every zone is fully disrupted: nothing is tainted, taints are taken away. */
  Schema.Struct({ type: Schema.tag("zone.evictionsStopped"), notReady: Schema.Number }),
  /** A node's turn to be tainted. */
  Schema.Struct({ type: Schema.tag("zone.tokenTaken"), node: Schema.String }),
  Schema.Struct({ type: Schema.tag("zone.gone") }),

  // Chart "node-lifecycle.evictionTimer", entity: pod uid.
  /** seconds: the shortest time that the pod's tolerations grant. */
  Schema.Struct({ type: Schema.tag("taintEviction.scheduled"), pod: Schema.String, node: Schema.String,
    seconds: Schema.Number }),
  Schema.Struct({ type: Schema.tag("taintEviction.cancelled") }),
  /** The time is over, or the pod does not tolerate some taint. */
  Schema.Struct({ type: Schema.tag("taintEviction.started"), pod: Schema.String, node: Schema.String,
    why: Schema.Literals(["time over", "not tolerated"]) }),
  Schema.Struct({ type: Schema.tag("taintEviction.done"), outcome: Schema.Literals(["deleted", "not found"]) }),
  Schema.Struct({ type: Schema.tag("taintEviction.failed"), reason: Schema.String })
] as const
