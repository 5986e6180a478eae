/**
 * Spec: model/controllers/node-lifecycle.ts. node-lifecycle: notices that a node is gone, taints it, and evicts its
 * pods.
 *
 * Every 5 s one look at all nodes, plain code that writes nothing when nothing changed; what a node needs is done by a
 * work queue, one node at a time, always from what is and never from what happened: a successor finishes the work.
 */
import { Effect } from "effect"
import { type ApiError, reasonOf } from "#impl/client/errors.ts"
import { periodic, type Services } from "#impl/controller.ts"
import { Health } from "#impl/controllers/node-lifecycle/health.ts"
import {
  isReady, makeNodeWriter, type NodeWriter, unknownReason
} from "#impl/controllers/node-lifecycle/node-writer.ts"
import { TaintEviction } from "#impl/controllers/node-lifecycle/taint-eviction.ts"
import {
  evictingKeyOf, evictingKeys, evictingTaint, hasEvicting, noScheduleChange, type Ready
} from "#impl/controllers/node-lifecycle/taints.ts"
import { Told } from "#impl/controllers/node-lifecycle/told.ts"
import { type Count, type Host, ZoneEvictor } from "#impl/controllers/node-lifecycle/zone-evictor.ts"
import type { Zone } from "#impl/controllers/node-lifecycle/zones.ts"
import type { Index, Informer } from "#impl/informer.ts"
import type { Controller } from "#impl/ports/controllers.ts"
import type { Process } from "#impl/ports.ts"
import { make as makeQueue, run as runWorkers, type WorkQueue } from "#impl/work-queue.ts"
import { nodeWorkers } from "#model/limits/controllers/node-lifecycle.ts"
import { nodeMonitorPeriod_ms } from "#model/limits.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"

export interface Parts {
  readonly isRenewed: (before: Lease, after: Lease) => boolean
  /**
   * Whether the pods of a node must be marked not ready now. `hasJustGivenUp`: this very look set the node to Unknown.
   * Kubernetes once asked only that, and a successor of a crashed controller skipped the step (k/k#50067).
   */
  readonly mustMarkPods: (look: {
    readonly ready: Ready; readonly hasJustGivenUp: boolean; readonly failedBefore: boolean
  }) => boolean
}
export const defaultParts: Parts = {
  isRenewed: (before, after) => before.spec.renewTime !== after.spec.renewTime,
  mustMarkPods: ({ ready }) => ready === "Unknown"
}

class NodeLifecycle implements Host {
  readonly nodes = new Map<string, Health>()
  readonly #nodes: Informer<Node>
  readonly #pods: Informer<Pod>
  readonly #leases: Informer<Lease>
  readonly #podsOf: Index<Pod>
  readonly #process: Process["Service"]
  readonly #told: Told
  readonly #writer: NodeWriter
  readonly #parts: Parts
  readonly #queue: WorkQueue
  readonly #evictions: TaintEviction
  readonly #zones: ZoneEvictor

  constructor({ client, informers, journal, process }: Services, queue: WorkQueue, parts: Parts) {
    this.#nodes = informers.of("nodes")
    this.#pods = informers.of("pods")
    this.#leases = informers.of("leases")
    this.#podsOf = this.#pods.index("node", ({ spec: { nodeName = "" } }) => nodeName === "" ? [] : [nodeName])
    this.#process = process
    this.#told = new Told(journal)
    this.#writer = makeNodeWriter(client, process)
    this.#parts = parts
    this.#queue = queue
    this.#evictions = new TaintEviction(client, process, journal, this.#podsOf)
    this.#zones = new ZoneEvictor(process, this.#writer, this.#told, this)
  }

  register(): void {
    this.#nodes.addHandlers({
      added: (node) => this.#nodeSeen(node),
      updated: (_, node) => this.#nodeChanged(node),
      deleted: (node) => this.#nodeGone(node.metadata.name)
    })
    this.#pods.addHandlers({
      added: (pod) => this.#podChanged(pod),
      updated: (before, pod) => {
        if (before.metadata.uid !== pod.metadata.uid) this.#evictions.podGone(before)
        this.#podChanged(pod)
      },
      deleted: (pod) => this.#evictions.podGone(pod)
    })
  }

  /** Runs everything but the look every 5 s. */
  readonly start = Effect.gen({ self: this }, function*() {
    yield* runWorkers(this.#queue, nodeWorkers, (name) => this.#sync(name))
    yield* Effect.forkChild(this.#evictions.run)
    yield* Effect.forkChild(this.#zones.run)
  })

  // What the informers say.

  #nodeSeen(node: Node): void {
    const now_ms = this.#process.monotonic_ms()
    const health = new Health(node, now_ms)
    this.nodes.set(health.name, health)
    this.#told.health(health, { type: "nodeHealth.seen", ready: health.ready })
    this.#zones.nodeSeen(health)
    // Kubernetes takes a new node for reachable, also the successor of a controller that had tainted it.
    if (evictingKeys(node).length > 0) health.clear = "seen"
    this.#evictions.nodeChanged(node)
    this.reconsider(health)
  }

  #nodeChanged(node: Node): void {
    const health = this.nodes.get(node.metadata.name)
    if (health === undefined) return this.#nodeSeen(node)
    if (health.node.metadata.uid !== node.metadata.uid) {
      this.#nodeGone(health.name)
      return this.#nodeSeen(node)
    }
    this.#evictions.nodeChanged(node)
    if (this.adopt(health, node)) this.reconsider(health)
  }

  /** Takes a version of the node that the informer or an answer showed; somebody else may have changed it too. */
  adopt(health: Health, node: Node): boolean {
    const before = health.ready
    if (!health.observe(node, this.#process.monotonic_ms())) return false
    if (health.ready !== before) this.#noteReady(health)
    return true
  }

  /** The watch may show our own write before its answer comes. */
  #noteReady(health: Health): void {
    const reason = health.givingUp
    health.givingUp = undefined
    health.hasReadyPods = true
    this.#told.health(health, health.ready === "Unknown" && reason !== undefined
      ? { type: "nodeHealth.markedUnknown", reason } : { type: "nodeHealth.observed", ready: health.ready })
  }

  #nodeGone(name: string): void {
    const health = this.nodes.get(name)
    if (health === undefined) return
    this.nodes.delete(name)
    this.#evictions.nodeGone(name)
    this.#zones.nodeGone(health)
    this.#told.gone(health)
  }

  #podChanged(pod: Pod): void {
    this.#evictions.podChanged(pod)
    const health = pod.spec.nodeName === undefined ? undefined : this.nodes.get(pod.spec.nodeName)
    if (health !== undefined && health.ready !== "True" && isReady(pod)) health.hasReadyPods = true
  }

  // The look.

  look(): void {
    const now_ms = this.#process.monotonic_ms()
    const counts = new Map<Zone, Count>()
    for (const health of this.nodes.values()) {
      health.observeLease(this.#leases.get(health.leaseKey), now_ms, this.#parts.isRenewed)
      this.#noteLateness(health, now_ms)
      const zone = this.#zones.zoneOf(health)
      let count = counts.get(zone)
      if (count === undefined) counts.set(zone, count = { ready: 0, notReady: 0 })
      if (health.ready === "True") count.ready += 1
      else count.notReady += 1
      // Somebody took its taint away: markNodeForTainting queues it anew.
      if (this.#lacksTaint(health) && this.#told.isTainted(health)) this.#zones.clear(health, "removed")
      if (this.#needsTaint(health)) this.#zones.enqueue(health)
      // Marking waits for a look: the kubelet of an unknown node may be alive, and would write against us.
      if (this.#needsWork(health, now_ms) || this.#mustMark(health, false)) this.#queue.add(health.name)
    }
    this.#zones.judge(counts, now_ms)
  }

  /** While its conditions are being written nobody looks at a node: monitorNodeHealth waits for its writes. */
  #noteLateness(health: Health, now_ms: number): void {
    if (health.givingUp !== undefined) return
    const isLate = health.isLate(now_ms)
    if (isLate === (health.lateAt_ms !== undefined)) return
    health.lateAt_ms = isLate ? now_ms : undefined
    this.#told.health(health, { type: isLate ? "nodeHealth.late" : "nodeHealth.fresh" })
  }

  #lacksTaint(health: Health): boolean {
    return health.clear === undefined && evictingKeyOf(health.ready) !== undefined
      && evictingKeys(health.node).length === 0
  }
  #needsTaint(health: Health): boolean {
    return health.taint === "clean" && this.#lacksTaint(health)
  }

  #mustMark(health: Health, hasJustGivenUp: boolean): boolean {
    return health.hasReadyPods
      && this.#parts.mustMarkPods({ ready: health.ready, hasJustGivenUp, failedBefore: health.markingFailed })
  }

  #needsWork(health: Health, now_ms: number): boolean {
    return health.hasTaintWork || health.clear !== undefined || (health.ready !== "Unknown" && health.isExpired(now_ms))
  }

  reconsider(health: Health): void {
    const keys = evictingKeys(health.node)
    const wanted = evictingKeyOf(health.ready)
    health.hasTaintWork = noScheduleChange(health.node) !== undefined
      || (keys.length > 0 && !(keys.length === 1 && keys[0] === wanted))
    if (health.ready === "True" && keys.length === 0) this.#zones.clear(health, "ready")
    if (this.#needsWork(health, this.#process.monotonic_ms())) this.#queue.add(health.name)
  }

  clearAll(): void {
    for (const health of this.nodes.values()) {
      if (evictingKeys(health.node).length === 0) this.#zones.clear(health, "disruption")
      else {
        this.#zones.zoneOf(health).remove(health.name)
        health.clear = "disruption"
        this.#queue.add(health.name)
      }
    }
  }

  forgive(now_ms: number): void {
    for (const health of this.nodes.values()) {
      health.probeAt_ms = now_ms
      this.#noteLateness(health, now_ms)
    }
  }

  // What one node needs.

  #sync(name: string): Effect.Effect<void, ApiError> {
    const health = this.nodes.get(name)
    if (health === undefined) return Effect.void
    return Effect.catch(this.#reconcile(health), (error) => {
      // The node went meanwhile, and perhaps came back as another one.
      if (error._tag === "NotFound" || this.nodes.get(name) !== health) return Effect.void
      this.#told.health(health, { type: "nodeHealth.writeFailed", reason: reasonOf(error) })
      return Effect.fail(error)
    })
  }

  #reconcile(health: Health) {
    return Effect.gen({ self: this }, function*() {
      let hasJustGivenUp = false
      if (health.ready !== "Unknown" && health.isExpired(this.#process.monotonic_ms())) {
        health.givingUp = unknownReason(health.node)
        // What is seen after a failure may be another controller's doing.
        const marked = yield* Effect.tapError(this.#writer.markUnknown(health.node), () => Effect.sync(() => {
          health.givingUp = undefined
        }))
        this.adopt(health, marked)
        health.givingUp = undefined
        hasJustGivenUp = true
      }
      const noSchedule = noScheduleChange(health.node)
      if (noSchedule !== undefined) this.adopt(health, yield* this.#writer.changeTaints(health.node, noSchedule))
      yield* this.#correctEvictingTaints(health)
      if (this.#mustMark(health, hasJustGivenUp)) yield* this.#markPods(health)
      this.reconsider(health)
    })
  }

  /** Takes away what must not be, and swaps one for the other, without waiting for a token. */
  #correctEvictingTaints(health: Health) {
    return Effect.gen({ self: this }, function*() {
      const keys = evictingKeys(health.node)
      const wanted = evictingKeyOf(health.ready)
      if (health.clear !== undefined || wanted === undefined) {
        const why = health.clear ?? "ready"
        if (keys.length > 0) {
          const change = { add: [], remove: keys.map(evictingTaint) }
          this.adopt(health, yield* this.#writer.changeTaints(health.node, change))
        }
        health.clear = undefined
        if (why !== "ready" || health.ready === "True") this.#zones.clear(health, why)
        return
      }
      const wrong = keys.filter((key) => key !== wanted)
      if (wrong.length === 0) return
      if (!hasEvicting(health.node, wanted)) {
        const add = { add: [evictingTaint(wanted)], remove: [] }
        this.adopt(health, yield* this.#writer.changeTaints(health.node, add))
      }
      const remove = { add: [], remove: wrong.map(evictingTaint) }
      this.adopt(health, yield* this.#writer.changeTaints(health.node, remove))
      if (!this.#told.isTold(health, wanted)) this.#told.tainted(health, "nodeTaint.swapped", wanted)
    })
  }

  #markPods(health: Health) {
    return Effect.gen({ self: this }, function*() {
      health.hasReadyPods = false
      const began_ms = this.#process.monotonic_ms()
      const pods = this.#podsOf(health.name)
      const written = yield* Effect.tapError(this.#writer.markNotReady(pods), () => Effect.sync(() => {
        health.hasReadyPods = true
        health.markingFailed = true
      }))
      health.markingFailed = false
      if (written > 0) this.#told.health(health, { type: "nodeHealth.podsMarked", pods: written, began_ms })
    })
  }
}

/** The controller as its host takes it. */
export const controller = (parts?: Partial<Parts>): Controller =>
  periodic("node-lifecycle", nodeMonitorPeriod_ms, ["nodes", "pods", "leases"], (services) =>
    Effect.map(makeQueue("node-lifecycle"), (queue) => {
      const controller = new NodeLifecycle(services, queue, { ...defaultParts, ...parts })
      controller.register()
      return { start: controller.start, round: Effect.sync(() => controller.look()) }
    }))
