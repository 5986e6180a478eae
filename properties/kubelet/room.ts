/** A kubelet never lets in more than its node has. */
import { maxPods } from "#model/limits/kubelet.ts"
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { amountsOf, requestsOf } from "#model/objects/requests.ts"
import { Containers, heardByContainers, machineOf, Pods } from "#properties/kubelet/facts.ts"
import { always, type Property } from "#properties/property.ts"

class Allocatable {
  readonly #byNode = new Map<string, Readonly<Record<string, string>>>()
  hear({ event }: Line): void {
    if ((event.type !== "object.created" && event.type !== "object.updated") || event.resource !== "nodes") return
    const { metadata, status } = event.object as Node
    // A Node that a user made in place of a deleted one says nothing; the machine has what it had.
    if (status.allocatable !== undefined) this.#byNode.set(metadata.name, status.allocatable)
  }
  /**
   * The first resource of which the pods ask for more than the node has. Legal exception: before it was said for the
   * first time nobody but the kubelet knows what the node has, and it goes by that (getNodeAnyWay, kubelet_getters.go
   * v1.36); pods bound to its name by hand may run there already.
   */
  exceeded(node: string, pods: Iterable<Pod>): string | undefined {
    const said = this.#byNode.get(node)
    if (said === undefined) return undefined
    const allocatable = amountsOf(said)
    const used: Record<string, number> = {}
    for (const pod of pods) {
      const requests = requestsOf(pod.spec)
      for (const resource in requests) used[resource] = (used[resource] ?? 0) + requests[resource]!
    }
    for (const resource in used) {
      const has = allocatable[resource] ?? 0
      if (used[resource]! > has) return `${node} has ${has} of ${resource}, its pods ask for ${used[resource]}`
    }
    return undefined
  }
}

/** The pods that the kubelet of each node has let in and not yet seen stop. */
class Admitted {
  readonly #byKubelet = new Map<string, Set<string>>()
  hear({ actor, entity, event }: Line): void {
    switch (event.type) {
      case "podWorker.started":
        this.of(actor).add(entity)
        break
      case "podWorker.terminated":
      case "podWorker.forgotten":
        this.of(actor).delete(entity)
        break
      case "process.started": this.#byKubelet.delete(event.process)
    }
  }
  of(kubelet: string): Set<string> {
    let admitted = this.#byKubelet.get(kubelet)
    if (admitted === undefined) this.#byKubelet.set(kubelet, admitted = new Set())
    return admitted
  }
}
const heardByAdmitted: ReadonlyArray<string> = ["podWorker.", "process.started"]

const admitsWithinRoom = always(
  "the pods that a kubelet has admitted ask for no more than its node has", [53], () => {
    const allocatable = new Allocatable()
    const admitted = new Admitted()
    const pods = new Pods()
    return (line) => {
      allocatable.hear(line)
      admitted.hear(line)
      pods.hear(line)
      if (line.event.type !== "podWorker.started") return undefined
      const known = [...admitted.of(line.actor)].flatMap((uid) => pods.known(uid) ?? [])
      return allocatable.exceeded(machineOf(line.actor), known)
    }
  }, [...heardByAdmitted, "object."])

const runsWithinRoom = always("the pods that really run on a node ask for no more than it has", [53], () => {
  const allocatable = new Allocatable()
  const containers = new Containers()
  const pods = new Pods()
  const rejected = new Set<string>()
  return (line) => {
    allocatable.hear(line)
    containers.hear(line)
    pods.hear(line)
    if (line.event.type === "podWorker.rejected") rejected.add(line.entity)
    if (line.event.type !== "container.started") return undefined
    const node = machineOf(line.actor)
    const running = new Set<Pod>()
    for (const { uid } of containers.ofNode(node)) {
      // A pod that the API has lost (force delete) is being stopped; the kubelet no longer counts it. One that ran and
      // was refused after a restart does not count either until housekeeping kills it (HandlePodCleanups,
      // kubelet_pods.go).
      const pod = pods.live.get(uid)
      if (pod !== undefined && !rejected.has(uid)) running.add(pod)
    }
    return allocatable.exceeded(node, running)
  }
}, [...heardByContainers, "podWorker.rejected", "object."])

const admitsSoMany = always("a kubelet admits no more pods than maxPods", [54], () => {
  const admitted = new Admitted()
  return (line) => {
    admitted.hear(line)
    if (line.event.type !== "podWorker.started") return undefined
    const count = admitted.of(line.actor).size
    return count <= maxPods ? undefined : `${line.actor} has admitted ${count} pods`
  }
}, heardByAdmitted)

export const room: ReadonlyArray<Property> = [admitsWithinRoom, runsWithinRoom, admitsSoMany]
