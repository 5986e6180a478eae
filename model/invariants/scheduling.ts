/** Invariants 64 to 78: the scheduler, and what becomes of nodes. Part of model/invariants.ts. */
import { liveness, safety } from "#model/invariants/invariant.ts"

const queue = "kubernetes pkg/scheduler/backend/queue, v1.36"
const lifecycle = "kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, v1.36"
const eviction = "kubernetes pkg/controller/tainteviction/taint_eviction.go, v1.36"

export const scheduler = {
  64: safety("a pod is assumed at most once at a time, and every assumption is confirmed or forgotten",
    "kubernetes pkg/scheduler/backend/cache/interface.go, v1.36", "the process ends, and its cache with it"),
  65: safety("the chosen node passed every filter on the scheduler's snapshot, counting nominated pods of higher " +
    "priority", "kubernetes pkg/scheduler/schedule_one.go, v1.36", "the world has changed since"),
  66: safety("required affinity, anti-affinity and spreading hold when a pod is placed",
    "kubernetes pkg/scheduler/framework/plugins, v1.36", "pods or labels change afterwards",
    "several schedulers place at once"),
  67: safety("only pods of lower priority are preempted, and only where that makes room for the preemptor",
    "kubernetes pkg/scheduler/framework/preemption, v1.36", "disruption budgets are kept where possible only",
    "the preemptor ends up elsewhere"),
  68: liveness("a pending pod that has come to fit is tried again after its back-off, at the latest when what lies " +
    "unschedulable is flushed", `${queue}/scheduling_queue.go`, "it is gated",
    "pods of higher priority come without end"),
  69: safety("a pod is in one place of the queue at a time, or in flight", `${queue}/scheduling_queue.go`),
  70: safety("what happens while a pod is in flight is remembered for it", `${queue}/active_queue.go`)
} as const

export const nodes = {
  71: safety("a node becomes Unknown only after nothing was heard of it for the grace, by the controller's clock",
    `${lifecycle} tryUpdateNodeHealth`, "a controller that starts anew begins to count anew: later"),
  72: safety("a node has the NoExecute taint of not-ready or that of unreachable, never both",
    `${lifecycle} processTaintBaseEviction`, "between the two writes of a swap", "a user added one"),
  73: safety("nodes of a zone get their first NoExecute taint no faster than its rate",
    "kubernetes pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go, v1.36", "a swap of taints",
    "the cloud's controller removes the node"),
  74: safety("while all zones are fully disrupted the node controller evicts nobody", `${lifecycle} handleDisruption`,
    "taints of users", "pods whose time was over before"),
  75: safety("a pod that tolerates a taint for a time is evicted no earlier than that time after the taint was " +
    "observed", eviction, "somebody else deletes it", "there is another taint that it does not tolerate"),
  76: liveness("a pod on a dead node comes to be deleted when the grace, its zone's queue and its tolerations are over",
    `${lifecycle}; tainteviction`, "its zone's rate is 0", "it tolerates the taint for ever"),
  77: safety("no ordinary pod comes to a node that its cloud has not initialised",
    "cloud-provider controllers/node, v1.36", "it tolerates the taint"),
  78: safety("a node is removed by its cloud's controller only while it is not ready and its machine does not exist",
    "cloud-provider controllers/nodelifecycle, v1.36", "the cloud's API is wrong or late")
} as const
