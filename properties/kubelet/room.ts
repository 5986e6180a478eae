/** A kubelet never lets in more than its node has. */
import { maxPods } from "#model/limits/kubelet.ts"
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import { amountsOf, requestsOf } from "#model/objects/requests.ts"
import type { History } from "#properties/history.ts"
import type { Stored } from "#properties/history/store.ts"
import { machineOf } from "#properties/kubelet/facts.ts"
import { always, type Property } from "#properties/property.ts"

/**
 * The first resource of which the pods ask for more than the node has. Legal exception: before it was said for the
 * first time nobody but the kubelet knows what the node has, and it goes by that (getNodeAnyWay, kubelet_getters.go
 * v1.36); pods bound to its name by hand may run there already.
 */
const exceeded = ({ now }: History, node: string, pods: Iterable<Pod>): string | undefined => {
  const said = saidOf(now, node)
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
/** A Node that a user made in place of a deleted one says nothing; the machine has what it had. */
const saidOf = ({ nodes }: Stored, node: string): Readonly<Record<string, string>> | undefined => {
  for (const { object } of nodes.history(node)) {
    if (object?.status.allocatable !== undefined) return object.status.allocatable
  }
  return undefined
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
  "the pods that a kubelet has admitted ask for no more than its node has", [53], (history) => {
    const admitted = new Admitted()
    return (line) => {
      admitted.hear(line)
      if (line.event.type !== "podWorker.started") return undefined
      const known = [...admitted.of(line.actor)].flatMap((uid) => history.now.pods.known(uid) ?? [])
      return exceeded(history, machineOf(line.actor), known)
    }
  }, heardByAdmitted)

const runsWithinRoom = always("the pods that really run on a node ask for no more than it has", [53], (history) => {
  const rejected = new Set<string>()
  return ({ actor, entity, event }) => {
    if (event.type === "podWorker.rejected") rejected.add(entity)
    if (event.type !== "container.started") return undefined
    const node = machineOf(actor)
    const running = new Set<Pod>()
    for (const { uid } of history.containers.onNode(node)) {
      // A pod that the API has lost (force delete) is being stopped; the kubelet no longer counts it. One that ran and
      // was refused after a restart does not count either until housekeeping kills it (HandlePodCleanups,
      // kubelet_pods.go).
      const pod = history.now.pods.get(uid)
      if (pod !== undefined && !rejected.has(uid)) running.add(pod)
    }
    return exceeded(history, node, running)
  }
}, ["container.started", "podWorker.rejected"])

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
