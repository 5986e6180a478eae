/**
 * history/holders: who holds the lease of each election, from the committed objects alone: since when, and when it was
 * last renewed. Who believes to lead is another matter.
 */
import type { Line } from "#model/events.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Moment } from "#properties/history/kept.ts"

export interface Holder {
  readonly identity: string
  /** When it took the lease; where a trace begins in the midst, when that was first seen. */
  readonly since_ms: number
  readonly renewed_ms: number
  readonly duration_ms: number
  /** How many have held it before; one at least where a trace begins in the midst. */
  readonly predecessors: number
}

/** Those of nodes and servers are renewed all the time, and nobody takes them over. */
export type Election = "kube-controller-manager" | "kube-scheduler"
const elections: ReadonlySet<string> = new Set<Election>(["kube-controller-manager", "kube-scheduler"])

interface Held {
  readonly seq: number
  readonly holder: Holder | undefined
}

export class Holders {
  readonly hears = ["object.created", "object.seen", "object.updated", "object.deleted"] as const
  readonly #moment: Moment
  /** By lease: newest last; what nobody asks about any more is forgotten. */
  readonly #byLease = new Map<string, Array<Held>>()
  readonly #last = new Map<string, Holder>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ at_ms, event, seq }: Line): void {
    if (!("object" in event) || event.resource !== "leases") return
    const { metadata: { name }, spec } = event.object as Lease
    if (!elections.has(name)) return
    let all = this.#byLease.get(name)
    if (all === undefined) this.#byLease.set(name, all = [])
    const identity = event.type === "object.deleted" ? "" : spec.holderIdentity ?? ""
    if (identity === "") return void all.push({ seq, holder: undefined })
    const last = this.#last.get(name)
    const isSame = all.at(-1)?.holder?.identity === identity
    const holder: Holder = { identity, since_ms: isSame ? last!.since_ms : at_ms, renewed_ms: at_ms,
      duration_ms: (spec.leaseDurationSeconds ?? 0) * 1_000,
      predecessors: isSame ? last!.predecessors : last === undefined ? event.type === "object.seen" ? 1 : 0
        : last.predecessors + 1 }
    this.#last.set(name, holder)
    all.push({ seq, holder })
  }
  settle(): void {
    for (const all of this.#byLease.values()) all.splice(0, all.length - 1)
  }

  /** Undefined: nobody, or it has not renewed for as long as the lease lasts. */
  of(election: Election, at_ms: number): Holder | undefined {
    const holder = this.#byLease.get(election)?.findLast(({ seq }) => seq <= this.#moment.seq)?.holder
    return holder === undefined || at_ms - holder.renewed_ms > holder.duration_ms ? undefined : holder
  }
}
