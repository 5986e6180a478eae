/**
 * leader-election/losers: an overlap of two leaders has an end: who still believes to lead while the Lease names
 * another stops within the time that its election grants it, counted anew from the moment at which it was resumed.
 * Source: renew in client-go tools/leaderelection/leaderelection.go, v0.37: after a success it sleeps retryPeriod, then
 * tries until renewDeadline is over.
 */
import { electionRequestTimeout_ms } from "#model/limits/client.ts"
import { renewDeadline_ms, retryPeriod_ms } from "#model/limits.ts"
import type { Line } from "#model/events.ts"
import { committed } from "#properties/history.ts"
import { clockEvents, Clocks, processOf } from "#properties/leader-election/clocks.ts"
import { always } from "#properties/property.ts"

/** Its last success may have been written before, and answered late. */
const stops_ms = electionRequestTimeout_ms + retryPeriod_ms + renewDeadline_ms
/** How far back another rate of its clock can matter. */
const memory_ms = 2 * stops_ms
/** What stands before it in its run queue. */
const slack_ms = 1_000 // ASSUMED

class Leases {
  readonly #clocks = new Clocks()
  /** By lease: who believes to hold it. */
  readonly #believers = new Map<string, Set<string>>()
  /** By process that has lost its lease and not stopped: until when it may believe; Infinity while it is frozen. */
  readonly #due_ms = new Map<string, number>()

  line(line: Line): string | undefined {
    this.#clocks.hear(line)
    const { actor, at_ms, entity, event } = line
    const late = this.#late(at_ms)
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        this.#ends(event.process)
        break
      case "process.paused":
        if (this.#due_ms.has(event.process)) this.#due_ms.set(event.process, Infinity)
        break
      case "process.resumed":
        if (this.#due_ms.has(event.process)) this.#due_ms.set(event.process, this.#until(event.process, at_ms))
        break
      case "elector.acquired": {
        const believers = this.#believers.get(entity)
        if (believers === undefined) this.#believers.set(entity, new Set([actor]))
        else believers.add(actor)
        break
      }
      case "elector.lost":
      case "elector.stopped":
        this.#ends(actor)
        break
      default:
        this.#leaseChanged(line)
    }
    return late
  }

  #late(at_ms: number): string | undefined {
    for (const [process, due_ms] of this.#due_ms) {
      if (due_ms >= at_ms) continue
      this.#due_ms.delete(process)
      return `${process} still believes at ${at_ms} ms to hold a lease that names another; its time was over at ` +
        `${Math.round(due_ms)} ms`
    }
    return undefined
  }
  #ends(process: string): void {
    for (const believers of this.#believers.values()) believers.delete(process)
    this.#due_ms.delete(process)
  }
  #until(process: string, at_ms: number): number {
    return at_ms + stops_ms / this.#clocks.ratesSince(process, at_ms - memory_ms).min + slack_ms
  }

  /** One that is given back may be taken again by whoever lost it. */
  #leaseChanged(line: Line): void {
    const lease = committed(line, "leases")
    if (lease === undefined || lease.type === "object.deleted") return
    const holder = processOf(lease.object.spec.holderIdentity ?? "")
    for (const process of this.#believers.get(lease.object.metadata.name) ?? []) {
      if (holder === "" || process === holder) this.#due_ms.delete(process)
      else if (!this.#due_ms.has(process)) {
        const isFrozen = this.#clocks.isPaused(process)
        this.#due_ms.set(process, isFrozen ? Infinity : this.#until(process, line.at_ms))
      }
    }
  }
}

export const losersStop = always("who has lost its lease to another stops leading within its own deadlines", [105],
  () => {
    const leases = new Leases()
    return (line) => leases.line(line)
  }, ["elector.acquired", "elector.lost", "elector.stopped", "leases.created", "leases.updated", ...clockEvents])
