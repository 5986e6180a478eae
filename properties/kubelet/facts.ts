/**
 * What the history says of pods and of the containers that really run: committed objects, and the lines of container
 * runtimes. Each monitor keeps its own.
 */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"

export const isTerminal = (phase: string): boolean => phase === "Succeeded" || phase === "Failed"
export const podKey = (namespace: string, name: string): string => `${namespace}/${name}`
/** "worker-1" of "kubelet/worker-1". */
export const machineOf = (actor: string): string => actor.slice(actor.indexOf("/") + 1)

/** The lines after which nothing that was in the memory of a machine is left. */
export const memoryLost: ReadonlyArray<string> = ["machine.powerLost", "machine.panicked", "machine.reset"]

export const heardByContainers: ReadonlyArray<string> =
  ["container.started", "container.exited", ...memoryLost]

export interface RunningContainer {
  readonly id: string
  readonly uid: string
  readonly key: string
  readonly node: string
}

/** The containers that run, by pod and by node. */
export class Containers {
  readonly #byId = new Map<string, RunningContainer>()
  readonly #byUid = new Map<string, Set<RunningContainer>>()
  readonly #byKey = new Map<string, Set<RunningContainer>>()
  readonly #byNode = new Map<string, Set<RunningContainer>>()

  hear({ actor, entity, event }: Line): void {
    switch (event.type) {
      case "container.started":
        return this.#add({
          id: entity, uid: event.podUid, key: podKey(event.namespace, event.pod), node: machineOf(actor)
        })
      case "container.exited": return this.#remove(this.#byId.get(entity))
      case "machine.powerLost":
      case "machine.panicked":
      case "machine.reset":
        for (const container of this.ofNode(machineOf(actor))) this.#remove(container)
    }
  }
  #add(container: RunningContainer): void {
    this.#byId.set(container.id, container)
    put(this.#byUid, container.uid, container)
    put(this.#byKey, container.key, container)
    put(this.#byNode, container.node, container)
  }
  #remove(container: RunningContainer | undefined): void {
    if (container === undefined) return
    this.#byId.delete(container.id)
    take(this.#byUid, container.uid, container)
    take(this.#byKey, container.key, container)
    take(this.#byNode, container.node, container)
  }
  ofUid(uid: string): Iterable<RunningContainer> {
    return this.#byUid.get(uid) ?? []
  }
  ofKey(key: string): Iterable<RunningContainer> {
    return this.#byKey.get(key) ?? []
  }
  ofNode(node: string): Iterable<RunningContainer> {
    return this.#byNode.get(node) ?? []
  }
  runs(uid: string): boolean {
    return this.#byUid.has(uid)
  }
  all(): Iterable<RunningContainer> {
    return this.#byId.values()
  }
}
const put = <A>(map: Map<string, Set<A>>, key: string, value: A): void => {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([value]))
  else set.add(value)
}
const take = <A>(map: Map<string, Set<A>>, key: string, value: A): void => {
  const set = map.get(key)
  if (set?.delete(value) === true && set.size === 0) map.delete(key)
}

/** The pods of the API, by uid; those that are gone are remembered. */
export class Pods {
  readonly live = new Map<string, Pod>()
  /** Last states of pods that are gone. */
  readonly gone = new Map<string, Pod>()

  hear({ event }: Line): void {
    if (event.type === "object.created" || event.type === "object.updated") {
      if (event.resource === "pods") this.live.set((event.object as Pod).metadata.uid, event.object as Pod)
    } else if (event.type === "object.deleted" && event.resource === "pods") {
      const pod = event.object as Pod
      this.live.delete(pod.metadata.uid)
      this.gone.set(pod.metadata.uid, pod)
    }
  }
  known(uid: string): Pod | undefined {
    return this.live.get(uid) ?? this.gone.get(uid)
  }
}

export const heardByExcuses: ReadonlyArray<string> = ["write.requested", "object."]

/**
 * The legal ways past a kubelet's proof that a pod has stopped: a force delete (grace 0) by a user, and its Node's
 * absence, be it that the Node was deleted or never made: pod-gc takes such a pod for an orphan, and deletes it by
 * name alone (podgc/gc_controller.go v1.36).
 */
export class Excuses {
  readonly #forced = new Set<string>()
  /** Keys of pods that at some time were bound to a name without a Node. */
  readonly #orphaned = new Set<string>()
  readonly #nodes = new Set<string>()
  readonly #onNode = new Map<string, Set<string>>()

  hear({ event }: Line): void {
    if (event.type === "write.requested") {
      const isForce = event.verb === "delete" && event.resource === "pods" && event.grace === 0
      const isOfCluster = event.agent === "kubelet" || event.agent.startsWith("kube-")
      if (isForce && !isOfCluster) this.#forced.add(event.key.slice("/registry/pods/".length))
      return
    }
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return
    const isGone = event.type === "object.deleted"
    if (event.resource === "pods") this.#pod(event.object as Pod, isGone)
    else if (event.resource === "nodes") this.#node((event.object as Node).metadata.name, isGone)
  }
  #pod({ metadata, spec }: Pod, isGone: boolean): void {
    const { nodeName = "" } = spec
    if (nodeName === "") return
    const key = podKey(metadata.namespace, metadata.name)
    if (isGone) take(this.#onNode, nodeName, key)
    else if (this.#nodes.has(nodeName)) put(this.#onNode, nodeName, key)
    else this.#orphaned.add(key)
  }
  #node(name: string, isGone: boolean): void {
    if (!isGone) {
      this.#nodes.add(name)
      return
    }
    this.#nodes.delete(name)
    for (const key of this.#onNode.get(name) ?? []) this.#orphaned.add(key)
  }
  /** Nobody has to have seen the pod stop. */
  covers({ metadata }: Pod): boolean {
    const key = podKey(metadata.namespace, metadata.name)
    return this.#forced.has(key) || this.#orphaned.has(key)
  }
}
