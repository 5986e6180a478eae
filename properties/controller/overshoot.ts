/**
 * controller/overshoot: 80: a creation never makes more of what counts than was wanted. Judged on what was committed.
 *
 * Legal exceptions, each until things have settled: another controller manager took over (its view may be behind,
 * and the old one's writes may still arrive); one that led was paused and goes on before it finds out that it does not
 * lead any more; a creation whose outcome was unknown (it is counted as failed and may exist), however late it arrives
 * (it may have lain before a member of etcd that was paused); the expectations ran into their time-out; an orphan was
 * adopted or came to life by other means; the number wanted was lowered while creations were under way, so the
 * most that was wanted lately counts.
 */
import type { Line } from "#model/events.ts"
import { type ApiObject, keyOf, type Resource } from "#model/kinds.ts"
import { epoch_ms, requestTimeout_ms } from "#model/limits.ts"
import { millisOf } from "#model/objects/time.ts"
import { Census } from "#properties/controller/census.ts"
import { identityOf, keyIn, ownerOf, type Ruled } from "#properties/controller/ruled.ts"
import type { History } from "#properties/history.ts"
import { kept, type Said } from "#properties/property.ts"

/** A watch is known to be dead after 45 s and listed again within 30 s; a request is given up after 60 s. */
const settle_ms = 150_000 // ASSUMED
/** A new leader lists consistently before it acts: only what the old one had under way can surprise it. */
const takeOver_ms = 75_000 // ASSUMED

/** What was wanted lately, newest last: each number with the time until which it counts. */
class Wanted {
  readonly #numbers = new Map<string, Array<{ readonly number: number; until_ms: number }>>()

  note(uid: string, number: number, at_ms: number): void {
    let all = this.#numbers.get(uid)
    if (all === undefined) this.#numbers.set(uid, all = [])
    const last = all.at(-1)
    if (last?.number === number) return
    if (last !== undefined) last.until_ms = at_ms + settle_ms
    all.push({ number, until_ms: Infinity })
  }

  most(uid: string, at_ms: number): number {
    const all = (this.#numbers.get(uid) ?? []).filter(({ until_ms }) => until_ms >= at_ms)
    this.#numbers.set(uid, all)
    return all.reduce((most, { number }) => Math.max(most, number), 0)
  }
}

export const neverOvershoots = <R extends Resource, W extends Resource>(ruled: Ruled<R, W>) =>
  ({ holders }: History): ((line: Line) => Said) => {
    const census = new Census(ruled)
    const wanted = new Wanted()
    const leading = new Set<string>()
    let allExcusedUntil_ms = 0
    const excusedUntil_ms = new Map<string, number>()
    return (line) => {
      const { actor, at_ms, entity, event } = line
      switch (event.type) {
        case "process.resumed":
          if (leading.has(event.process)) allExcusedUntil_ms = at_ms + takeOver_ms
          return undefined
        case "process.crashed":
        case "process.stopped":
          leading.delete(event.process)
          return undefined
        case "controllerManager.led":
          leading.add(actor)
          return undefined
        case "sync.failed":
        case "sync.wrote":
        case "expectations.expired": {
          const key = keyIn(ruled.queue, entity)
          if (key === undefined) return undefined
          const isExcuse = event.type === "expectations.expired"
            || (event.type === "sync.failed" ? event.verb === "create" && event.reason === "unknown"
              : event.verb === "patch")
          if (isExcuse) excusedUntil_ms.set(key, at_ms + settle_ms)
          return undefined
        }
      }
      census.line(line)
      if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.seen") {
        return undefined
      }
      if (event.resource === ruled.of) {
        const identity = identityOf(ruled, event.object as ApiObject)
        const { object } = census.known.get(identity)!
        wanted.note(identity, ruled.wants(object!), at_ms)
      }
      if (event.type !== "object.created" || event.resource !== ruled.owns) return undefined
      const owner = ownerOf(ruled, event.object as never)
      if (owner === undefined || at_ms < allExcusedUntil_ms) return undefined
      // The first of all has no predecessor whose writes may still arrive.
      const { predecessors = 0, since_ms = 0 } = holders.of("kube-controller-manager", at_ms) ?? {}
      if (predecessors > 0 && at_ms - since_ms < takeOver_ms) return undefined
      // By the API server's clock when it took the request; whoever asked has given it up since.
      if (at_ms + epoch_ms - millisOf(event.object.metadata.creationTimestamp) > requestTimeout_ms) return undefined
      const { active, object } = census.known.get(owner)!
      const key = object === undefined ? owner : keyOf(object)
      if (at_ms < (excusedUntil_ms.get(key) ?? 0)) return undefined
      const most = wanted.most(owner, at_ms)
      return active <= most ? kept : `${event.key} is number ${active} of ${key}, which wants ${most}`
    }
  }
