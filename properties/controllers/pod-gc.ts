/** What the pod garbage collector promises. */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import { committed, type History } from "#properties/history.ts"
import { always, leadsTo, sometimes, type Obligation, type Property } from "#properties/property.ts"

/** The quarantine of 40 s at a clock that is a quarter too fast. */
const absence_ms_min = 30_000 // ASSUMED
/** A node that came back after the live GET: the GET took at most 60 s, and its pods are taken one after the other. */
const comeBack_ms = 180_000 // ASSUMED

/** 40's exception is for pods whose node is gone, and has been for the quarantine. */
const orphansOnly = ({ now }: History): (line: Line) => string | undefined => {
  /** Nodes that pods have named while they were not there: their quarantine may have begun. */
  const missed = new Set<string>()
  /** When a node went that had been there for longer than the collector's rounds can overlook. */
  const goneAt_ms = new Map<string, number>()
  const madeAt_ms = ({ metadata }: Node): number => now.nodes.first(metadata.uid)?.at_ms ?? 0
  return (line) => {
    const { at_ms, event } = line
    const { nodeName = "" } = committed(line, "pods")?.object.spec ?? {}
    if (nodeName !== "" && now.nodes.named(nodeName) === undefined) missed.add(nodeName)
    const gone = committed(line, "nodes")?.object
    if (gone !== undefined) {
      const { name } = gone.metadata
      if (at_ms - madeAt_ms(gone) >= comeBack_ms || !missed.has(name)) goneAt_ms.set(name, at_ms)
      missed.add(name)
    } else if (event.type === "podGc.chosen" && event.reason === "orphaned") {
      const { node, pod } = event
      const present = now.nodes.named(node)
      if (present !== undefined && at_ms - madeAt_ms(present) > comeBack_ms) return `${pod} was collected, ${node} exists`
      const gone_ms = goneAt_ms.get(node)
      if (gone_ms !== undefined && at_ms - gone_ms < absence_ms_min) {
        return `${pod} was collected ${at_ms - gone_ms} ms after its node ${node} went`
      }
    }
    return undefined
  }
}

/** 111. Agents: kubelets name their node's, users are kubectl, the controller manager's collector must have chosen. */
const onlyTheyForce = (): (line: Line) => string | undefined => {
  const chosen = new Set<string>()
  return ({ event }) => {
    if (event.type === "podGc.chosen") chosen.add(`/registry/pods/${event.pod}`)
    if (event.type !== "write.requested" || event.verb !== "delete" || event.resource !== "pods") return undefined
    if (event.grace !== 0) return undefined
    const { agent, key } = event
    if (agent.startsWith("kubelet") || agent.startsWith("kubectl")) return undefined
    return agent === "kube-controller-manager" && chosen.has(key) ? undefined : `${agent} force deleted ${key}`
  }
}

/** Deleted before it was bound, and held by a finalizer: the collector marks it Failed, so that nobody waits for it. */
const mark_ms = 120_000 // ASSUMED: a new leader, its informers, a round of 20 s, and once more after a conflict.

const marksUnscheduled = (): { line: (line: Line) => void; open: () => Iterable<Obligation> } => {
  const waiting = new Map<string, { readonly key: string; readonly since_ms: number }>()
  return {
    line: (line) => {
      const { key, object: { metadata, spec, status }, type } = committed(line, "pods")!
      const waits = type !== "object.deleted" && metadata.deletionTimestamp !== undefined &&
        (spec.nodeName ?? "") === "" && status.phase !== "Failed" && status.phase !== "Succeeded"
      if (!waits) waiting.delete(line.entity)
      else if (!waiting.has(line.entity)) waiting.set(line.entity, { key, since_ms: line.at_ms })
    },
    open: function*() {
      for (const { key, since_ms } of waiting.values()) yield { entity: key, since_ms, within_ms: mark_ms }
    }
  }
}

export const properties: ReadonlyArray<Property> = [
  always("only pods whose node is gone are collected as orphans", [40], orphansOnly,
    ["pods.created", "pods.updated", "nodes.deleted", "podGc.chosen"]),
  always("nobody but kubelets, users and the collector force deletes a pod", [111], onlyTheyForce,
    ["write.requested", "podGc.chosen"]),
  leadsTo("a pod that is deleted before it is bound comes to be terminal", [], marksUnscheduled, ["pods."]),
  sometimes("the collector takes an unscheduled terminating pod", () => ({ event }) =>
    event.type === "podGc.chosen" && event.reason === "unscheduledTerminating", ["podGc.chosen"])
]
