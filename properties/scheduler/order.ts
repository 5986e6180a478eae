/** What goes before what in a scheduler: its lease, its queue, its cycle, and what was committed. */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import { committed } from "#properties/history.ts"
import { after, atOnce, said } from "#properties/order.ts"
import {
  anywhere, boundAsCommitted, itself, onNode, processOf, registered, startOf
} from "#properties/order/keys.ts"
import { always, ours, type Property } from "#properties/property.ts"

/**
 * Legal exception: it has left the queue while it was in its cycle, deleted or bound by another scheduler.
 * Source: handleSchedulingFailure, pkg/scheduler/schedule_one.go v1.36: such a pod is not added back.
 */
const failedGoBack = ours(always("A pod that no node can take goes back to the queue at once", [],
  () => {
    const inFlight = new Map<string, string>()
    const due = new Map<string, Line>()
    return (line) => {
      const { actor, at_ms, entity, event, seq } = line
      if (event.type === "process.crashed" || event.type === "process.stopped") {
        due.delete(event.process)
        return undefined
      }
      if (event.type === "phase.began") {
        const left = [...due.values()].find((failed) => failed.at_ms < at_ms)
        return left === undefined ? undefined : `${left.actor} never put back the pod that failed in line ${left.seq}`
      }
      const failed = due.get(actor)
      due.delete(actor)
      if (failed !== undefined && (event.type !== "schedulingQueue.returned" || failed.at_ms !== at_ms)) {
        return `${actor} did not put back the pod that failed in line ${failed.seq}, before line ${seq}`
      }
      if (event.type === "schedulingQueue.popped") inFlight.set(actor, entity)
      else if (event.type === "schedulingQueue.removed" && inFlight.get(actor) === entity) inFlight.delete(actor)
      else if (event.type === "scheduling.failed" && inFlight.get(actor) === event.uid) due.set(actor, line)
      return undefined
    }
  }, ["scheduling.failed", "schedulingQueue.", "phase.began", "process.crashed", "process.stopped"]))

const leading: ReadonlyArray<Property> = [
  atOnce({ name: "A scheduler that is started stands by at once, as the incarnation that it is", home: processOf,
    first: startOf("scheduler"), second: said("schedulerProcess.started", ({ incarnation }) => String(incarnation)) }),
  after({ name: "A scheduler leads only after it got the lease, once for each time", spends: true,
    first: said("elector.acquired"), second: said("schedulerProcess.led") }),
  after({ name: "A scheduler takes pods off its queue only while it leads",
    first: said("schedulerProcess.led", itself), second: said("schedulingQueue.popped", itself) })
]

const scheduling: ReadonlyArray<Property> = [
  atOnce({ name: "A pod that is taken off the queue is the one that is placed next",
    first: said("schedulingQueue.popped"), second: said("scheduling.began", ({ uid }) => uid) }),
  atOnce({ name: "A placed pod counts on its node at once, and none counts that was not placed",
    first: said("scheduling.placed", ({ node, uid }) => `${uid} ${node}`),
    second: said("schedulerCache.assumed", ({ node }, { entity }) => `${entity} ${node}`) }),
  atOnce({ name: "A pod counts on the node before it is bound to it, and is bound to no other",
    first: said("schedulerCache.assumed", ({ node }, { entity }) => `${entity} ${node}`),
    second: said("podBinding.began", ({ node }, { entity }) => `${entity} ${node}`) }),
  failedGoBack,
  atOnce({ name: "A pod leaves the scheduling queue as bound when it is shown bound", onlyBack: true,
    first: { ...said("schedulerCache.confirmed"), ...said("schedulerCache.corrected"),
      ...said("podBinding.succeeded") },
    second: said("schedulingQueue.removed", ({ reason }, { entity }) => reason === "bound" ? entity : undefined) }),
  after({ name: "A pod goes back to the queue only when its attempt has failed, once for each failure", spends: true,
    first: { ...said("scheduling.failed", ({ uid }) => uid), ...said("podBinding.failed") },
    second: said("schedulingQueue.returned") })
]

const knowing: ReadonlyArray<Property> = [
  after({ name: "A pod is queued for scheduling only when it has been created", home: anywhere, stays: true,
    first: said("object.created", ({ resource }, { entity }) => resource === "pods" ? entity : undefined),
    second: said("schedulingQueue.added") }),
  after({ name: "The scheduler counts a pod as bound to a node only when it is", home: anywhere, stays: true,
    first: boundAsCommitted,
    second: { ...said("schedulerCache.confirmed", onNode), ...said("schedulerCache.corrected", onNode),
      ...said("podBinding.succeeded", onNode) } }),
  after({ name: "The scheduler stops counting a pod only when it has ended or is gone", home: anywhere, stays: true,
    first: { ...said("object.deleted"), ...said("object.updated", ({ object, resource }, { entity }) => {
      if (resource !== "pods") return undefined
      const { phase } = (object as Pod).status
      return phase === "Succeeded" || phase === "Failed" ? entity : undefined
    }) },
    second: said("schedulerCache.removed") }),
  after({ name: "The scheduler sees a node only when it has been registered", home: anywhere, stays: true,
    first: registered, second: said("schedulerNode.changed") })
]

/**
 * A Binding carries the uid of the pod that was seen: who came later under its name is another. Users may bind; what no
 * leader of etcd could commit waits in its log for the next one, however long there is none.
 */
const byItsBinding = "A pod comes to a node only by the binding that a scheduler began for that very pod"
const bindsWhomItSaw = always(byItsBinding, [36],
  ({ now }) => {
    const begun = new Set<string>()
    /** By uid, whatever the node. */
    const byUser = new Set<string>()
    // A trace that tells of no scheduler says nothing of bindings.
    let areTold = false
    return (line) => {
      const { actor, entity, event } = line
      if (event.type === "schedulerProcess.started") areTold = true
      else if (event.type === "podBinding.began") begun.add(`${entity} on ${event.node}`)
      else if (event.type === "request.sent" && event.subresource === "binding" && !actor.startsWith("scheduler/")) {
        const meant = now.pods.named(event.key)?.metadata.uid
        if (meant !== undefined) byUser.add(meant)
      }
      const change = committed(line, "pods")
      if (!areTold || change?.type !== "object.updated") return undefined
      const { nodeName = "" } = change.object.spec
      if (nodeName === "" || nodeName === change.previous.spec.nodeName) return undefined
      return begun.has(`${entity} on ${nodeName}`) || byUser.has(entity) ? undefined
        : `${change.key} (${entity}) was bound to ${nodeName}, which no scheduler began for it`
    }
  }, ["pods.updated", "podBinding.began", "schedulerProcess.started", "request.sent"])

export const order: ReadonlyArray<Property> = [
  bindsWhomItSaw, ...leading, ...scheduling, ...knowing]
