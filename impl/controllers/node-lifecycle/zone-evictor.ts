/**
 * node-lifecycle/zone-evictor: gives nodes their first NoExecute taint, zone by zone, as fast as the zone's disruption
 * allows, and stops when every zone is lost. Spec: model/controllers/node-lifecycle.ts.
 *
 * Kubernetes looks ten times a second whether a token has come; here a timer waits for it.
 */
import { Effect } from "effect"
import type { Health } from "#impl/controllers/node-lifecycle/health.ts"
import { reasonOf } from "#impl/client/errors.ts"
import type { NodeWriter } from "#impl/controllers/node-lifecycle/node-writer.ts"
import { evictingKeyOf, evictingKeys, evictingTaint } from "#impl/controllers/node-lifecycle/taints.ts"
import type { Told } from "#impl/controllers/node-lifecycle/told.ts"
import { disruptionOf, rateOf, Zone } from "#impl/controllers/node-lifecycle/zones.ts"
import type { Mailbox, Process } from "#impl/ports.ts"
import type { Node } from "#model/objects/node.ts"

/** What it asks of the controller. */
export interface Host {
  readonly nodes: ReadonlyMap<string, Health>
  readonly adopt: (health: Health, node: Node) => void
  readonly reconsider: (health: Health) => void
  /** Takes the NoExecute taints of all nodes away, and their places in the queues. */
  readonly clearAll: () => void
  /** All nodes get their grace anew. */
  readonly forgive: (now_ms: number) => void
}
/** Ready and not ready nodes of a zone at one look. */
export interface Count {
  ready: number
  notReady: number
}

export class ZoneEvictor {
  readonly #zones = new Map<string, Zone>()
  readonly #process: Process["Service"]
  readonly #writer: NodeWriter
  readonly #told: Told
  readonly #host: Host
  /** Zones whose next token is due. */
  readonly #turns: Mailbox<Zone>

  constructor(process: Process["Service"], writer: NodeWriter, told: Told, host: Host) {
    this.#process = process
    this.#writer = writer
    this.#told = told
    this.#host = host
    this.#turns = process.mailbox<Zone>()
  }

  zoneOf(health: Health): Zone {
    let zone = this.#zones.get(health.zone)
    if (zone === undefined) {
      this.#zones.set(health.zone, zone = new Zone(health.zone, this.#process.monotonic_ms()))
      this.#told.zone(zone, { type: "zone.seen" }, "initial")
    }
    return zone
  }

  nodeSeen(health: Health): void {
    const zone = this.zoneOf(health)
    zone.nodes += 1
    zone.remove(health.name)
  }

  nodeGone(health: Health): void {
    const zone = this.zoneOf(health)
    zone.nodes -= 1
    this.clear(health, "gone")
    if (zone.nodes > 0) return
    this.#zones.delete(zone.name)
    this.#told.zoneGone(zone)
  }

  enqueue(health: Health): void {
    const zone = this.zoneOf(health)
    if (!zone.add(health.name)) return
    this.#told.queued(health)
    this.#arm(zone)
  }

  /** It has no NoExecute taint and waits for none. */
  clear(health: Health, why: "ready" | "seen" | "gone" | "disruption" | "removed"): void {
    this.#zones.get(health.zone)?.remove(health.name)
    this.#told.cleared(health, why)
  }

  /** handleDisruption: all zones full means that the fault is more likely here. */
  judge(counts: ReadonlyMap<Zone, Count>, now_ms: number): void {
    if (counts.size === 0) return
    const next = [...counts].map(([zone, { ready, notReady }]) =>
      ({ zone, ready, notReady, disruption: disruptionOf(ready, notReady) }))
    const allAreFull = next.every(({ disruption }) => disruption === "full")
    const wereStopped = next.every(({ zone }) => zone.state === "stopped")
    if (allAreFull) {
      if (!wereStopped) this.#stop(next, now_ms)
      return
    }
    if (wereStopped) this.#host.forgive(now_ms)
    for (const { zone, ready, notReady, disruption } of next) {
      if (zone.state === disruption) continue
      zone.bucket.swap(rateOf(disruption, ready + notReady), now_ms)
      this.#told.zone(zone, { type: "zone.changed", to: disruption, ready, notReady }, disruption)
      this.#arm(zone)
    }
  }

  #stop(zones: ReadonlyArray<{ readonly zone: Zone; readonly notReady: number }>, now_ms: number): void {
    for (const { zone, notReady } of zones) {
      // A zone that is new and lost like the others stops them all once more.
      if (zone.state === "stopped") continue
      zone.bucket.swap(0, now_ms)
      this.#told.zone(zone, { type: "zone.evictionsStopped", notReady }, "stopped")
    }
    this.#host.clearAll()
  }

  #arm(zone: Zone): void {
    if (zone.isArmed || zone.head === undefined) return
    const wait_ms = zone.bucket.wait_ms(this.#process.monotonic_ms())
    if (wait_ms === undefined) return
    zone.isArmed = true
    this.#process.after(wait_ms, () => this.#turns.send(zone))
  }

  /** One node at a time, whatever the zone, as in Kubernetes. */
  readonly run: Effect.Effect<never> = Effect.gen({ self: this }, function*() {
    for (;;) {
      const zone = yield* this.#turns.take
      const health = zone.head === undefined ? undefined : this.#host.nodes.get(zone.head)
      if (health !== undefined && zone.bucket.tryTake(this.#process.monotonic_ms())) {
        this.#told.zone(zone, { type: "zone.tokenTaken", node: health.name }, zone.state)
        yield* this.#addTaint(zone, health)
      }
      zone.isArmed = false
      this.#arm(zone)
    }
  })

  #addTaint(zone: Zone, health: Health) {
    return Effect.gen({ self: this }, function*() {
      const key = evictingKeyOf(health.ready)
      if (key === undefined) return zone.remove(health.name)
      const remove = evictingKeys(health.node).filter((other) => other !== key).map(evictingTaint)
      const node = yield* Effect.match(
        this.#writer.changeTaints(health.node, { add: [evictingTaint(key)], remove }),
        { onFailure: (error) => error, onSuccess: (node) => node })
      if ("_tag" in node) {
        if (node._tag === "NotFound") zone.remove(health.name)
        else zone.again(health.name)
        return this.#told.health(health, { type: "nodeHealth.writeFailed", reason: reasonOf(node) })
      }
      if (this.#host.nodes.get(health.name) !== health) return
      zone.served(health.name)
      this.#host.adopt(health, node)
      this.#told.tainted(health, "nodeTaint.added", key)
      this.#host.reconsider(health)
    })
  }
}
