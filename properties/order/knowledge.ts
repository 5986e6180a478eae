/**
 * Nobody knows what is not committed yet: whatever revision a line names has been reached, and what an answer says of
 * an object is what the history says of it. Judged on ground truth, the lines of actor "etcd".
 */
import type { Event, Line } from "#model/events.ts"
import type { Lease } from "#model/objects/lease.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod, PodCondition } from "#model/objects/pod.ts"
import { noExecuteTaints } from "#model/objects/taints.ts"
import { properties as members } from "#properties/order/members.ts"
import { after, said } from "#properties/order.ts"
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

interface Version {
  readonly revision: number
  readonly object: unknown
}
/** The versions of each object, by uid; a removal is one too. */
class Versions {
  readonly #byUid = new Map<string, Map<number, Version>>()

  hear({ entity, event }: Line): boolean {
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") {
      return false
    }
    let versions = this.#byUid.get(entity)
    if (versions === undefined) this.#byUid.set(entity, versions = new Map())
    versions.set(event.revision, { revision: event.revision, object: event.object })
    return true
  }
  of(uid: string, revision: number): Version | undefined {
    return this.#byUid.get(uid)?.get(revision)
  }
}

const answersNameVersions = always("An answer names a version that the object really had", [],
  () => {
    const versions = new Versions()
    return (line) => {
      const { actor, event } = line
      if (versions.hear(line) || (event.type !== "request.answered" && event.type !== "write.done")) return undefined
      const { revision, uid } = event
      if (uid === undefined || revision === undefined) return undefined
      return versions.of(uid, revision) === undefined
        ? `${actor} says ${event.type} of ${uid} at revision ${revision}, which it never had` : undefined
    }
  }, ["object.", "request.answered", "write.done"])

const isReady = ({ status, type }: PodCondition): boolean => type === "Ready" && status === "True"
const statusesAgree = always("What a kubelet says that it posted is what the history holds at that revision", [],
  () => {
    const versions = new Versions()
    return (line) => {
      const { entity, event } = line
      if (versions.hear(line) || event.type !== "podStatus.posted") return undefined
      const found = versions.of(entity, event.revision)
      if (found === undefined) {
        return `${line.actor} posted a status of ${entity} at ${event.revision}, where it has no version`
      }
      const { status } = found.object as Pod
      const ready = (status.conditions ?? []).some(isReady)
      return status.phase === event.phase && ready === event.ready ? undefined
        : `${line.actor} posted ${event.phase}, ready ${event.ready}, of ${entity}; revision ${event.revision} holds ` +
          `${status.phase}, ready ${ready}`
    }
  }, ["object.", "podStatus.posted"])

/** Whoever follows the pods knows of one only what was committed, and not before. */
const anywhere = (): string => ""
const nodeNameOf = (object: unknown): string => (object as Pod).spec.nodeName ?? ""
const isPod = (resource: string): boolean => resource === "pods"
type Stored = { readonly resource: string; readonly object?: unknown }
const boundTo = ({ object, resource }: Stored, { entity }: Line): string | undefined =>
  isPod(resource) && nodeNameOf(object) !== "" ? `${entity} on ${nodeNameOf(object)}` : undefined
const nodeOf = ({ actor }: Line): string => actor.slice(actor.indexOf("/") + 1)
const onNode = ({ node }: { readonly node: string }, { entity }: Line): string => `${entity} on ${node}`
const onOwnNode = (_event: object, line: Line): string => `${line.entity} on ${nodeOf(line)}`

const pods: ReadonlyArray<Property> = [
  after({ name: "A pod is queued for scheduling only when it has been created", home: anywhere, stays: true,
    first: said("object.created", ({ resource }, { entity }) => isPod(resource) ? entity : undefined),
    second: said("schedulingQueue.added") }),
  after({ name: "The scheduler counts a pod as bound to a node only when it is", home: anywhere, stays: true,
    first: { ...said("object.created", boundTo), ...said("object.updated", boundTo) },
    second: { ...said("schedulerCache.confirmed", onNode), ...said("schedulerCache.corrected", onNode),
      ...said("podBinding.succeeded", onNode) } }),
  after({ name: "A kubelet works on a pod only when it is bound to its node", home: anywhere, stays: true,
    first: { ...said("object.created", boundTo), ...said("object.updated", boundTo) },
    second: { ...said("podWorker.started", onOwnNode), ...said("podWorker.rejected", onOwnNode) } }),
  after({ name: "The scheduler stops counting a pod only when it has ended or is gone", home: anywhere, stays: true,
    first: { ...said("object.deleted"), ...said("object.updated", ({ object, resource }, { entity }) => {
      if (!isPod(resource)) return undefined
      const { phase } = (object as Pod).status
      return phase === "Succeeded" || phase === "Failed" ? entity : undefined
    }) },
    second: said("schedulerCache.removed") }),
  after({ name: "A node is seen only when it has been registered", home: anywhere, stays: true,
    first: said("object.created", ({ key, resource }) =>
      resource === "nodes" ? key.slice("/registry/nodes/".length) : undefined),
    second: { ...said("nodeHealth.seen"), ...said("schedulerNode.changed") } })
]

/** It need not have been this controller that added it: what is there already is not written again. */
const taintsWereThere = always("A controller says that it tainted a node only when the node has had that taint", [],
  () => {
    const had = new Set<string>()
    return ({ actor, entity, event }) => {
      if (event.type === "nodeTaint.added" || event.type === "nodeTaint.swapped") {
        return had.has(`${entity} ${event.key}`) ? undefined
          : `${actor} says ${event.type} of ${entity} with ${event.key}, which no version of it has`
      }
      if (event.type !== "object.created" && event.type !== "object.updated") return undefined
      if (event.resource !== "nodes") return undefined
      const node = event.object as Node
      for (const { key } of noExecuteTaints(node)) had.add(`${node.metadata.name} ${key}`)
      return undefined
    }
  }, ["object.created", "object.updated", "nodeTaint.added", "nodeTaint.swapped"])

const leadersAreNamed = always("Who says that it holds a lease is the one whom the history names, with its count", [],
  () => {
    const held = new Set<string>()
    return ({ entity, event }) => {
      if (event.type === "elector.acquired") {
        return held.has(`${entity} ${event.identity} ${event.transitions}`) ? undefined
          : `${event.identity} says that it holds ${entity} after ${event.transitions} transitions; no version says so`
      }
      if (event.type !== "object.created" && event.type !== "object.updated") return undefined
      if (event.resource !== "leases") return undefined
      const { metadata, spec } = event.object as Lease
      held.add(`${metadata.name} ${spec.holderIdentity ?? ""} ${spec.leaseTransitions ?? 0}`)
      return undefined
    }
  }, ["object.created", "object.updated", "elector.acquired"])

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

export const properties: ReadonlyArray<Property> = [
  nobodyKnowsTheFuture, answersNameVersions, statusesAgree, ...pods, taintsWereThere, leadersAreNamed,
  termsHaveCandidates, ...members
]
