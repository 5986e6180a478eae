/**
 * cluster/own-writes: a component writes a pod, or a status, only on the version that it has seen, so that it can touch
 * no other of the same name and lose nobody's word; and of the conditions it changes its own.
 *
 * Who wrote a version is told by the client that was answered with it.
 * Source: status_manager.go syncPod and mergePodStatus, types/pod_status.go PodConditionsByKubelet,
 * nodestatus/setters.go, schedule_one.go updatePod, node_lifecycle_controller.go, taint_eviction.go, gc_controller.go,
 * v1.36.
 */
import type { Line } from "#model/events.ts"
import type { Resource } from "#model/kinds.ts"
import { equal } from "#model/objects/equality.ts"
import { ByActor } from "#properties/by-actor.ts"
import type { History } from "#properties/history.ts"
import { always, type Property, sometimes } from "#properties/property.ts"

const heartbeats = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]
/** By component, of pods and of nodes: the conditions that it writes. */
const own: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = {
  kubelet: { nodes: heartbeats,
    pods: ["PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready", "DisruptionTarget"]
  },
  scheduler: { nodes: [], pods: ["PodScheduled", "DisruptionTarget"] },
  "controller-manager": { nodes: [...heartbeats, "NetworkUnavailable"], pods: ["Ready", "DisruptionTarget"] }
}
const componentOf = (actor: string): string => actor.slice(0, actor.indexOf("/"))

type Sent = Extract<Line["event"], { readonly type: "request.sent" }>
/** A deletion may be answered with what another has just written. */
const isWrite = ({ verb }: Sent): boolean => verb === "update" || verb === "patch"

interface Conditioned {
  readonly status?: { readonly conditions?: ReadonlyArray<{ readonly type: string }> }
}

/** A condition of another's that the write changed, brought or took. */
const othersChanged = (
  before: Conditioned, after: Conditioned, types: ReadonlyArray<string>
): string | undefined => {
  const [was, is] = [before.status?.conditions ?? [], after.status?.conditions ?? []]
  if (was === is) return undefined
  const find = (list: typeof was, type: string) => list.find((one) => one.type === type)
  return [...was, ...is].map(({ type }) => type)
    .find((type) => !types.includes(type) && !equal(find(was, type) ?? null, find(is, type) ?? null))
}

const keepsOthers = ({ now }: History): (line: Line) => string | undefined => {
  const sent = new ByActor<Sent & { readonly seq: number }>()
  return ({ actor, entity, event, seq }) => {
    if (event.type === "process.crashed" || event.type === "process.stopped") sent.forget(event.process)
    else if (event.type === "request.sent" && isWrite(event)) sent.set(actor, entity, { ...event, seq })
    if (event.type !== "request.answered") return undefined
    const request = sent.take(actor, entity)
    const types = request === undefined ? undefined : own[componentOf(actor)]?.[request.resource]
    if (types === undefined || event.uid === undefined) return undefined
    const versions = now[request!.resource as Resource].versions(event.uid)
    const place = versions.findLastIndex(({ revision }) => revision === event.revision)
    const [before, after] = [versions[place - 1], versions[place]]
    // What was there before it was asked for is not its doing.
    if (before?.object === undefined || after?.object === undefined || after.seq < request!.seq) return undefined
    const type = othersChanged(before.object as Conditioned, after.object as Conditioned, types)
    return type === undefined ? undefined
      : `${actor} changes the condition ${type} of ${request!.resource} ${request!.key} at revision ${event.revision}`
  }
}

/**
 * What is not conditional its server does not tell as such. A kubelet's patch of its Node's status is none: it is
 * merged by the types of conditions (PatchNodeStatus, component-helpers/node/util/status.go, v1.36).
 */
const isConditional = (): (line: Line) => string | undefined => {
  const sent = new ByActor<Sent>()
  const told = new Set<string>()
  let areTold = false
  return ({ actor, entity, event }) => {
    if (event.type === "process.crashed" || event.type === "process.stopped") sent.forget(event.process)
    else if (event.type === "write.requested") areTold = true
    else if (event.type === "write.done") told.add(`${event.uid} ${event.revision}`)
    else if (event.type === "request.sent") {
      const isMeant = event.resource === "pods" || (event.subresource === "status" && event.resource !== "nodes")
      if (isMeant && isWrite(event)) sent.set(actor, entity, event)
    }
    if (event.type !== "request.answered") return undefined
    const request = sent.take(actor, entity)
    if (request === undefined || !areTold || event.revision === undefined || own[componentOf(actor)] === undefined) {
      return undefined
    }
    // Also another's answer: a write that changes nothing is answered with the revision that is there.
    return told.has(`${event.uid} ${event.revision}`) ? undefined
      : `${actor} writes ${request.resource} ${request.key} at revision ${event.revision} whatever version it has`
  }
}
const hears = ["request.sent", "request.answered", "process.crashed", "process.stopped"]

export const ownWrites: ReadonlyArray<Property> = [
  always("a component changes no condition of a pod or node that is another's", [], keepsOthers, hears),
  always("a component writes a pod, or a status, only on the version that it has seen", [15], isConditional,
    [...hears, "write.requested", "write.done"]),
  sometimes("a component writes conditions beside those of another", ({ now }) => ({ entity, event }) =>
    event.type === "podStatus.posted" && (now.pods.get(entity)?.status.conditions ?? [])
      .some(({ type }) => !own["kubelet"]!["pods"]!.includes(type) || type === "DisruptionTarget"),
    ["podStatus.posted"])
]
