/**
 * The promises of a cluster at rest: nothing is written but leases, and what is desired is what is.
 *
 * Judged on the committed history. Legal exceptions: heartbeats of nodes; the taints that dead nodes get one after the
 * other, in a large zone with one token in 100 s; what a container does of its own accord (it ends, crashes, cannot be
 * pulled) and what follows from it, which is back-off at work and no unrest of the cluster.
 */
import type { Line } from "#model/events.ts"
import { podGcPeriod_ms, quarantine_ms } from "#model/limits/controllers/pod-gc.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod, PodCondition, PodSpec } from "#model/objects/pod.ts"
import { evictingKeys, readyOf } from "#properties/controllers/node-lifecycle/committed-nodes.ts"
import { committed, type Committed, type History, isChange } from "#properties/history.ts"
import { eventually, needing, sometimes, type Property } from "#properties/property.ts"
import { programOf } from "#model/objects/programs.ts"

/** Nothing has been written for so long: longer than every period but resyncs, which write nothing at rest. */
const quiet_ms = 60_000 // ASSUMED
/** A container ended by itself: its room is free, others are scheduled and started, their sets count anew. */
const consequence_ms = 60_000 // ASSUMED: scheduling, pulling and starting, with a back-off in between.
const written = ["object.", "run.started"] as const
/** The quarantine of a node that is gone, a round before it and one after it, on a slow clock. */
const collected_ms = (quarantine_ms + 2 * podGcPeriod_ms) / 0.8

const ends: ReadonlySet<string> = new Set(["crasher", "job"])

/** Does something of its own accord, for ever or later: ends, crashes, or waits for an image that may never come. */
const livesItsOwnLife = (spec: PodSpec, pod?: Pod): boolean =>
  spec.containers.some((container) => ends.has(programOf(container)?.kind ?? "")) ||
  (pod?.status.containerStatuses ?? []).some(({ state }) =>
    state.waiting?.reason === "ErrImagePull" || state.waiting?.reason === "ImagePullBackOff" ||
      state.waiting?.reason === "ErrImageNeverPull")

const isTerminal = (pod: Pod): boolean => pod.status.phase === "Succeeded" || pod.status.phase === "Failed"

const sameBut = (a: PodCondition, b: PodCondition | undefined): boolean =>
  b !== undefined && a.type === b.type && a.status === b.status && a.reason === b.reason &&
  a.lastTransitionTime === b.lastTransitionTime
export const isHeartbeat = (before: Node, after: Node): boolean => {
  const was = before.status.conditions ?? []
  const is = after.status.conditions ?? []
  const sameTaints = before.spec === after.spec || JSON.stringify(before.spec) === JSON.stringify(after.spec)
  return sameTaints && was.length === is.length && is.every((condition, i) => sameBut(condition, was[i]))
}

const isTainting = (before: Node, after: Node): boolean =>
  evictingKeys(before).length === 0 && evictingKeys(after).length > 0

const comesToRest = () => {
  let now_ms = 0
  let excusedUntil_ms = -1
  let last: { readonly at_ms: number; readonly what: string } | undefined
  const ownLives = new Set<string>()
  const isExcused = (line: Line): boolean => {
    const node = committed(line, "nodes")
    if (node !== undefined) {
      return node.type === "object.updated" &&
        (isHeartbeat(node.previous, node.object) || isTainting(node.previous, node.object))
    }
    const set = committed(line, "replicasets")
    if (set !== undefined && livesItsOwnLife(set.object.spec.template.spec)) return true
    const pod = committed(line, "pods")
    if (pod !== undefined && hasItsOwnLife(pod, line.at_ms)) return true
    return !isChange(line.event) || line.event.resource === "leases" || line.at_ms <= excusedUntil_ms
  }
  const hasItsOwnLife = ({ object, type }: Committed<"pods">, at_ms: number): boolean => {
    const { uid } = object.metadata
    if (!livesItsOwnLife(object.spec, object) && !ownLives.has(uid)) return false
    if (type === "object.deleted") ownLives.delete(uid)
    else ownLives.add(uid)
    if (isTerminal(object)) excusedUntil_ms = at_ms + consequence_ms
    return true
  }
  return {
    line: (line: Line) => {
      now_ms = line.at_ms
      if (!isExcused(line)) last = { at_ms: line.at_ms, what: whatOf(line) }
    },
    holds: () => last === undefined || now_ms - last.at_ms >= quiet_ms ? undefined
      : `${last.what} at ${(last.at_ms / 1000).toFixed(1)} s, ${Math.round(now_ms - last.at_ms)} ms before the end`
  }
}

const whatOf = ({ event }: Line): string => {
  if (!isChange(event)) return event.type
  return `${event.resource.slice(0, -1)} ${event.key.slice(event.key.indexOf("/", 10) + 1)} was ${event.type.slice(7)}`
}

/** Per replica set: the pods that it controls and that count; and pods that should be gone. */
const desiredIsActual = ({ now }: History) => {
  let now_ms = 0
  /** Only its kubelet lets it go, which may be dead; of a node that is gone the collector does so, in its own time. */
  const isHeld = (nodeName = ""): boolean => {
    const node = now.nodes.named(nodeName)
    if (node !== undefined) return readyOf(node) !== "True"
    const [last] = now.nodes.history(nodeName)
    return last !== undefined && now_ms - last.at_ms < collected_ms
  }
  return {
    line: ({ at_ms }: Line) => {
      now_ms = at_ms
    },
    holds: () => {
      for (const { metadata: { deletionTimestamp, finalizers = [], name }, spec } of now.pods.all()) {
        if (deletionTimestamp === undefined || finalizers.length > 0) continue
        if (!isHeld(spec.nodeName)) return `pod ${name} is still terminating`
      }
      let count = 0
      for (const { metadata, spec, status } of now.replicasets.all()) {
        if (metadata.deletionTimestamp !== undefined) continue
        count++
        const actual = now.pods.by("owner", metadata.uid)
          .filter((pod) => pod.metadata.deletionTimestamp === undefined && !isTerminal(pod)).length
        const name = `replica set ${metadata.name}`
        if (actual !== spec.replicas) return `${name} has ${actual} pods and wants ${spec.replicas}`
        if (status.replicas !== actual) return `${name} says it has ${status.replicas} of its ${actual} pods`
      }
      return count
    }
  }
}

export const properties: ReadonlyArray<Property> = [
  eventually("without users and faults the cluster comes to rest: nothing is written but leases", [112], comesToRest,
    written),
  needing(["pods", "replicasets", "nodes", "times"],
    eventually("at rest every replica set has its pods and nothing is left terminating", [112, 76], desiredIsActual,
      ["object."])),
  sometimes("a replica set with pods is at work", () => (line) =>
    (committed(line, "replicasets")?.object.status.readyReplicas ?? 0) > 0, ["replicasets.updated"])
]
