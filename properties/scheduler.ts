/**
 * What kube-scheduler promises. Decisions are held against the scheduler's own snapshot, results against what was
 * committed. That a deleting or gated pod is never bound (37) is the pod's promise: properties/pod.ts.
 */
import { saysSomethingNew } from "#properties/cluster/idle-writes.ts"
import { always, eventually, leadsTo, sometimes, type Property } from "#properties/property.ts"
import { heardByCalm, knowsWhatThereIs, picturesWhatThereIs } from "#properties/scheduler/calm.ts"
import { chosenNodePasses, noLostWakeUp } from "#properties/scheduler/decisions.ts"
import { boundPodRuns, fittingPodIsBound } from "#properties/scheduler/eventually-runs.ts"
import { seesWhatWasCommitted } from "#properties/scheduler/nodes.ts"
import { order } from "#properties/scheduler/order.ts"
import {
  activeIsTaken, assumedOnce, assumptionEnds, backoffEnds, failedBindingIsQueued, mostUrgentFirst,
  unschedulableIsFlushed
} from "#properties/scheduler/queue.ts"
import {
  forgottenAfterItsBinding, gatedIsNotTried, leavesTruly, neverIdle, returnsWithItsPlugins, wokenByWhatHelps
} from "#properties/scheduler/reasons.ts"
import { boundPodsFit } from "#properties/scheduler/room.ts"
import { conditionIsTrue, userIsTold } from "#properties/scheduler/told.ts"
import { choosesWell, looksAtEnough, verdictIsTrue } from "#properties/scheduler/verdict.ts"

const ends = ["process.crashed", "process.stopped"]

export const properties: ReadonlyArray<Property> = [
  leadsTo("every pod that fits is eventually scheduled", [68], fittingPodIsBound, ["pods.", "nodes."]),
  leadsTo("every pod that is scheduled on a ready node eventually runs", [], boundPodRuns, ["pods.", "nodes."]),
  always("pods bound to a node fit its allocatable, unless the scheduler could not know better", [53], boundPodsFit,
    ["pods.", "nodes.", "operation.invoked", "schedulerProcess.led", "podBinding.failed"]),
  always("the chosen node passes every filter on the scheduler's snapshot", [65], chosenNodePasses,
    ["schedulerNode.", "schedulerCache.", "scheduling.", ...ends]),
  always("while nothing is wrong a scheduler knows the nodes and pods that there are within ten seconds", [],
    knowsWhatThereIs, heardByCalm),
  eventually("at rest a scheduler's picture of nodes and pods is what is committed", [109], picturesWhatThereIs,
    heardByCalm),
  always("what a scheduler sees of a node was committed at the revision that it names", [109], seesWhatWasCommitted,
    ["schedulerNode.changed"]),
  always("no node is passed over that the pod may use, and the plugins that refuse are named", [65], verdictIsTrue,
    ["schedulerNode.", "schedulerCache.", "scheduling.", ...ends]),
  always("a scheduler looks at nodes until it has found enough or seen them all", [65], looksAtEnough,
    ["schedulerNode.", "scheduling.", ...ends]),
  always("of the nodes that the pod may use the scheduler chooses one with the highest score", [], choosesWell,
    ["schedulerNode.", "schedulerCache.", "scheduling.", ...ends]),
  always("a pod's condition says what a scheduling cycle found, and nothing else of them changes", [], conditionIsTrue,
    ["pods.", "scheduling.failed", "raft.elected"]),
  always("a scheduler writes a pod's status only when it says something new", [],
    saysSomethingNew("kube-scheduler", "pods"), ["write.", "request.", ...ends]),
  leadsTo("a pod that cannot be scheduled says why", [], userIsTold, ["pods.", "scheduling.failed"]),
  always("no wake-up of an unschedulable pod is lost", [70], noLostWakeUp,
    ["schedulerNode.", "schedulerCache.", "schedulingQueue.", "scheduling.placed", ...ends]),
  always("an unschedulable pod is woken only by what may help it", [70], wokenByWhatHelps,
    ["schedulerNode.", "schedulerCache.", "schedulingQueue.", "podBinding.failed", ...ends]),
  always("a pod leaves the queue, or is passed over, only for a reason that is true", [69], leavesTruly,
    ["schedulerCache.", "schedulingQueue.removed", "scheduling.skipped", ...ends]),
  always("a gated pod is not tried", [37, 68], gatedIsNotTried, ["schedulingQueue.popped"]),
  always("a pod returns to the queue with the plugins that refused it", [69], returnsWithItsPlugins,
    ["scheduling.failed", "schedulingQueue.returned"]),
  always("a pod is forgotten only when its binding has ended", [64], forgottenAfterItsBinding,
    ["podBinding.", "schedulerCache.forgotten", ...ends]),
  always("a leading scheduler with nothing else to do takes whoever may be taken", [68], neverIdle,
    ["schedulingQueue.", "scheduling.", "schedulerProcess.led", "elector.stopped", "elector.lost", "process.paused",
      "process.resumed", ...ends]),
  always("a pod is assumed at most once at a time and counts on one node", [64], assumedOnce,
    ["schedulerCache.", ...ends]),
  leadsTo("every assumption is confirmed or forgotten", [64], assumptionEnds, ["schedulerCache.", ...ends]),
  leadsTo("a pod whose binding failed is queued again", [68], failedBindingIsQueued,
    ["podBinding.failed", "schedulingQueue.", ...ends]),
  always("a pod is in one part of the queue, and the most urgent active pod is taken first", [69], mostUrgentFirst,
    ["schedulingQueue.", ...ends]),
  always("a back-off is over a second after its end at the latest", [68], backoffEnds,
    ["schedulingQueue.", "process.paused", ...ends]),
  always("an unschedulable pod is tried again after 5 min 30 s at the latest", [68], unschedulableIsFlushed,
    ["schedulingQueue.", "process.paused", ...ends]),
  leadsTo("an active pod of a leading scheduler is taken", [68], activeIsTaken,
    ["schedulingQueue.", "schedulerProcess.led", ...ends]),
  ...order,

  sometimes("an unschedulable pod is woken by an event", () => ({ event }) => event.type === "schedulingQueue.woken",
    ["schedulingQueue.woken"]),
  sometimes("something happens that may help a pod in flight", () => ({ event }) =>
    event.type === "schedulingQueue.returned" && event.reason === "unschedulable" && event.woken,
    ["schedulingQueue.returned"]),
  sometimes("a binding fails", () => ({ event }) => event.type === "podBinding.failed", ["podBinding.failed"]),
  sometimes("the outcome of a binding is unknown", () => ({ event }) =>
    event.type === "podBinding.failed" && event.reason === "unknown", ["podBinding.failed"]),
  sometimes("a second scheduler leads", () => {
    const leaders = new Set<string>()
    return ({ actor }) => leaders.add(actor).size > 1
  }, ["schedulerProcess.led"])
]
