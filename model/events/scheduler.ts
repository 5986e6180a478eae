/** Events of scheduler. */
import { Schema } from "effect"

const Amounts = Schema.Record(Schema.String, Schema.Number)

export const SchedulerEvent = [
  // Chart "scheduler.process", entity: "kube-scheduler".
  Schema.Struct({ type: Schema.tag("schedulerProcess.started"), incarnation: Schema.Number }),
  /** It holds the lease and takes pods off its queue. */
  Schema.Struct({ type: Schema.tag("schedulerProcess.led") }),

  // Chart "scheduler.queuePod", entity: pod uid.
  Schema.Struct({ type: Schema.tag("schedulingQueue.added"), pod: Schema.String, priority: Schema.Number,
    gated: Schema.Boolean }),
  Schema.Struct({ type: Schema.tag("schedulingQueue.ungated") }),
  /** Taken for an attempt. `attempts` counts this one. */
  Schema.Struct({ type: Schema.tag("schedulingQueue.popped"), attempts: Schema.Number }),
  /**
   * The attempt failed. unschedulable: no node passed the filters; `plugins` are those that refused one, and `woken`
   * says that something which may help happened meanwhile. error: anything else. `failures` in a row of this reason.
   */
  Schema.Struct({ type: Schema.tag("schedulingQueue.returned"), reason: Schema.Literals(["unschedulable", "error"]),
    plugins: Schema.Array(Schema.String), failures: Schema.Number, woken: Schema.Boolean }),
  /** An event that may make the pod schedulable, in the words of the framework's cluster events. */
  Schema.Struct({ type: Schema.tag("schedulingQueue.woken"), by: Schema.String }),
  /** It lay among the unschedulable for too long and is tried whatever happened. */
  Schema.Struct({ type: Schema.tag("schedulingQueue.flushed") }),
  Schema.Struct({ type: Schema.tag("schedulingQueue.backoffEnded") }),
  Schema.Struct({ type: Schema.tag("schedulingQueue.removed"), reason: Schema.Literals(["bound", "deleted"]) }),

  // Chart "scheduler.cachePod", entity: pod uid. `requests` in the units of objects/quantity.ts.
  Schema.Struct({ type: Schema.tag("schedulerCache.assumed"), node: Schema.String, requests: Amounts }),
  /** The informer shows the pod on the node. */
  Schema.Struct({ type: Schema.tag("schedulerCache.confirmed"), node: Schema.String, requests: Amounts }),
  /** The informer shows it on another node than it was assumed on: somebody else bound it. */
  Schema.Struct({ type: Schema.tag("schedulerCache.corrected"), from: Schema.String, node: Schema.String,
    requests: Amounts }),
  Schema.Struct({ type: Schema.tag("schedulerCache.forgotten"), node: Schema.String }),
  Schema.Struct({ type: Schema.tag("schedulerCache.removed"), node: Schema.String }),

  // Chart "scheduler.cacheNode", entity: node name. `revision`: of the node as the informer showed it.
  Schema.Struct({ type: Schema.tag("schedulerNode.changed"), revision: Schema.Number, allocatable: Amounts,
    unschedulable: Schema.Boolean,
    /** "key=value:Effect" */
    taints: Schema.Array(Schema.String), labels: Schema.Record(Schema.String, Schema.String) }),
  Schema.Struct({ type: Schema.tag("schedulerNode.removed") }),

  // Chart "scheduler.cycle", entity: "cycle": cycles are serial.
  Schema.Struct({ type: Schema.tag("scheduling.began"), uid: Schema.String, pod: Schema.String }),
  Schema.Struct({ type: Schema.tag("scheduling.placed"), uid: Schema.String, node: Schema.String,
    feasible: Schema.Number, evaluated: Schema.Number }),
  /** No node is feasible; how many each plugin refused. */
  Schema.Struct({ type: Schema.tag("scheduling.failed"), uid: Schema.String, nodes: Schema.Number,
    refused: Amounts }),
  Schema.Struct({ type: Schema.tag("scheduling.skipped"), uid: Schema.String,
    reason: Schema.Literals(["deleting", "assumed", "gone"]) }),

  // Chart "scheduler.binding", entity: pod uid.
  Schema.Struct({ type: Schema.tag("podBinding.began"), pod: Schema.String, node: Schema.String }),
  Schema.Struct({ type: Schema.tag("podBinding.succeeded"), node: Schema.String }),
  /** `reason`: of the Status; "unknown" when no answer came; "unreachable" when it was never sent. */
  Schema.Struct({ type: Schema.tag("podBinding.failed"), node: Schema.String, reason: Schema.String })
] as const
