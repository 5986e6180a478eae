/**
 * node-lifecycle/health: what the controller knows of one node, and when it last heard of it.
 * Spec: model/controllers/node-lifecycle.ts.
 *
 * A heartbeat is a change of the node's status or of its lease, seen by this process and timed by its own clock.
 * Deviates: Kubernetes takes a lease for renewed only when renewTime grew, so that a node whose wall clock was set back
 * flaps until the clock has caught up; here any change counts (part `isRenewed`). A node must have been found late in
 * an earlier look before it is given up, so that a pause of the controller alone marks nobody.
 */
import { conditionOf, type Ready, readyOf } from "#impl/controllers/node-lifecycle/taints.ts"
import { lateHeartbeat_ms, nodeStartupGracePeriod_ms } from "#model/limits/controllers/node-lifecycle.ts"
import { nodeMonitorGracePeriod_ms, nodeMonitorPeriod_ms } from "#model/limits.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Node } from "#model/objects/node.ts"
import { zoneLabel } from "#model/objects/taints.ts"

export class Health {
  readonly name: string
  readonly leaseKey: string
  readonly zone: string
  /** The newest that the informer showed or that a write returned. */
  node: Node
  ready: Ready
  /** The last heartbeat, on the controller's clock. */
  probeAt_ms: number
  /** When it was found late. */
  lateAt_ms: number | undefined
  lease: Lease | undefined
  /** The conditions are being set to Unknown; what comes back is no sign of life. */
  givingUp: "NodeStatusUnknown" | "NodeStatusNeverUpdated" | undefined
  /** Why its NoExecute taints must go, whatever its condition. */
  clear: "seen" | "disruption" | undefined
  /** Taints do not mirror the conditions. */
  hasTaintWork = false
  /** The node is gone, or another has its name: what is still under way for it says nothing any more. */
  isGone = false
  /** Some of its pods may say Ready=True. */
  hasReadyPods = true
  /** Marking its pods failed before they were through. */
  markingFailed = false
  taint: "clean" | "queued" | "notReadyTaint" | "unreachableTaint" = "clean"

  constructor(node: Node, now_ms: number) {
    this.node = node
    this.name = node.metadata.name
    this.leaseKey = `kube-node-lease/${this.name}`
    this.zone = node.metadata.labels?.[zoneLabel] ?? ""
    this.ready = readyOf(node)
    this.probeAt_ms = now_ms
  }

  /** Takes a version of the node that somebody wrote. True when it is news. */
  observe(node: Node, now_ms: number): boolean {
    if (node.metadata.uid !== this.node.metadata.uid) return false
    if (Number(node.metadata.resourceVersion) <= Number(this.node.metadata.resourceVersion)) return false
    const before = conditionOf(this.node, "Ready")
    const after = conditionOf(node, "Ready")
    const isOwn = this.givingUp !== undefined && after?.status === "Unknown"
    if (!isOwn && before !== after && before?.lastHeartbeatTime !== after?.lastHeartbeatTime) this.probeAt_ms = now_ms
    this.node = node
    this.ready = readyOf(node)
    return true
  }

  observeLease(lease: Lease | undefined, now_ms: number, isRenewed: (before: Lease, after: Lease) => boolean): void {
    if (lease === undefined || lease === this.lease) return
    if (this.lease !== undefined && !isRenewed(this.lease, lease)) return
    this.lease = lease
    this.probeAt_ms = now_ms
  }

  get grace_ms(): number {
    return this.ready === "none" ? nodeStartupGracePeriod_ms : nodeMonitorGracePeriod_ms
  }

  isLate(now_ms: number): boolean {
    return now_ms - this.probeAt_ms > lateHeartbeat_ms
  }

  /** It was found late, and since then what remained of the grace has passed. */
  isExpired(now_ms: number): boolean {
    return this.lateAt_ms !== undefined && now_ms - this.probeAt_ms > this.grace_ms
      && now_ms - this.lateAt_ms >= this.grace_ms - lateHeartbeat_ms - nodeMonitorPeriod_ms
  }
}
