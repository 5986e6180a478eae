/** node-lifecycle/told: what the controller writes into the journal of nodes, taints and zones. */
import type { Journal, StateOf } from "#impl/journal.ts"
import type { Health } from "#impl/controllers/node-lifecycle/health.ts"
import type { EvictingKey } from "#impl/controllers/node-lifecycle/taints.ts"
import type { Zone, ZoneState } from "#impl/controllers/node-lifecycle/zones.ts"
import type { EventOf } from "#model/events.ts"
import type { charts } from "#model/controllers/node-lifecycle.ts"

type States = { readonly [C in keyof typeof charts]: StateOf<(typeof charts)[C]> }
const taintStates = {
  "node.kubernetes.io/not-ready": "notReadyTaint", "node.kubernetes.io/unreachable": "unreachableTaint"
} as const
const readyStates = { none: "neverPosted", True: "ready", False: "notReady", Unknown: "unknown" } as const

export class Told {
  readonly #journal: Journal["Service"]

  constructor(journal: Journal["Service"]) {
    this.#journal = journal
  }

  health(health: Health, event: EventOf<"nodeHealth">): void {
    const state: States["node-lifecycle.nodeHealth"] = {
      ready: readyStates[health.ready], heartbeat: health.lateAt_ms === undefined ? "fresh" : "late"
    }
    if (!health.isGone) this.#journal.wrote("node-lifecycle.nodeHealth", health.name, event, state)
  }

  gone(health: Health): void {
    const state: States["node-lifecycle.nodeHealth"] = { ready: "unseen", heartbeat: "fresh" }
    this.#journal.wrote("node-lifecycle.nodeHealth", health.name, { type: "nodeHealth.gone" }, state)
    health.isGone = true
  }

  queued(health: Health): void {
    health.taint = "queued"
    this.#taint(health, { type: "nodeTaint.queued", zone: health.zone, ready: health.ready })
  }

  /** Whether this taint was told last: the other one was somebody else's. */
  isTold(health: Health, key: EvictingKey): boolean {
    return health.taint === taintStates[key]
  }

  isTainted(health: Health): boolean {
    return health.taint === "notReadyTaint" || health.taint === "unreachableTaint"
  }

  tainted(health: Health, type: "nodeTaint.added" | "nodeTaint.swapped", key: EvictingKey): void {
    const isLate = type === "nodeTaint.added" && health.taint !== "queued"
    health.taint = taintStates[key]
    this.#taint(health, isLate ? { type, key, late: true } : { type, key })
  }

  cleared(health: Health, why: "ready" | "seen" | "gone" | "disruption" | "removed"): void {
    if (health.taint === "clean" && why !== "seen") return
    health.taint = "clean"
    this.#taint(health, { type: "nodeTaint.cleared", why })
  }

  zone(zone: Zone, event: EventOf<"zone">, state: ZoneState): void {
    zone.state = state
    const told: States["node-lifecycle.zone"] = state
    this.#journal.wrote("node-lifecycle.zone", zone.name, event, told)
  }

  zoneGone(zone: Zone): void {
    const told: States["node-lifecycle.zone"] = "gone"
    this.#journal.wrote("node-lifecycle.zone", zone.name, { type: "zone.gone" }, told)
  }

  #taint(health: Health, event: EventOf<"nodeTaint">): void {
    const state: States["node-lifecycle.taint"] = health.taint
    if (!health.isGone) this.#journal.wrote("node-lifecycle.taint", health.name, event, state)
  }
}
