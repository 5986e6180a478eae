/**
 * The lease of a leader: who hears it, or is it, helps nobody to depose it. Source: raft.go, Step (inLease, with
 * check-quorum); Ongaro's thesis 4.2.3.
 */
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import { electionTimeout_ms } from "#model/limits/etcd.ts"
import { lasting, machineOf, machinesOf } from "#properties/faults.ts"
import { always, type Property } from "#properties/property.ts"

/** What a fault left behind is over: messages have come through again for longer than a lease lasts. */
const recovered_ms = 2 * electionTimeout_ms // ASSUMED

const pair = (a: string, b: string): string => a < b ? `${a} ${b}` : `${b} ${a}`

/** Machines, and pairs of them, that a fault holds up. */
const hitBy = (fault: Fault): ReadonlyArray<string> => {
  if (fault.type === "network.partition") return fault.from.flatMap((a) => fault.to.map((b) => pair(a, b)))
  return "from" in fault ? [pair(fault.from, fault.to)] : machinesOf(fault)
}

/** Since when nothing holds up what two machines tell each other. */
class Links {
  /** How many faults are in force, and when the last one struck or ended. */
  readonly #hits = new Map<string, { count: number; last_ms: number }>()
  readonly #paused = new Set<string>()

  hear({ at_ms, event }: Line): void {
    if (event.type === "fault.injected") this.#hit(event.fault, lasting.has(event.fault.type) ? 1 : 0, at_ms)
    else if (event.type === "fault.ended") this.#hit(event.fault, -1, at_ms)
    else if (event.type === "process.paused") this.#paused.add(machineOf(event.process))
    else if (event.type === "process.resumed") this.#paused.delete(machineOf(event.process))
  }
  #hit(fault: Fault, by: number, at_ms: number): void {
    for (const name of hitBy(fault)) {
      const before = this.#hits.get(name)?.count ?? 0
      this.#hits.set(name, { count: before + by, last_ms: at_ms })
    }
  }
  isSound(a: string, b: string, since_ms: number): boolean {
    return [a, b, pair(a, b)].every((name) => {
      const hits = this.#hits.get(name)
      return !this.#paused.has(name) && (hits === undefined || (hits.count === 0 && hits.last_ms <= since_ms))
    })
  }
}

interface Following {
  readonly leader: string
  readonly seq: number
  readonly at_ms: number
}

/** Who leads, whom each member follows, and when each began to ask for votes for its term. */
class Terms {
  /** A leader is its own. */
  readonly leaders = new Map<string, Following>()
  /** By term: an answer to an earlier try for the same term counts as well. */
  readonly #asked = new Map<string, Following & { readonly term: number }>()
  readonly #links = new Links()

  hear(line: Line): string | undefined {
    this.#links.hear(line)
    const { actor, at_ms, event, seq } = line
    switch (event.type) {
      case "raft.elected":
        this.leaders.set(actor, { leader: actor, seq, at_ms })
        return undefined
      case "raft.followed":
        this.leaders.set(actor, { leader: event.leader, seq, at_ms })
        return undefined
      case "raft.electionTimedOut":
        if (this.#asked.get(actor)?.term !== event.term) {
          this.#asked.set(actor, { leader: "", seq, at_ms, term: event.term })
        }
        this.leaders.delete(actor)
        return undefined
      case "raft.quorumLost":
        this.leaders.delete(actor)
        return undefined
      case "process.crashed":
      case "process.stopped":
        this.leaders.delete(event.process)
        return undefined
      case "raft.campaigned": {
        const asked = this.#asked.get(actor)
        const wrong = asked === undefined ? undefined : event.voters.find((name) => this.#isBound(name, asked))
        return wrong === undefined ? undefined
          : `${wrong} promised ${actor} its vote in term ${event.term}, while ${this.leaders.get(wrong)?.leader} leads`
      }
      default:
        return undefined
    }
  }

  /** It followed a leader, or was it, since before it was asked, and nothing came between them. */
  #isBound(voter: string, asked: Following): boolean {
    const followed = this.leaders.get(voter)
    const leads = followed === undefined ? undefined : this.leaders.get(followed.leader)
    if (followed === undefined || leads === undefined || leads.leader !== followed.leader) return false
    if (followed.seq > asked.seq || leads.seq > asked.seq) return false
    return voter === followed.leader ||
      this.#links.isSound(machineOf(voter), machineOf(leads.leader), asked.at_ms - recovered_ms)
  }
}

export const properties: ReadonlyArray<Property> = [
  always("who hears a leader, or is it, promises nobody else its vote", [10], () => {
    const terms = new Terms()
    return (line) => terms.hear(line)
  }, ["raft.", "process.", "fault."])
]
