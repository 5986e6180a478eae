/** What a kubelet may report, against what really runs. */
import { Marked } from "#properties/controllers/pod-gc/collectable.ts"
import { committed } from "#properties/history.ts"
import { isTerminal, machineOf } from "#properties/kubelet/facts.ts"
import { always, kept, needing, type Property } from "#properties/property.ts"

/** Who was marked by the collector has a node that nobody asked: what runs there cannot know it yet. */
const terminalIsStopped = always("no container of a pod runs when its phase is terminal", [44], (history) => {
  const { containers, now } = history
  const marked = history.part(Marked)
  return ({ entity, event }) => {
    const uid = event.type === "container.started" ? event.podUid : entity
    const pod = now.pods.get(uid)
    const isStopped = pod === undefined || !isTerminal(pod.status.phase) || containers.ofUid(uid).length === 0
    return isStopped || marked.has(uid) ? undefined
      : `${pod.metadata.name} (${uid}) is ${pod.status.phase} and runs on ${pod.spec.nodeName}`
  }
}, ["container.started", "pods.updated"])

const saysWhatRan = "a kubelet says Running only of a pod that ran, and ready only of one that runs"
const readyRuns = always(saysWhatRan, [], ({ containers }) => {
  const started = new Set<string>()
  /** Pods of which a container ended since the last post of a kubelet that knew; a slow runtime tells it late. */
  const ended = new Set<string>()
  const known = new Set<string>()
  /** Pods that have just been stopped: a post that was sent meanwhile may be under way. */
  const sentBefore = new Set<string>()
  return ({ entity, event, state }) => {
    if (event.type === "container.started") started.add(event.podUid)
    // The status that arrives now was worked out before: what ends on the way is not yet in it.
    if (event.type === "container.exited") {
      ended.add(event.podUid)
      known.delete(event.podUid)
      // The machine died between the record of its start and the start: for all that its runtime knows, it ran.
      if (event.reason === "unknown") started.add(event.podUid)
    }
    if (event.type === "containerStatus.exited" || event.type === "containerStatus.found") {
      known.add(entity.split("/")[0]!)
    }
    if (event.type === "podWorker.terminated") sentBefore.add(entity)
    if (event.type !== "podStatus.posted") return undefined
    if (event.phase === "Running" && !started.has(entity)) return `${entity} is posted Running and never ran`
    // While its containers are being stopped nobody works its status out anew (SyncTerminatingPod, kubelet.go v1.36).
    const mayHaveEnded = sentBefore.delete(entity) || ended.has(entity) || state === "terminating"
    if (known.has(entity)) ended.delete(entity)
    const isTrue = !event.ready || mayHaveEnded || containers.ofUid(entity).length > 0
    return isTrue ? undefined : `${entity} is posted ready and does not run`
  }
}, ["container.started", "container.exited", "podStatus.posted", "podWorker.terminated", "containerStatus."])

const neverDecreases = "the restart count of a container never decreases"
const restartsGrow = needing(["pods"], always(neverDecreases, [52], () => {
  const newDisks = new Set<string>()
  return (line) => {
    // The records of the runs were on the disk that is gone.
    if (line.event.type === "machine.diskReplaced") newDisks.add(machineOf(line.actor))
    const change = committed(line, "pods")
    if (change?.type !== "object.updated") return undefined
    const { object: after, previous: before } = change
    if (after.status === before.status || newDisks.has(after.spec.nodeName ?? "")) return undefined
    for (const old of before.status.containerStatuses ?? []) {
      const now = after.status.containerStatuses?.find((status) => status.name === old.name)
      if (now !== undefined && now.restartCount < old.restartCount) {
        return `${after.metadata.name}/${old.name}: ${old.restartCount} restarts, then ${now.restartCount}`
      }
    }
    return (before.status.containerStatuses?.length ?? 0) > 0 ? kept : undefined
  }
}, ["pods.updated", "machine.diskReplaced"]))

const graceShrinks = always("the grace of a pod that is being stopped only decreases", [47], () => {
  const graces = new Map<string, number>()
  const byKubelet = new Map<string, Set<string>>()
  return ({ actor, entity, event }) => {
    if (event.type === "process.started" && event.process.startsWith("kubelet/")) {
      // A new kubelet begins the grace anew.
      for (const key of byKubelet.get(event.process) ?? []) graces.delete(key)
      byKubelet.delete(event.process)
    }
    const key = `${actor} ${entity}`
    if (event.type === "podWorker.forgotten") graces.delete(key)
    if (event.type !== "podWorker.terminating") return undefined
    const before = graces.get(key)
    graces.set(key, event.grace_s)
    let all = byKubelet.get(actor)
    if (all === undefined) byKubelet.set(actor, all = new Set())
    all.add(key)
    if (before === undefined || event.grace_s < before) return undefined
    return `${entity}: ${before} s, then ${event.grace_s} s`
  }
}, ["podWorker.terminating", "podWorker.forgotten", "process.started"])

export const status: ReadonlyArray<Property> =
  [terminalIsStopped, readyRuns, restartsGrow, graceShrinks]
