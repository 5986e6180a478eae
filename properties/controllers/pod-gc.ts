/** What the pod garbage collector promises. What it may take is worked out from committed pods and nodes. */
import type { Line } from "#model/events.ts"
import { becomesMarked, Collectable } from "#properties/controllers/pod-gc/collectable.ts"
import { committed, type History } from "#properties/history.ts"
import {
  always, kept, leadsTo, needing, type Obligation, type Property, type Said, sometimes
} from "#properties/property.ts"

const prefix = "/registry/pods/"

/** 40's exception is for pods whose node is gone, and has been for the quarantine. */
const marksCollectable = (history: History): (line: Line) => Said => {
  const collectable = new Collectable(history)
  return (line) => {
    const pod = becomesMarked(line)
    const why = pod === undefined ? undefined : collectable.whyNot(pod, line.at_ms)
    return pod === undefined ? undefined : why === undefined ? kept : `${pod.metadata.name} was collected: ${why}`
  }
}

/** 111. Agents: kubelets name their node's, users are kubectl; of the controller manager only its collector may. */
const onlyTheyForce = (history: History): (line: Line) => Said => {
  const collectable = new Collectable(history)
  return ({ at_ms, event }) => {
    if (event.type !== "write.requested" || event.verb !== "delete" || event.resource !== "pods") return undefined
    if (event.grace !== 0) return undefined
    const { agent, key } = event
    // Kubelets (or who plays them) and users bear other names.
    if (!agent.startsWith("kube-")) return kept
    const why = agent === "kube-controller-manager" ? collectable.whyNotNamed(key.slice(prefix.length), at_ms)
      : "it never may"
    return why === undefined ? kept : `${agent} force deleted ${key}: ${why}`
  }
}

/** Deleted before it was bound, and held by a finalizer: the collector marks it Failed, so that nobody waits for it. */
const mark_ms = 120_000 // ASSUMED: a new leader, its informers, a round of 20 s, and once more after a conflict.

const marksUnscheduled = (): { line: (line: Line) => number; open: () => Iterable<Obligation> } => {
  const waiting = new Map<string, { readonly key: string; readonly since_ms: number; readonly seq: number }>()
  return {
    line: (line) => {
      const { key, object: { metadata, spec, status }, type } = committed(line, "pods")!
      const waits = type !== "object.deleted" && metadata.deletionTimestamp !== undefined &&
        (spec.nodeName ?? "") === "" && status.phase !== "Failed" && status.phase !== "Succeeded"
      if (!waits) waiting.delete(line.entity)
      if (!waits || waiting.has(line.entity)) return 0
      waiting.set(line.entity, { key, since_ms: line.at_ms, seq: line.seq })
      return 1
    },
    open: function*() {
      for (const { key, seq, since_ms } of waiting.values()) yield { entity: key, since_ms, seq, within_ms: mark_ms }
    }
  }
}

export const properties: ReadonlyArray<Property> = [
  needing(["pods", "nodes", "times"], always(
    "only pods whose node is gone, or that have none, are marked as collected", [40], marksCollectable,
    ["pods.updated"])),
  needing(["requests", "pods", "nodes", "times"], always(
    "nobody but kubelets, users and the collector force deletes a pod", [111], onlyTheyForce, ["write.requested"])),
  leadsTo("a pod that is deleted before it is bound comes to be terminal", [], marksUnscheduled, ["pods."]),
  sometimes("the collector takes an unscheduled terminating pod", () => ({ event }) =>
    event.type === "podGc.chosen" && event.reason === "unscheduledTerminating", ["podGc.chosen"])
]
