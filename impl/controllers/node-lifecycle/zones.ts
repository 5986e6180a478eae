/**
 * node-lifecycle/zones: how disrupted a zone is, and how fast its nodes may be tainted. Spec:
 * model/controllers/node-lifecycle.ts.
 */
import {
  evictionBurst, largeClusterThreshold, nodeEvictionRate_per_s, secondaryNodeEvictionRate_per_s, unhealthyZoneNodes_min,
  unhealthyZoneThreshold
} from "#model/limits/controllers/node-lifecycle.ts"

export type Disruption = "normal" | "partial" | "full"
/** "stopped": every zone is fully disrupted; the trouble is more likely the controller's own. */
export type ZoneState = "initial" | Disruption | "stopped"

/** ComputeZoneState of node_lifecycle_controller.go. */
export const disruptionOf = (ready: number, notReady: number): Disruption =>
  ready === 0 && notReady > 0 ? "full"
  : notReady >= unhealthyZoneNodes_min && notReady / (notReady + ready) >= unhealthyZoneThreshold ? "partial"
  : "normal"

/** Nodes per second; 0 stops a small zone that is partially disrupted (ReducedQPSFunc). */
export const rateOf = (disruption: Disruption, nodes: number): number =>
  disruption !== "partial" ? nodeEvictionRate_per_s
  : nodes > largeClusterThreshold ? secondaryNodeEvictionRate_per_s : 0

/** flowcontrol's token bucket; a swap drains the new one unless the old one had a token to give. */
export class Bucket {
  rate_per_s = nodeEvictionRate_per_s
  #tokens: number = evictionBurst
  #at_ms: number

  constructor(now_ms: number) {
    this.#at_ms = now_ms
  }

  tryTake(now_ms: number): boolean {
    this.#refill(now_ms)
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  /** Until there is a token; undefined when none will come. */
  wait_ms(now_ms: number): number | undefined {
    this.#refill(now_ms)
    if (this.#tokens >= 1) return 0
    return this.rate_per_s === 0 ? undefined : (1 - this.#tokens) * 1000 / this.rate_per_s
  }

  swap(rate_per_s: number, now_ms: number): void {
    if (rate_per_s === this.rate_per_s) return
    const hadToken = this.rate_per_s > 0 && this.tryTake(now_ms)
    this.#tokens = hadToken && rate_per_s > 0 ? evictionBurst : 0
    this.#at_ms = now_ms
    this.rate_per_s = rate_per_s
  }

  #refill(now_ms: number): void {
    const gained = (now_ms - this.#at_ms) * this.rate_per_s / 1000
    this.#tokens = Math.min(evictionBurst, this.#tokens + gained)
    // A token that is due by rounding is due.
    if (this.#tokens > 1 - 1e-6) this.#tokens = Math.max(1, this.#tokens)
    this.#at_ms = now_ms
  }
}

/** Nodes that wait for their first NoExecute taint. A node is queued once until it is taken off by `remove`. */
export class Zone {
  state: ZoneState = "initial"
  nodes = 0
  readonly bucket: Bucket
  /** A timer or the worker is on it. */
  isArmed = false
  readonly name: string
  #queue: Array<string> = []
  readonly #known = new Set<string>()

  constructor(name: string, now_ms: number) {
    this.name = name
    this.bucket = new Bucket(now_ms)
  }

  add(node: string): boolean {
    if (this.#known.has(node)) return false
    this.#known.add(node)
    this.#queue.push(node)
    return true
  }

  remove(node: string): void {
    if (!this.#known.delete(node)) return
    this.#queue = this.#queue.filter((queued) => queued !== node)
  }

  get head(): string | undefined {
    return this.#queue[0]
  }

  /** The node was handled: it leaves the queue but stays known. */
  served(node: string): void {
    this.#queue = this.#queue.filter((queued) => queued !== node)
  }

  /** It failed: behind the others. */
  again(node: string): void {
    this.served(node)
    if (this.#known.has(node)) this.#queue.push(node)
  }
}
