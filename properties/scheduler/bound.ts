/**
 * Whom a scheduler binds, held against committed objects alone: the node was there lately, let the pod on to it by its
 * labels, cordon and taints, and had room for it beside the pods that were bound to it. 53, 65, for clusters of others.
 *
 * It decides on a picture that is a little old, and a binding takes a while: any version of the node in the last
 * seconds will do. Legal exceptions: another scheduler than the default one, or one that has just taken over; a pod
 * that was created with its node; whoever was put on to the node past the scheduler.
 * Source: pkg/scheduler/framework/plugins/{nodeunschedulable,nodename,nodeaffinity,tainttoleration,noderesources},
 * schedule_one.go (assume before bind), v1.36.
 */
import type { Line } from "#model/events.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { requestsOf } from "#model/objects/requests.ts"
import { lag_ms, latelyNamed } from "#properties/controller/recent.ts"
import { committed, type History } from "#properties/history.ts"
import { always, eventually, kept, needing, type Property, type Said } from "#properties/property.ts"
import { add, allocatableOf, isTerminal, isWelcome, lacks, nodeOf, type Sums } from "#properties/scheduler/fit.ts"

const ours = "default-scheduler"
/** A new leader lists anew; bindings of the old one may still arrive. */
const handover_ms = 60_000 // ASSUMED: as of controllers.

/** What is on the node beside the pod, as the scheduler has to count it. */
const usedOn = ({ now }: History, node: string, pod: Pod): Sums => {
  const used: Sums = new Map()
  for (const other of now.pods.by("node", node)) {
    if (other.metadata.uid !== pod.metadata.uid && !isTerminal(other)) add(used, requestsOf(other.spec), 1)
  }
  return used
}

const whyNot = (pod: Pod, node: Node | undefined, used: Sums): string | undefined => {
  if (node === undefined) return "it is not there"
  if (!isWelcome(pod, node)) return "its labels, cordon or taints keep the pod off"
  const lacking = lacks(requestsOf(pod.spec), used, allocatableOf(node))
  return lacking === undefined ? undefined : `it has not enough ${lacking} left`
}

const bindsWhereItMay = (history: History) => {
  /** Until when it may not know all that is on a node: who leads changed. */
  let unclearUntil_ms = -Infinity
  /** Nodes on to which somebody was put past the scheduler. */
  const past = new Set<string>()
  return (line: Line): Said => {
    const lease = committed(line, "leases")
    if (lease?.type === "object.updated" && lease.key.endsWith("/kube-scheduler")) {
      const [was, is] = [lease.previous, lease.object].map((one) => (one as Lease).spec.holderIdentity)
      if (was !== is) unclearUntil_ms = line.at_ms + handover_ms
    }
    const change = committed(line, "pods")
    if (change === undefined || change.type === "object.deleted") return undefined
    const pod = change.object
    const name = nodeOf(pod)
    if (change.type !== "object.updated") {
      if (change.type === "object.created" && name !== "") past.add(name)
      return undefined
    }
    if (name === "" || nodeOf(change.previous) !== "") return undefined
    if ((pod.spec.schedulerName ?? ours) !== ours) return undefined
    // A new leader may not know yet what the old one bound; the node it knows.
    const used = past.has(name) || line.at_ms < unclearUntil_ms ? new Map() as Sums : usedOn(history, name, pod)
    let why: string | undefined
    for (const node of latelyNamed(history.now.nodes, name, line.at_ms, lag_ms)) {
      why = whyNot(pod, node, used)
      if (why === undefined) return kept
    }
    return `${pod.metadata.name} was bound to ${name}: ${why ?? "it never was there"}`
  }
}

/** Taken from the queue, a cycle, its write. */
const looks_ms = 1_000 // ASSUMED: milliseconds, unless it has much to do; at rest it has not.

/** At rest a pod that waits for the scheduler has been looked at: it is bound, or says why not. */
const overlooksNobody = ({ now }: History) => {
  /** When the scheduler was last heard of. */
  let renewed_ms = -Infinity
  return {
    line: (line: Line): void => {
      if (committed(line, "leases")?.key.endsWith("/kube-scheduler") === true) renewed_ms = line.at_ms
    },
    holds: (): Said => {
      let held = 0
      for (const pod of now.pods.all()) {
        const { deletionTimestamp, name, uid } = pod.metadata
        const { schedulerName = ours, schedulingGates = [] } = pod.spec
        if (nodeOf(pod) !== "" || deletionTimestamp !== undefined || isTerminal(pod)) continue
        if (schedulerName !== ours || schedulingGates.length > 0) continue
        const since_ms = now.pods.versions(uid).at(-1)?.at_ms ?? Infinity
        if (renewed_ms - since_ms < looks_ms) continue
        const isRefused = pod.status.conditions
          ?.some(({ reason, status, type }) => type === "PodScheduled" && status === "False"
            && reason !== "SchedulingGated")
        if (isRefused !== true) return `${name} waits, and no scheduler has said anything of it`
        held++
      }
      return held
    }
  }
}

/** How much later a write may come that was begun while the lease ran: its requests are retried. */
const late_ms = 10_000 // ASSUMED

/** Who acts for a lease has renewed it lately, or another has: whoever cannot renew it stops. */
const actsWhileItLeads = () => {
  const leases = new Map<string, { readonly at_ms: number; readonly lasts_ms: number }>()
  return (line: Line): Said => {
    const lease = committed(line, "leases")
    if (lease !== undefined) {
      const name = lease.key.slice(lease.key.lastIndexOf("/") + 1)
      const { leaseDurationSeconds = 15 } = (lease.object as Lease).spec
      leases.set(name, { at_ms: line.at_ms, lasts_ms: 1_000 * leaseDurationSeconds })
      return undefined
    }
    const pod = committed(line, "pods")
    const set = committed(line, "replicasets")
    const isMade = pod?.type === "object.created"
      && pod.object.metadata.ownerReferences?.some(({ kind }) => kind === "ReplicaSet") === true
    const isReported = set?.type === "object.updated" && set.object.status.replicas !== set.previous.status.replicas
    const isBound = pod?.type === "object.updated" && nodeOf(pod.object) !== "" && nodeOf(pod.previous) === ""
      && (pod.object.spec.schedulerName ?? ours) === ours
    const leader = isBound ? "kube-scheduler" : isMade || isReported ? "kube-controller-manager" : undefined
    const held = leases.get(leader ?? "")
    if (held === undefined) return undefined
    const ago_ms = line.at_ms - held.at_ms
    return ago_ms <= held.lasts_ms + late_ms ? kept
      : `${leader} acts, and its lease was not renewed for ${Math.round(ago_ms / 1_000)} s`
  }
}

export const boundProperties: ReadonlyArray<Property> = [
  needing(["pods", "nodes", "leases", "times"], always("a pod is bound to a node that was there, would take it and had "
    + "room, as committed lately", [53, 65], bindsWhereItMay, ["pods.", "leases.updated"])),
  needing(["pods", "leases", "times"], eventually("at rest a pod that waits for a scheduler is bound or says why not",
    [68], overlooksNobody, ["leases."])),
  needing(["pods", "replicasets", "leases", "times"], always("whoever binds, makes or reports holds a lease that is "
    + "renewed", [], actsWhileItLeads, ["pods.", "replicasets.updated", "leases."]))
]
