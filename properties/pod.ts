/**
 * What Kubernetes promises of a pod, whoever writes it, on the committed history and on what servers were asked.
 * Source: ../reference/invariants.md 36, 37, 40, 41, 42, 45, 111.
 */
import type { ApiObject } from "#model/kinds.ts"
import type { Pod, PodPhase } from "#model/objects/pod.ts"
import { at, type ObjectEvent, ofUpdates } from "#properties/api-server/history.ts"
import { Collectable } from "#properties/controllers/pod-gc/collectable.ts"
import { committed } from "#properties/history.ts"
import { Forced } from "#properties/kubelet/forced.ts"
import { always, type Invariants, kept, needing, type Property, type Said, sometimes } from "#properties/property.ts"

const isPod = (object: ApiObject | undefined): object is Pod => object?.kind === "Pod"
const nodeOf = (pod: Pod): string => pod.spec.nodeName ?? ""
const isTerminal = (phase: PodPhase): boolean => phase === "Succeeded" || phase === "Failed"
/** Of writes of a pod over itself. */
const ofPods = (
  name: string, invariants: Invariants,
  wrong: (pod: Pod, before: Pod, event: ObjectEvent) => Said
): Property => ofUpdates(name, invariants, (pod, before, event) =>
  isPod(pod) && isPod(before) && before.metadata.uid === pod.metadata.uid ? wrong(pod, before, event) : undefined)

/** Which of its conditions say that it is ready, or do not deny it. */
const readyOf = ({ status: { conditions = [] } }: Pod): ReadonlyArray<string> =>
  conditions.filter(({ status, type }) => (type === "Ready" || type === "ContainersReady") && status !== "False")
    .map(({ status, type }) => `${type} ${status}`)

const order: Readonly<Record<PodPhase, number>> = { Pending: 0, Running: 1, Succeeded: 2, Failed: 2 }

/** The user agent; who asks. */
const kubelet = "kubelet"

const removedAtOnce = "a pod that has a node is removed at once only when it has ended or somebody forced it"

const safety: ReadonlyArray<Property> = [
  ofPods("a pod is bound at most once", [36], (pod, before, event) =>
    nodeOf(before) === nodeOf(pod) ? nodeOf(pod) === "" ? undefined : kept : nodeOf(before) === "" ? kept
      : `${at(event)}: ${nodeOf(before)} became "${nodeOf(pod)}"`),

  ofPods("a pod that is being deleted or is gated is not bound", [37], (pod, before, event) => {
    if (nodeOf(before) !== "" || nodeOf(pod) === "") return undefined
    const isGated = (before.spec.schedulingGates?.length ?? 0) > 0
    return before.metadata.deletionTimestamp === undefined && !isGated ? kept
      : `${at(event)} was bound to ${nodeOf(pod)}, ${isGated ? "gated" : "terminating"}`
  }),

  ofPods("a pod's phase never goes back, and a terminal one is final", [42], (pod, before, event) => {
    const [was, is] = [before.status.phase, pod.status.phase]
    return was === is ? isTerminal(was) ? kept : undefined : order[is] > order[was] && !isTerminal(was) ? kept
      : `${at(event)}: ${was} became ${is}`
  }),

  // The garbage collector writes the phase alone: no kubelet is there to ask. What it left so may stay so, and go one
  // after the other: whoever marks the pods of a lost node denies Ready alone.
  needing(["pods", "nodes", "times"], always("a pod that has ended is not ready", [45], (history) => {
    const collectable = new Collectable(history)
    return (line) => {
      const change = committed(line, "pods")
      if (change?.type !== "object.updated") return undefined
      const { object: pod, previous } = change
      const ready = isTerminal(pod.status.phase) ? readyOf(pod) : []
      const isOld = ready.every((one) => readyOf(previous).includes(one))
      if (!isTerminal(pod.status.phase)) return undefined
      if (ready.length === 0 || (isTerminal(previous.status.phase) && isOld)) return kept
      return isOld && pod.status.phase === "Failed" && collectable.whyNot(pod, line.at_ms) === undefined ? undefined
        : `${at(change)} is ${pod.status.phase} and ${ready.join(", ")}`
    }
  }, ["pods.updated"])),

  always("the kubelet deletes a pod by its uid", [41], () => ({ event }) =>
    event.type === "write.requested" && event.verb === "delete" && event.resource === "pods"
      && event.agent === kubelet ? event.uid === "" ? `${event.agent} deletes ${event.key} by name alone` : kept
      : undefined, ["write.requested"]),

  // Whoever else removes it at once forced that: a user, or the garbage collector. Without a node there is no kubelet.
  needing(["pods", "requests"], always(removedAtOnce, [40], (history) => {
    const forced = history.part(Forced)
    return (line) => {
      const change = committed(line, "pods")
      if (change === undefined) return undefined
      const pod = change.object
      // A grace of 0 in the spec is its author's force.
      const isAtOnce = forced.has(pod.metadata.uid) || pod.spec.terminationGracePeriodSeconds === 0
      if (nodeOf(pod) === "") return undefined
      return isTerminal(pod.status.phase) || isAtOnce ? kept
        : `${at(change)} was removed from ${nodeOf(pod)} while it was ${pod.status.phase}`
    }
  }, ["pods.deleted"]))
]

const reached = (name: string, holds: (pod: Pod, before: Pod) => boolean): Property => sometimes(name, () => (line) => {
  const change = committed(line, "pods")
  return change?.type === "object.updated" && holds(change.object, change.previous)
}, ["pods.updated"])

export const properties: ReadonlyArray<Property> = [
  ...safety,
  reached("a pod is bound", (pod, before) => nodeOf(pod) !== "" && nodeOf(before) === ""),
  reached("a pod runs", (pod) => pod.status.phase === "Running"),
  reached("a pod succeeds", (pod) => pod.status.phase === "Succeeded"),
  reached("a pod fails", (pod) => pod.status.phase === "Failed"),
  reached("a pod terminates gracefully", (pod) => (pod.metadata.deletionGracePeriodSeconds ?? 0) > 0),
  reached("the grace of a terminating pod is shortened", ({ metadata: now }, { metadata: before }) =>
    before.deletionTimestamp !== undefined && now.deletionTimestamp! < before.deletionTimestamp)
]
