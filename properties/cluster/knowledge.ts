/**
 * Nobody knows what is not committed yet: whatever revision a line names has been reached, and what an answer says of
 * an object is what the history says of it. Judged on ground truth, the lines of actor "etcd".
 */
import type { Event, Line } from "#model/events.ts"
import { resources } from "#model/kinds.ts"
import { always, type Property } from "#properties/property.ts"

/** The store begins at revision 1, without any change. */
const firstRevision = 1

/** The revisions that a line claims to have seen. What was asked for, or is to come, is no such claim. */
const claimed = (event: Event): number => {
  switch (event.type) {
    case "serverWatch.opened":
      return event.from
    case "reflector.listed":
    case "reflector.reported":
    case "reflector.watched":
    case "reflector.watchEnded":
      return event.resourceVersion
    case "etcdWatch.canceled":
      return event.compactRevision
    case "kv.returned":
      return Math.max(event.revision, event.modRevision ?? 0)
    default:
      return "revision" in event && typeof event.revision === "number" ? event.revision : 0
  }
}
const isCommitted = ({ actor }: Line): boolean => actor === "etcd"

const nobodyKnowsTheFuture = always("Nobody speaks of a revision that is not committed", [],
  () => {
    let newest = firstRevision
    return (line) => {
      const { event } = line
      const revision = claimed(event)
      if (isCommitted(line)) newest = Math.max(newest, revision)
      else if (revision > newest) {
        return `${line.actor} says ${event.type} with revision ${revision} while the newest is ${newest}`
      } else if (revision < 0) return `${line.actor} says ${event.type} with revision ${revision}`
      return undefined
    }
  },
  ["object.", "history.", "serverWatch.", "reflector.", "etcdWatch.", "kv.returned", "watchCache.", "read.served",
    "write.done", "request.answered", "podStatus.posted", "finalizers.", "entry.applied", "raft.recovered"])

const answersNameVersions = always("An answer names a version that the object really had", [],
  ({ now }) => ({ actor, event }) => {
    if (event.type !== "request.answered" && event.type !== "write.done") return undefined
    const { revision, uid } = event
    if (uid === undefined || revision === undefined) return undefined
    return resources.some((resource) => now[resource].written(uid, revision) !== undefined) ? undefined
      : `${actor} says ${event.type} of ${uid} at revision ${revision}, which it never had`
  }, ["request.answered", "write.done"])

export const properties: ReadonlyArray<Property> = [nobodyKnowsTheFuture, answersNameVersions]
