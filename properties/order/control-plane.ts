/** What goes before what within a process of the control plane: its start, its lease, its work. */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import { zoneLabel } from "#model/objects/taints.ts"
import { after, atOnce, said } from "#properties/order.ts"
import { always, type Property } from "#properties/property.ts"

const itself = (_event: object, line: Line): string => line.actor
const processOf = (line: Line): string => line.event.type === "process.started" ? line.event.process : line.actor
/** A start of a process with that name before the slash. */
const startOf = (component: string) => said("process.started", ({ incarnation, process }) =>
  process.startsWith(`${component}/`) ? String(incarnation) : undefined)
const controllers = ["replicaset-controller", "node-lifecycle", "pod-garbage-collector-controller"]
const cachedResources = ["pods", "nodes", "replicasets", "leases"]

const starts: ReadonlyArray<Property> = [
  atOnce({ name: "A scheduler that is started stands by at once, as the incarnation that it is", home: processOf,
    first: startOf("scheduler"), second: said("schedulerProcess.started", ({ incarnation }) => String(incarnation)) }),
  atOnce({ name: "A controller manager that is started stands by at once, as the incarnation that it is",
    home: processOf,
    first: startOf("controller-manager"),
    second: said("controllerManager.started", ({ incarnation }) => String(incarnation)) }),
  atOnce({ name: "An API server begins when its process is started", home: processOf,
    first: said("process.started", ({ process }) => process.startsWith("api-server/") ? process : undefined),
    second: said("apiServer.started") }),
  atOnce({ name: "A process that stands by competes for its lease from then on",
    first: { ...said("controllerManager.started", itself), ...said("schedulerProcess.started", itself) },
    second: said("elector.started", itself) }),
  atOnce({ name: "A member of etcd recovers what its log holds as soon as it has read it",
    first: { ...said("member.bootstrapped"), ...said("member.recovered") }, second: said("raft.recovered") })
]

const leading: ReadonlyArray<Property> = [
  atOnce({ name: "A controller manager leads from the moment that it has the lease",
    first: said("elector.acquired", (_event, { actor, entity }) =>
      actor.startsWith("controller-manager/") ? entity : undefined),
    second: said("controllerManager.led") }),
  after({ name: "A scheduler leads only after it got the lease, once for each time", spends: true,
    first: said("elector.acquired"), second: said("schedulerProcess.led") }),
  ...controllers.map((controller) => atOnce({
    name: `A controller manager that leads starts ${controller} at once, and none that does not lead does`,
    first: said("controllerManager.led", () => controller),
    second: said("controllerManager.controllerStarted", (event) =>
      event.controller === controller ? controller : undefined)
  })),
  after({ name: "A scheduler takes pods off its queue only while it leads",
    first: said("schedulerProcess.led", itself), second: said("schedulingQueue.popped", itself) })
]

/** Kept by hand: what etcd answers is half of a run's lines. */
const answersFollowEtcd = always("An API server answers a write with what etcd has just told it", [],
  () => {
    const heard_ms = new Map<string, number>()
    /** Paused in the midst of that instant: it stands still. */
    const held = new Set<string>()
    return ({ actor, at_ms, entity, event }) => {
      if (event.type === "process.paused") {
        if (heard_ms.get(event.process) === at_ms) held.add(event.process)
      } else if (event.type === "process.resumed") {
        if (held.delete(event.process)) heard_ms.set(event.process, at_ms)
      } else if (event.type === "kv.returned") heard_ms.set(actor, at_ms)
      else if (heard_ms.get(actor) !== at_ms) {
        return `${actor} says ${event.type} of ${entity}, and etcd had told it nothing in that instant`
      }
      return undefined
    }
  }, ["kv.returned", "write.done", "write.refused", "write.outcomeUnknown", "process.paused", "process.resumed"])

const serving: ReadonlyArray<Property> = [
  atOnce({ name: "An API server acts on a write as soon as it has arrived", onlyForth: true,
    first: said("write.requested", ({ key }) => key), second: said("kv.invoked", ({ key }) => key) }),
  answersFollowEtcd,
  after({ name: "An API server's watch caches are filled after it was started",
    first: said("apiServer.started", itself),
    second: { ...said("watchCache.initialised", itself), ...said("watchCache.resumed", itself) } }),
  ...cachedResources.map((resource) => after({
    name: `An API server is ready only when its cache of ${resource} has been filled`,
    first: said("watchCache.initialised", (_event, { entity }) => entity === resource ? entity : undefined),
    second: said("apiServer.becameReady", () => resource)
  })),
  after({ name: "An API server that has not been ready serves nobody",
    first: said("apiServer.becameReady", itself),
    second: { ...said("serverWatch.opened", itself), ...said("serverWatch.refused", itself),
      ...said("read.requested", itself), ...said("write.requested", itself) } })
]

/**
 * Legal exception: it has left the queue while it was in its cycle, deleted or bound by another scheduler.
 * Source: handleSchedulingFailure, pkg/scheduler/schedule_one.go v1.36: such a pod is not added back.
 */
const failedGoBack = always("A pod that no node can take goes back to the queue at once", [],
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
  }, ["scheduling.failed", "schedulingQueue.", "phase.began", "process.crashed", "process.stopped"])

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

const keyOf = (queue: string) => (event: { readonly key: string }): string => `${queue}:${event.key}`
const nodeKey = (_event: object, { entity }: Line): string => `node-lifecycle:${entity}`

const zoneOf = ({ metadata }: Node): string => metadata.labels?.[zoneLabel] ?? ""
/** The first node that a controller sees of a zone brings the zone along. */
const zonesAreSeenWithTheirNodes = always("A zone is known from the first of its nodes on, and with it", [],
  () => {
    /** Of every node that ever was: a node made by hand, and made again, has the zone that it was given. */
    const zones = new Map<string, string>()
    const known = new Map<string, Set<string>>()
    const due = new Map<string, string>()
    return ({ actor, entity, event }) => {
      const expected = due.get(actor)
      if (event.type === "object.created") {
        if (event.resource === "nodes") zones.set((event.object as Node).metadata.name, zoneOf(event.object as Node))
      } else if (event.type === "process.crashed" || event.type === "process.stopped") {
        known.delete(event.process)
        due.delete(event.process)
      } else if (event.type === "zone.gone") known.get(actor)?.delete(entity)
      else if (event.type === "zone.seen") {
        if (expected !== entity) return `${actor} sees zone ${entity} with no node of it`
        due.delete(actor)
      } else if (event.type === "nodeHealth.seen") {
        if (expected !== undefined) return `${actor} did not see zone ${expected} with its first node`
        const zone = zones.get(entity)
        const mine = known.get(actor) ?? new Set()
        if (zone === undefined || mine.has(zone)) return undefined
        known.set(actor, mine.add(zone))
        due.set(actor, zone)
      } else if (expected !== undefined) return `${actor} did not see zone ${expected} with its first node`
      return undefined
    }
  }, ["object.created", "zone.", "nodeHealth.", "process.crashed", "process.stopped"])

const goneIsGone = always("A controller says nothing more of a ReplicaSet that it saw go", [],
  () => {
    const gone = new Map<string, Set<string>>()
    return ({ actor, entity, event }) => {
      if (event.type === "process.crashed" || event.type === "process.stopped") gone.delete(event.process)
      else if (gone.get(actor)?.has(entity) === true) return `${actor} says ${event.type} of ${entity}, which it saw go`
      else if (event.type === "replicaSet.deleted") gone.set(actor, (gone.get(actor) ?? new Set()).add(entity))
      return undefined
    }
  }, ["replicaSet.", "process.crashed", "process.stopped"])

const controlling: ReadonlyArray<Property> = [
  goneIsGone,
  after({ name: "A key's failure or success is counted by the worker that has it",
    first: said("key.taken"), until: said("key.done"),
    second: { ...said("retry.postponed"), ...said("retry.forgotten") } }),
  after({ name: "A ReplicaSet is seen to go only when it is gone", home: () => "", stays: true,
    first: said("object.deleted"), second: said("replicaSet.deleted") }),
  after({ name: "A ReplicaSet's pods are counted only by the worker that has its key",
    first: said("key.taken"), until: said("key.done"),
    second: { ...said("replicaSet.createsExpected", keyOf("replicaset")),
      ...said("replicaSet.deletesExpected", keyOf("replicaset")) } }),
  after({ name: "A node's conditions are written, and its pods marked, only by the worker that has its key",
    first: said("key.taken"), until: said("key.done"),
    second: { ...said("nodeHealth.markedUnknown", nodeKey), ...said("nodeHealth.podsMarked", nodeKey) } }),
  zonesAreSeenWithTheirNodes,
  after({ name: "A token is taken for a node that waits for one",
    first: said("nodeTaint.queued"), until: said("nodeTaint.cleared"),
    second: said("zone.tokenTaken", ({ node }) => node) }),
  after({ name: "A node is tainted for the first time only with a token of its zone", spends: true,
    first: said("zone.tokenTaken", ({ node }) => node), second: said("nodeTaint.added") })
]

export const properties: ReadonlyArray<Property> = [...starts, ...leading, ...serving, ...scheduling, ...controlling]
