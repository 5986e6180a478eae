/**
 * cluster/hot-loops: no hot loop: as long as no user does anything a component writes one object a few times a minute
 * at most, whatever fails, and once more for each change of another: a status may follow a hundred pods. Creations have
 * no object yet; Leases are written on purpose. Legal exception: two of one component that lead at once and see
 * different clocks write against each other until the old one learns (which is promised apart): each of its writes
 * allows one.
 */
import type { Line } from "#model/events.ts"
import { ByActor } from "#properties/by-actor.ts"
import { isChange } from "#properties/history.ts"
import { always, type Property } from "#properties/property.ts"

/** So much at once, too. A key that fails again and again is tried 14 times in its first minute (5 ms, doubled). */
const perMinute = 60 // ASSUMED: 100 runs keep to 24; an eviction whose writes fail is tried five times each 5 s.

/** A bucket that time fills, and the changes of other objects. */
interface Bucket {
  left: number
  at_ms: number
  others: number
}

const componentOf = (actor: string): string => actor.slice(0, actor.indexOf("/"))

const isBounded = (): (line: Line) => string | undefined => {
  const buckets = new ByActor<Bucket>()
  const changes = new Map<string, number>()
  let all = 0
  /** The object of each request under way. */
  const sent = new ByActor<string>()
  /** How often each process of a component has written an object, by component and object. */
  const written = new Map<string, Map<string, number>>()
  const byRivals = (actor: string, object: string): number => {
    let count = 0
    for (const [other, writes] of written.get(`${componentOf(actor)} ${object}`) ?? []) {
      if (other !== actor) count += writes
    }
    return count
  }
  const answered = (actor: string, object: string): void => {
    const name = `${componentOf(actor)} ${object}`
    let writers = written.get(name)
    if (writers === undefined) written.set(name, writers = new Map())
    writers.set(actor, (writers.get(actor) ?? 0) + 1)
  }
  return ({ actor, at_ms, entity, event }) => {
    if (isChange(event)) {
      if (event.resource === "leases") return undefined
      all++
      changes.set(event.key, (changes.get(event.key) ?? 0) + 1)
      return undefined
    }
    if (event.type === "operation.invoked") for (const [, , bucket] of buckets) bucket.left = perMinute
    else if (event.type === "process.crashed" || event.type === "process.stopped") {
      buckets.forget(event.process)
      sent.forget(event.process)
    } else if (event.type === "request.answered") {
      const object = sent.take(actor, entity)
      if (object !== undefined && event.revision !== undefined) answered(actor, object)
    }
    if (event.type !== "request.sent" || event.verb === "create" || actor.startsWith("user/")) return undefined
    const object = `${event.resource}/${event.key}`
    sent.set(actor, entity, object)
    const others = all - (changes.get(`/registry/${object}`) ?? 0) + byRivals(actor, object)
    const { left, ...before } = buckets.get(actor, object) ?? { left: perMinute, at_ms, others }
    const filled = left + (at_ms - before.at_ms) * perMinute / 60_000 + others - before.others
    const now = { left: Math.min(perMinute, filled) - 1, at_ms, others }
    buckets.set(actor, object, now)
    return now.left >= 0 ? undefined
      : `${actor} writes ${object} more than ${perMinute} times a minute, although nothing else changes`
  }
}

export const hotLoops: ReadonlyArray<Property> = [
  always(`without users a component writes one object at most ${perMinute} times a minute, unless others change`,
    [112], isBounded, ["request.sent", "request.answered", "operation.invoked", "object.", "process.crashed",
      "process.stopped"])
]
