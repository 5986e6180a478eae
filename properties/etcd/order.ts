/** What goes before what in etcd: a candidacy before its term, the log before what is recovered of it. */
import { atOnce, said } from "#properties/order.ts"
import { always, type Property } from "#properties/property.ts"

/** A term begins with a candidate, who raised it; nobody follows or votes in a later one. */
const termsHaveCandidates = always("Nobody follows or votes in a term that no candidate has begun", [],
  () => {
    let begun = 0
    const candidates = new Set<string>()
    return ({ actor, event }) => {
      // A candidacy is told once it is on the disk: a crash in between leaves a term with a vote for oneself.
      const isRemembered = event.type === "raft.recovered" && event.vote === actor
      if (event.type === "raft.campaigned" || isRemembered) {
        begun = Math.max(begun, event.term)
        candidates.add(`${actor} ${event.term}`)
      } else if (event.type === "raft.followed" && event.term > begun) {
        return `${actor} follows in term ${event.term}, and the latest candidacy was in ${begun}`
      } else if (event.type === "vote.granted" && !candidates.has(`${event.candidate} ${event.term}`)) {
        return `${actor} votes for ${event.candidate} in term ${event.term}, where it is no candidate`
      }
      return undefined
    }
  }, ["raft.campaigned", "raft.recovered", "raft.followed", "vote.granted"])

export const order: ReadonlyArray<Property> = [
  atOnce({ name: "A member of etcd recovers what its log holds as soon as it has read it",
    first: { ...said("member.bootstrapped"), ...said("member.recovered") }, second: said("raft.recovered") }),
  termsHaveCandidates
]
