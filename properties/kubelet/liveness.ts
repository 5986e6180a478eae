/** What must come true on a node that works. */
import { terminationGracePeriod_s } from "#model/limits.ts"
import type { Pod } from "#model/objects/pod.ts"
import { committed } from "#properties/history.ts"
import { isTerminal, machineOf } from "#properties/kubelet/facts.ts"
import { eventually, leadsTo, type Obligation, type Property, sometimes } from "#properties/property.ts"

/** A keep-alive's 45 s, a reflector's 30 s and a request's 60 s in a row, and two tries of the status manager. */
const stop_ms = 240_000 // ASSUMED

interface Terminating {
  readonly pod: Pod
  readonly since_ms: number
  readonly seq: number
}

const terminatingPodGoes = leadsTo("a pod that is being deleted on a live node is gone in the end", [], () => {
  const open = new Map<string, Terminating>()
  return {
    line: (line) => {
      const { object: pod, type } = committed(line, "pods")!
      const { deletionTimestamp, finalizers, uid } = pod.metadata
      // A finalizer keeps the object for as long as its owner wants.
      const mustGo = type !== "object.deleted" && deletionTimestamp !== undefined && (finalizers?.length ?? 0) === 0
        && pod.spec.nodeName !== undefined
      if (!mustGo) open.delete(uid)
      if (!mustGo || open.has(uid)) return 0
      open.set(uid, { pod, since_ms: line.at_ms, seq: line.seq })
      return 1
    },
    open: function*(): Generator<Obligation> {
      for (const { pod, seq, since_ms } of open.values()) {
        const grace_s = pod.metadata.deletionGracePeriodSeconds ?? terminationGracePeriod_s
        const { name, uid } = pod.metadata
        const { nodeName } = pod.spec
        yield { entity: `${name} (${uid}) on ${nodeName}`, since_ms, within_ms: grace_s * 1000 + stop_ms, seq,
          by: `kubelet/${nodeName}` }
      }
    }
  }
}, ["pods."])

const nothingElseRuns = eventually("at rest nothing runs that the API does not have there", [38, 40],
  ({ containers, now }) => ({
    holds: () => {
      for (const { node, pod: name, uid } of containers.all()) {
        const pod = now.pods.get(uid)
        if (pod === undefined) return `${name} (${uid}) runs on ${node} and the API has no such pod`
        if (pod.spec.nodeName !== node) return `${name} (${uid}) runs on ${node}, bound to ${pod.spec.nodeName}`
      }
      return undefined
    }
  }))

const phaseReflects = eventually("at rest a pod that runs is Running in the API, and one that is ready runs", [],
  ({ containers, now }) => ({
    holds: () => {
      for (const pod of now.pods.all()) {
        const { deletionTimestamp, name, uid } = pod.metadata
        if (pod.spec.nodeName === undefined || deletionTimestamp !== undefined) continue
        const { phase } = pod.status
        const isReady = pod.status.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true
        const running = containers.ofUid(uid).length
        if (running === pod.spec.containers.length && phase !== "Running") {
          return `${name} (${uid}) runs on ${pod.spec.nodeName} and is ${phase}`
        }
        // Whom pod-gc marked Failed keeps its conditions if no kubelet that knew it is left: ready means nothing then.
        if (isReady && running < pod.spec.containers.length && phase !== "Failed") {
          return `${name} (${uid}) is ready and only ${running} of its containers run`
        }
      }
      return undefined
    }
  }))

/** In this incarnation. What it refused and what it found ended it knows too. */
const onItsOwn = "at rest a kubelet works on the pods that are bound to its node and on no others"
const knowsItsPods = eventually(onItsOwn, [109],
  ({ now, processes }) => {
    const known = new Map<string, Set<string>>()
    return {
      line: ({ actor, entity, event }) => {
        if (event.type === "process.started") {
          if (event.process.startsWith("kubelet/")) known.set(event.process, new Set())
        } else if (event.type === "podWorker.forgotten") known.get(actor)?.delete(entity)
        else known.get(actor)?.add(entity)
      },
      holds: () => {
        for (const [kubelet, uids] of known) {
          if (processes.get(kubelet)?.state !== "running") continue
          const bound = now.pods.by("node", machineOf(kubelet)).map(({ metadata }) => metadata.uid)
          const unknown = bound.find((uid) => !uids.has(uid))
          if (unknown !== undefined) return `${kubelet} does not work on ${unknown}, which is bound to its node`
          const stranger = [...uids].find((uid) => !bound.includes(uid))
          if (stranger !== undefined) return `${kubelet} works on ${stranger}, which is not bound to its node`
        }
        return undefined
      }
    }
  }, ["process.started", "podWorker."])

/** Guards: without these, some promises above were kept by nobody. */
const reached: ReadonlyArray<Property> = [
  sometimes("a container that ignores SIGTERM is killed after its grace", () => ({ event }) =>
    event.type === "container.killed", ["container.killed"]),
  sometimes("a restart waits for a crash loop back-off of at least 40 s", () => ({ event }) =>
    event.type === "containerStatus.backedOff" && event.delay_ms >= 40_000, ["containerStatus.backedOff"]),
  sometimes("a kubelet restarts while containers run and finds them", () => ({ event }) =>
    event.type === "containerStatus.found" && event.running, ["containerStatus.found"]),
  sometimes("an image cannot be pulled", () => ({ event }) =>
    event.type === "containerStatus.pullFailed", ["containerStatus.pullFailed"]),
  sometimes("a kubelet refuses a pod for which there is no room", () => ({ event }) =>
    event.type === "podWorker.rejected" && event.reason.startsWith("OutOf"), ["podWorker.rejected"]),
  sometimes("a kubelet stops what only the runtime knows", () => ({ event }) =>
    event.type === "podWorker.terminating" && event.reason === "orphan", ["podWorker.terminating"]),
  sometimes("a grace is shortened while it runs", () => {
    const running = new Set<string>()
    return ({ actor, entity, event }) => {
      const key = `${actor} ${entity}`
      if (event.type === "podWorker.terminated") running.delete(key)
      if (event.type !== "podWorker.terminating") return false
      const isShorter = running.has(key)
      running.add(key)
      return isShorter
    }
  }, ["podWorker."]),
  sometimes("a pod gets a second sandbox after its node was booted", () => ({ event }) =>
    event.type === "sandbox.created" && event.attempt > 0, ["sandbox.created"]),
  sometimes("a kubelet reports that a pod succeeded", () => ({ event }) =>
    event.type === "podStatus.posted" && isTerminal(event.phase) && event.phase === "Succeeded", ["podStatus.posted"]),
  sometimes("a node reports that it is not ready", () => ({ event }) =>
    event.type === "nodeStatus.posted" && !event.ready, ["nodeStatus.posted"])
]

export const liveness: ReadonlyArray<Property> =
  [terminatingPodGoes, nothingElseRuns, phaseReflects, knowsItsPods, ...reached]
