/** What a client may say of its requests: each ends once, and an answer is one that a server gave. */
import { requestTimeout_ms } from "#model/limits.ts"
import { ByActor } from "#properties/by-actor.ts"
import { inTime, said } from "#properties/order.ts"
import { clockLeeway } from "#properties/order/keys.ts"
import { always, type Property } from "#properties/property.ts"

/** A server tells of writes with a condition, and of deletions. A patch need not have one. */
const changes: ReadonlySet<string> = new Set(["update", "delete"])
const answersWereGiven = always("A client is answered what a server said, once for each time that it was said", [],
  () => {
    const sent = new ByActor<string>()
    const given = new Map<string, number>()
    return ({ actor, entity, event }) => {
      if (event.type === "request.sent") sent.set(actor, entity, event.verb)
      else if (event.type === "write.done") {
        const answer = `${event.uid} ${event.revision}`
        given.set(answer, (given.get(answer) ?? 0) + 1)
      } else if (event.type === "request.answered") {
        const verb = sent.take(actor, entity)
        if (verb === undefined || !changes.has(verb) || event.uid === undefined || event.code >= 300) return undefined
        const answer = `${event.uid} ${event.revision}`
        const left = given.get(answer) ?? 0
        if (left === 0) return `${actor} is answered ${answer} to its ${verb}, and no server said so`
        given.set(answer, left - 1)
      }
      return undefined
    }
  }, ["request.sent", "request.answered", "write.done"])

/** Numbers are given in turn and never again: what has ended does not speak. */
const numbersAreUsedOnce = always("A request that has ended says nothing more", [],
  () => {
    const ended = new Map<string, Set<string>>()
    return ({ actor, entity, event }) => {
      let mine = ended.get(actor)
      if (mine === undefined) ended.set(actor, mine = new Set())
      if (mine.has(entity)) return `${actor} says ${event.type} of request ${entity}, which had ended`
      if (event.type === "request.answered" || event.type === "request.outcomeUnknown"
        || event.type === "request.unreached") mine.add(entity)
      return undefined
    }
  }, ["request."])

export const answers: ReadonlyArray<Property> = [
  inTime({ name: "A request ends, be it with its time-out", 
    within_ms: ({ event }) => clockLeeway * (event.type === "request.sent" ? event.timeout_ms : requestTimeout_ms),
    first: said("request.sent"),
    second: { ...said("request.answered"), ...said("request.postponed"), ...said("request.outcomeUnknown") } }),
  numbersAreUsedOnce, answersWereGiven
]
