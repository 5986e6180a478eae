/**
 * etcd/durable: what is committed is on the disks of a majority, and was counted by the leader that had made it.
 *
 * A wrong rule of commitment costs nothing until a crash falls into a window of milliseconds; on the disks it shows at
 * once. Source: raft §5.4.2: a leader counts replicas of entries of its own term only; earlier ones come with them.
 */
import type { Line } from "#model/events.ts"
import { always, type Property, sometimes } from "#properties/property.ts"

interface Disk {
  /** By index. */
  readonly terms: Array<number>
  /** Accepted in the term in which they were made: that term's leader may have counted them. */
  readonly inTheirTerm: Array<boolean>
}

type Persisted = Extract<Line["event"], { readonly type: "entry.persisted" }>

class Disks {
  #members = 0
  readonly #disks = new Map<string, Disk>()
  #committed = 0

  /** Of an entry that is applied for the first time: its index and term. */
  hear({ actor, event }: Line): { readonly index: number; readonly term: number } | undefined {
    switch (event.type) {
      case "raft.recovered":
        this.#members = event.members
        return undefined
      case "member.dataLost":
        this.#disks.delete(actor)
        return undefined
      case "entry.persisted":
        this.#persisted(actor, event)
        return undefined
      case "entry.applied": {
        const isFirst = event.index > this.#committed
        if (isFirst) this.#committed = event.index
        return isFirst && this.areTold ? event : undefined
      }
      default:
        return undefined
    }
  }

  /** A trace that tells of no disk says nothing of what is durable. */
  get areTold(): boolean {
    return this.#disks.size > 0
  }

  #persisted(actor: string, { from, inTerm, term, to }: Persisted): void {
    let disk = this.#disks.get(actor)
    if (disk === undefined) this.#disks.set(actor, disk = { terms: [], inTheirTerm: [] })
    const { inTheirTerm, terms } = disk
    let isOther = false
    for (let index = from; index <= to; index++) {
      const isKnown = terms[index] === term
      if (!isKnown && terms[index] !== undefined) isOther = true
      inTheirTerm[index] = inTerm === undefined || (isKnown && inTheirTerm[index] === true)
      terms[index] = term
    }
    // What came after a conflict is gone; what a member finds again after a crash is no conflict.
    if (isOther) terms.length = inTheirTerm.length = to + 1
  }

  #isMajority(has: (disk: Disk) => boolean): boolean {
    let count = 0
    for (const disk of this.#disks.values()) if (has(disk)) count++
    return count * 2 > this.#members
  }
  isOn(member: string, index: number, term: number): boolean {
    return this.#disks.get(member)?.terms[index] === term
  }
  isDurable(index: number, term: number): boolean {
    return this.#isMajority(({ terms }) => terms[index] === term)
  }
  /** It, or one behind it, is on a majority, each of which took it in its own term. */
  isCountedByItsLeader(index: number): boolean {
    for (const { terms } of this.#disks.values()) {
      for (let at = index; at < terms.length; at++) {
        const term = terms[at]
        if (this.#isMajority((disk) => disk.terms[at] === term && disk.inTheirTerm[at] === true)) return true
      }
    }
    return false
  }
}
const hears = ["entry.", "raft.recovered", "member.dataLost"]

export const durable: ReadonlyArray<Property> = [
  always("what a member applies is on the disks of a majority", [11], () => {
    const disks = new Disks()
    return (line) => {
      const applied = disks.hear(line)
      return applied === undefined || disks.isDurable(applied.index, applied.term) ? undefined
        : `${line.actor} applies entry ${applied.index} of term ${applied.term}, which no majority has on its disks`
    }
  }, hears),
  always("a member applies what is on its own disk, as it is there", [11], () => {
    const disks = new Disks()
    return (line) => {
      disks.hear(line)
      const { actor, event } = line
      if (event.type !== "entry.applied" || !disks.areTold || disks.isOn(actor, event.index, event.term)) {
        return undefined
      }
      return `${actor} applies entry ${event.index} of term ${event.term}, which its disk does not have`
    }
  }, hears),
  always("an entry is committed by its term's leader, or beneath one of a later leader's own", [11], () => {
    const disks = new Disks()
    return (line) => {
      const applied = disks.hear(line)
      return applied === undefined || disks.isCountedByItsLeader(applied.index) ? undefined
        : `${line.actor} applies entry ${applied.index} of term ${applied.term}, which a majority took in later ` +
          "terms only, and no entry of theirs behind it"
    }
  }, hears),
  sometimes("a member takes entries of an earlier leader from a later one", () => ({ event }) =>
    event.type === "entry.persisted" && event.inTerm !== undefined && event.from > 1, ["entry.persisted"])
]
