/** What a kubelet may report, against what really runs. */
import type { Pod, PodCondition } from "#model/objects/pod.ts"
import {
  Containers, Excuses, heardByContainers, heardByExcuses, isTerminal, machineOf, Pods
} from "#properties/kubelet/facts.ts"
import { always, type Property } from "#properties/property.ts"

const terminalIsStopped = always("no container of a pod runs when its phase is terminal", [44], () => {
  const containers = new Containers()
  const excuses = new Excuses()
  const pods = new Pods()
  return (line) => {
    containers.hear(line)
    excuses.hear(line)
    pods.hear(line)
    const { event } = line
    const uid = event.type === "container.started" ? event.podUid
      : event.type === "object.updated" && event.resource === "pods" ? (event.object as Pod).metadata.uid : undefined
    const pod = uid === undefined ? undefined : pods.live.get(uid)
    if (pod === undefined || !isTerminal(pod.status.phase) || excuses.covers(pod) || !containers.runs(uid!)) {
      return undefined
    }
    return `${pod.metadata.name} (${uid}) is ${pod.status.phase} and runs on ${pod.spec.nodeName}`
  }
}, [...heardByContainers, ...heardByExcuses])

const isTrue = (conditions: ReadonlyArray<PodCondition> | undefined, type: string): boolean =>
  conditions?.some((one) => one.type === type && one.status === "True") === true

const terminalIsNotReady = always("a pod in a terminal phase is not ready", [45], () => {
  const excuses = new Excuses()
  return (line) => {
    excuses.hear(line)
    const { event } = line
    if (event.type !== "object.updated" || event.resource !== "pods") return undefined
    const pod = event.object as Pod
    if (!isTerminal(pod.status.phase) || excuses.covers(pod)) return undefined
    for (const type of ["Ready", "ContainersReady"]) {
      if (isTrue(pod.status.conditions, type)) return `${pod.metadata.name} is ${pod.status.phase} and ${type}`
    }
    return undefined
  }
}, heardByExcuses)

const readyRuns = always("a kubelet says Running only of a pod that ran, and ready only of one that runs", [], () => {
  const started = new Set<string>()
  /** Pods of which a container ended since the last post of a kubelet that knew; a slow runtime tells it late. */
  const ended = new Set<string>()
  const known = new Set<string>()
  /** Pods that have just been stopped: a post that was sent meanwhile may be under way. */
  const sentBefore = new Set<string>()
  const containers = new Containers()
  return (line) => {
    containers.hear(line)
    const { entity, event } = line
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
    const mayHaveEnded = sentBefore.delete(entity) || ended.has(entity) || line.state === "terminating"
    if (known.has(entity)) ended.delete(entity)
    return event.ready && !containers.runs(entity) && !mayHaveEnded ? `${entity} is posted ready and does not run`
      : undefined
  }
}, [...heardByContainers, "podStatus.posted", "podWorker.terminated", "containerStatus."])

const restartsGrow = always("the restart count of a container never decreases", [52], () => {
  const newDisks = new Set<string>()
  return ({ actor, event }) => {
    // The records of the runs were on the disk that is gone.
    if (event.type === "machine.diskReplaced") newDisks.add(machineOf(actor))
    if (event.type !== "object.updated" || event.resource !== "pods") return undefined
    const after = event.object as Pod
    const before = event.previous as Pod
    if (after.status === before.status || newDisks.has(after.spec.nodeName ?? "")) return undefined
    for (const old of before.status.containerStatuses ?? []) {
      const now = after.status.containerStatuses?.find((status) => status.name === old.name)
      if (now !== undefined && now.restartCount < old.restartCount) {
        return `${after.metadata.name}/${old.name}: ${old.restartCount} restarts, then ${now.restartCount}`
      }
    }
    return undefined
  }
}, ["object.updated", "machine.diskReplaced"])

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
  [terminalIsStopped, terminalIsNotReady, readyRuns, restartsGrow, graceShrinks]
