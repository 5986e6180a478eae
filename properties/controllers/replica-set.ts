/**
 * What the ReplicaSet controller promises. More than spec.replicas processes may run: terminating pods do not count.
 * A ReplicaSet that is gone promises nothing: its pods are the garbage collector's.
 */
import { isActive, lawful, selects } from "#model/controllers/replica-set.ts"
import { isReady, readySince_ms } from "#model/controllers/replica-set/ranking.ts"
import type { Line } from "#model/events.ts"
import { keyOf } from "#model/kinds.ts"
import { epoch_ms } from "#model/limits.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"
import { controllerPromises } from "#properties/controller.ts"
import { Census } from "#properties/controller/census.ts"
import { isGoing, keyIn, type Ruled } from "#properties/controller/ruled.ts"
import { committed } from "#properties/history.ts"
import { always, type Property, sometimes } from "#properties/property.ts"

const hasTemplatesLabels = (pod: Pod, { spec }: ReplicaSet): boolean =>
  Object.entries(spec.template.metadata.labels ?? {}).every(([key, value]) => pod.metadata.labels?.[key] === value)
const waits = ({ spec }: ReplicaSet): boolean => (spec.minReadySeconds ?? 0) > 0

/** World time at which a pod that is ready has been so for long enough. */
const due_ms = ({ spec }: ReplicaSet, pod: Pod): number =>
  readySince_ms(pod) - epoch_ms + (spec.minReadySeconds ?? 0) * 1_000

const replicaSet: Ruled<"replicasets", "pods"> = {
  name: "a ReplicaSet", queue: "replicaset", of: "replicasets", owns: "pods",
  counts: isActive, selects, wants: ({ spec }) => spec.replicas, lawful,
  status: [
    { name: "replicas", said: ({ status }) => status.replicas, counts: isActive },
    { name: "ready", said: ({ status }) => status.readyReplicas ?? 0, counts: (pod) => isActive(pod) && isReady(pod) },
    { name: "available", said: ({ status }) => status.availableReplicas ?? 0,
      counts: (pod) => isActive(pod) && isReady(pod), isSlow: waits },
    { name: "labelled", said: ({ status }) => status.fullyLabeledReplicas ?? 0,
      counts: (pod, set) => isActive(pod) && hasTemplatesLabels(pod, set) },
    { name: "terminating", said: ({ status }) => status.terminatingReplicas ?? 0,
      counts: (pod, set) => !isActive(pod) && isGoing(pod) && !isEnded(pod) && selects(set, pod) }
  ],
  due_ms: (set, pod) => waits(set) && isReady(pod) ? due_ms(set, pod) : undefined
}

function isEnded({ status: { phase } }: Pod): boolean {
  return phase === "Succeeded" || phase === "Failed"
}

/** A sync, its status, and what stands before it. */
const tells_ms = 10_000 // ASSUMED

/** One that is adopted may have been ready before. */
const availableInTime = (): (line: Line) => string | undefined => {
  const census = new Census(replicaSet)
  /** Sets that ask for some time. */
  const slow = new Set<string>()
  /** By pod: its present controller, and since when. */
  const since = new Map<string, { readonly owner: string; readonly at_ms: number }>()
  let isCalm = true
  const isDue = (pod: Pod, set: ReplicaSet, at_ms: number): boolean => isActive(pod) && isReady(pod) &&
    at_ms - Math.max(due_ms(set, pod), since.get(pod.metadata.uid)?.at_ms ?? at_ms) > tells_ms
  return (line) => {
    const { at_ms, entity, event } = line
    if (!isCalm) return undefined
    if (event.type === "fault.injected") isCalm = false
    for (const uid of census.line(line)) {
      const { object, owned } = census.known.get(uid) ?? {}
      if (object !== undefined && !isGoing(object) && waits(object)) slow.add(uid)
      else slow.delete(uid)
      const isIts = since.get(entity)?.owner === uid
      if (owned?.has(entity) !== true && isIts) since.delete(entity)
      else if (owned?.has(entity) === true && !isIts) since.set(entity, { owner: uid, at_ms })
    }
    for (const uid of slow) {
      const { object, owned } = census.known.get(uid)!
      let due = 0
      for (const pod of owned.values()) if (isDue(pod, object!, at_ms)) due++
      const said = object!.status.availableReplicas ?? 0
      if (said < due) return `${keyOf(object!)} has ${said} available pods; ${due} have been ready for long enough`
    }
    return undefined
  }
}

export const properties: ReadonlyArray<Property> = [
  ...controllerPromises(replicaSet),
  always("while no fault has struck a pod that was ready for minReadySeconds is soon available", [79],
    availableInTime, ["fault.injected", "object."]),
  sometimes("a ReplicaSet that is being deleted is reported on", () => {
    const going = new Set<string>()
    return ({ entity, event }) => {
      if (event.type === "object.updated" && event.resource === "replicasets") {
        if (isGoing(event.object)) going.add(`replicaset:${keyOf(event.object as ReplicaSet)}`)
      } else return event.type === "sync.wrote" && event.subresource === "status" && going.has(entity)
      return false
    }
  }, ["object.updated", "sync.wrote"]),
  sometimes("a ReplicaSet says that it cannot create or delete, and later that it can", () => {
    const failing = new Set<string>()
    return (line) => {
      const { object, type } = committed(line, "replicasets")!
      const isFailing = (object.status.conditions ?? []).some((one) => one.type === "ReplicaFailure")
      if (isFailing) failing.add(line.entity)
      return !isFailing && type === "object.updated" && failing.delete(line.entity)
    }
  }, ["replicasets."]),
  sometimes("a ReplicaSet waits for what it wrote", () => {
    const outstanding = new Set<string>()
    return ({ actor, entity, event }) => {
      if (event.type === "expectations.set") outstanding.add(`${actor} ${entity}`)
      else if (event.type !== "sync.ended") outstanding.delete(`${actor} ${entity}`)
      return event.type === "sync.ended" && outstanding.has(`${actor} ${entity}`)
        && keyIn(replicaSet.queue, entity) !== undefined
    }
  }, ["expectations.", "sync.ended"])
]
