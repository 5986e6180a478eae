/** One pod, one node, one life: what may run where, and when the API may forget a pod. */
import type { Line } from "#model/events.ts"
import { committed } from "#properties/history.ts"
import { excuses, isTerminal, machineOf, podKey } from "#properties/kubelet/facts.ts"
import { noStartAfterNews } from "#properties/kubelet/news.ts"
import { always, needing, type Property } from "#properties/property.ts"

const runsWhereBound = always("containers of a pod run only on the node that the pod is bound to", [38],
  ({ now }) => ({ actor, event }) => {
    if (event.type !== "container.started") return undefined
    const node = now.pods.known(event.podUid)?.spec.nodeName
    return node === machineOf(actor) ? undefined
      : `${event.namespace}/${event.pod} (${event.podUid}) starts on ${machineOf(actor)}, bound to ${node ?? "no node"}`
  }, ["container.started"])

const oneRunsByName = always("while a pod exists, no other pod of its name runs", [39], (history) => {
  const { containers, now } = history
  const isExcused = excuses(history)
  return (line) => {
    const { event } = line
    const created = committed(line, "pods")?.object
    const key = event.type === "container.started" ? podKey(event.namespace, event.pod)
      : created === undefined ? "" : podKey(created.metadata.namespace, created.metadata.name)
    const present = now.pods.named(key)
    if (present === undefined) return undefined
    for (const { node, uid } of containers.ofPod(key)) {
      if (uid === present.metadata.uid) continue
      if (!isExcused(uid)) return `${key}: ${uid} runs on ${node} while ${present.metadata.uid} exists`
    }
    return undefined
  }
}, ["container.started", "pods.created"])

const goneAfterStop = needing(["pods", "requests", "runtimes"], always(
  "a bound pod disappears from the API only after its kubelet saw it stop and posted a terminal phase", [40],
  (history) => {
    const isExcused = excuses(history)
    return (line) => {
      const pod = committed(line, "pods")?.object
      if (pod?.spec.nodeName === undefined || isExcused(pod.metadata.uid)) return undefined
      const { metadata: { name, uid }, spec: { nodeName }, status: { phase } } = pod
      if (history.containers.ofUid(uid).length > 0) return `${name} (${uid}) is gone and still runs on ${nodeName}`
      return isTerminal(phase) ? undefined : `${name} (${uid}) is gone in phase ${phase}`
    }
  }, ["pods.deleted"]))

const deletesByUid = always("a kubelet deletes a pod only by its uid", [41], () => ({ entity, event }) => {
  if (event.type === "podStatus.deleted" && event.uid !== entity) {
    return `pod ${entity} was deleted with the precondition "${event.uid}"`
  }
  const isDelete = event.type === "write.requested" && event.verb === "delete" && event.resource === "pods"
  return isDelete && event.agent === "kubelet" && event.uid === "" ? `${event.key} is deleted without a uid` : undefined
}, ["podStatus.deleted", "write.requested"])

/**
 * What a runtime was in the midst of starting when it was frozen (SIGSTOP). It goes on with that where it stood, before
 * it can learn that its kubelet has given the call up; and that kubelet may have begun to stop the pod meanwhile. It
 * stops what it then finds running (SyncTerminatingPod, kubelet.go v1.36).
 */
class FrozenStarts {
  readonly #frozen = new Set<string>()
  /** Created and not yet started, by machine and pod. */
  readonly #created = new Map<string, Set<string>>()
  readonly #begun = new Set<string>()

  hear({ actor, entity, event }: Line): void {
    switch (event.type) {
      case "process.paused":
        this.#frozen.add(event.process)
        break
      case "process.resumed":
      case "process.crashed":
        this.#frozen.delete(event.process)
        break
      case "container.created": {
        const key = `${machineOf(actor)}/${event.podUid}`
        this.#created.set(key, (this.#created.get(key) ?? new Set()).add(entity))
        break
      }
      case "podWorker.terminating":
        if (!this.#frozen.has(`container-runtime/${machineOf(actor)}`)) break
        for (const id of this.#created.get(`${machineOf(actor)}/${entity}`) ?? []) this.#begun.add(id)
    }
  }
  /** Told of each start: whether it had begun before the runtime was frozen. */
  hadBegun(key: string, id: string): boolean {
    this.#created.get(key)?.delete(id)
    return this.#begun.delete(id)
  }
}

const noStartAfterEnd = always("no container of a pod starts once its kubelet began to stop it", [43], () => {
  /** By node and uid. "deleted" and the like outlive the kubelet, its own verdict that the pod finished does not. */
  const ending = new Map<string, "lasting" | "kubelet">()
  const starts = new FrozenStarts()
  return (line) => {
    starts.hear(line)
    const { actor, entity, event } = line
    if (event.type === "podWorker.terminating") {
      ending.set(`${machineOf(actor)}/${entity}`, event.reason === "finished" ? "kubelet" : "lasting")
    } else if (event.type === "process.started" && event.process.startsWith("kubelet/")) {
      const prefix = `${machineOf(event.process)}/`
      for (const [key, how] of ending) if (how === "kubelet" && key.startsWith(prefix)) ending.delete(key)
    } else if (event.type === "container.started") {
      const key = `${machineOf(actor)}/${event.podUid}`
      const hadBegun = starts.hadBegun(key, entity)
      return !ending.has(key) || hadBegun ? undefined
        : `${event.namespace}/${event.pod} (${event.podUid}) starts ${event.name} on ${machineOf(actor)} after its end`
    }
    return undefined
  }
}, ["podWorker.terminating", "process.", "container.created", "container.started"])

export const identity: ReadonlyArray<Property> =
  [runsWhereBound, oneRunsByName, goneAfterStop, deletesByUid, noStartAfterEnd, noStartAfterNews]
