/**
 * leader-election/requests: nothing fences a leader but its own clock: no request leaves it later than its deadlines
 * allow after its last renewal. Judged on the committed Lease and on the requests as they leave; only who was frozen in
 * between may send what it had begun. The lease is renewed every retryPeriod, and the deadline counts from the try.
 */
import { clockGrain_ms, slowRenewal_ms } from "#model/limits/client.ts"
import { renewDeadline_ms, retryPeriod_ms } from "#model/limits.ts"
import type { Line } from "#model/events.ts"
import { committed } from "#properties/history.ts"
import { clockEvents, Clocks, processOf } from "#properties/leader-election/clocks.ts"
import { always, type Property, sometimes } from "#properties/property.ts"

interface Candidate {
  leads: boolean
  /** World time at which the Lease was last written in its name. */
  renewed_ms: number
  /** How long the answers to its last renewal took, if that is told: they were written so much earlier. */
  slow_ms: number
}

class Candidates {
  readonly clocks = new Clocks()
  readonly #known = new Map<string, Candidate>()

  hear(line: Line): void {
    this.clocks.hear(line)
    const { actor, at_ms, event } = line
    switch (event.type) {
      case "process.crashed":
      case "process.stopped":
        this.#known.delete(event.process)
        return
      case "elector.started":
        this.#known.set(actor, { leads: false, renewed_ms: -Infinity, slow_ms: slowRenewal_ms })
        return
      case "elector.acquired":
      case "elector.renewed": {
        const candidate = this.#known.get(actor)
        if (candidate === undefined) return
        candidate.leads = true
        candidate.slow_ms = Math.max(slowRenewal_ms, event.took_ms)
        return
      }
      default: {
        const holder = processOf(committed(line, "leases")?.object.spec.holderIdentity ?? "")
        const candidate = this.#known.get(holder)
        if (candidate !== undefined) candidate.renewed_ms = at_ms
      }
    }
  }

  /** How long ago the sender renewed, at least, by its own clock; undefined: competes for no lease, or was frozen. */
  waited(actor: string, at_ms: number): (Candidate & { readonly waited_ms: number }) | undefined {
    const candidate = this.#known.get(actor)
    if (candidate === undefined) return undefined
    const { leads, renewed_ms } = candidate
    if (leads && this.clocks.wasPausedSince(actor, renewed_ms)) return undefined
    return { ...candidate, waited_ms: (at_ms - renewed_ms) * this.clocks.ratesSince(actor, renewed_ms).min }
  }
}
const hears = ["request.sent", "elector.started", "elector.acquired", "elector.renewed", "leases.created",
  "leases.updated", ...clockEvents]

const leavesInTime = (): (line: Line) => string | undefined => {
  const candidates = new Candidates()
  return (line) => {
    candidates.hear(line)
    const { actor, at_ms, event } = line
    if (event.type !== "request.sent") return undefined
    const sender = candidates.waited(actor, at_ms)
    if (sender === undefined) return undefined
    const what = `${actor} sends ${event.verb} ${event.resource} ${event.key} at ${at_ms} ms`
    if (!sender.leads) return `${what} and does not lead`
    const most_ms = sender.slow_ms + retryPeriod_ms + renewDeadline_ms + clockGrain_ms
    return sender.waited_ms <= most_ms ? undefined
      : `${what}, ${Math.round(sender.waited_ms)} ms after its lease was last renewed; ${most_ms} ms are allowed`
  }
}

export const leadersRequests: ReadonlyArray<Property> = [
  always("no request leaves a leader later than its deadline after its last renewal, unless it was frozen", [105],
    leavesInTime, hears),
  sometimes("a leader that cannot renew goes on writing", () => {
    const candidates = new Candidates()
    return (line) => {
      candidates.hear(line)
      const { leads = false, waited_ms = 0 } = candidates.waited(line.actor, line.at_ms) ?? {}
      return line.event.type === "request.sent" && leads && waited_ms > 2 * retryPeriod_ms
    }
  }, hears)
]
