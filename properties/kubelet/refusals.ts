/**
 * kubelet/refusals: a kubelet refuses a pod only for a reason that is true at that moment: its node, as it may see it,
 * does not suit the pod, or has no room beside the pods that can be there.
 * Source: pkg/kubelet/lifecycle/predicate.go, v1.36.
 */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { requestsOf } from "#model/objects/requests.ts"
import { ByActor } from "#properties/by-actor.ts"
import type { History } from "#properties/history.ts"
import { isTerminal, machineOf } from "#properties/kubelet/facts.ts"
import { always, type Property, sometimes } from "#properties/property.ts"
import { add, allocatableOf, selectsNode, type Sums } from "#properties/scheduler/fit.ts"

/** Each node as its kubelet may see it: from what its informer has shown last until now. */
class Views {
  readonly #shown = new Map<string, number>()
  readonly #nodes: History["now"]["nodes"]

  constructor({ now }: History) {
    this.#nodes = now.nodes
  }
  hear({ actor, entity, event }: Line): void {
    if (event.type === "process.started") this.#shown.delete(event.process)
    else if (event.type === "reflector.listed" || event.type === "reflector.reported") {
      if (entity.startsWith("nodes?")) this.#shown.set(actor, event.resourceVersion)
    }
  }
  *of(kubelet: string): Generator<Node> {
    // Before its informer shows the Node it goes by what it would register itself.
    const shown = this.#shown.get(kubelet) ?? -1
    for (const { object, revision } of this.#nodes.history(machineOf(kubelet))) {
      if (object !== undefined) yield object
      if (object !== undefined && revision <= shown) return
    }
  }
}

/** The pods that each kubelet works on and has not said to have stopped: one in a terminal phase may be among them. */
class Held {
  readonly #byKubelet = new ByActor<true>()

  hear({ actor, entity, event }: Line): void {
    if (event.type === "podWorker.started" || event.type === "podWorker.terminating") {
      this.#byKubelet.set(actor, entity, true)
    } else if (event.type === "podWorker.terminated" || event.type === "podWorker.forgotten") {
      this.#byKubelet.take(actor, entity)
    } else if (event.type === "process.started") this.#byKubelet.forget(event.process)
  }
  of(kubelet: string): ReadonlyArray<string> {
    return Array.from(this.#byKubelet.of(kubelet), ([uid]) => uid)
  }
}

/**
 * At most all that is bound there and has not ended, that runs there, and of what is bound there that which the kubelet
 * holds: one that has ended counts while it is being stopped (filterOutInactivePods, kubelet_pods.go v1.36).
 */
const mostUsed = ({ containers, now }: History, node: string, held: ReadonlyArray<string>, but: string): Sums => {
  const uids = new Set(held.filter((uid) => now.pods.known(uid)?.spec.nodeName === node))
  for (const pod of now.pods.by("node", node)) if (!isTerminal(pod.status.phase)) uids.add(pod.metadata.uid)
  for (const { uid } of containers.onNode(node)) uids.add(uid)
  uids.delete(but)
  const used: Sums = new Map()
  for (const uid of uids) {
    const pod = now.pods.known(uid)
    if (pod !== undefined) add(used, requestsOf(pod.spec), 1)
  }
  return used
}

const isTrueOf = (reason: string, pod: Pod, node: Node, used: Sums): boolean => {
  if (reason === "NodeAffinity") return !selectsNode(pod, node)
  const resource = reason.slice("OutOf".length)
  const asked = requestsOf(pod.spec)[resource] ?? 0
  return asked > 0 && asked + (used.get(resource) ?? 0) > (allocatableOf(node)[resource] ?? 0)
}

const refusesTruly = (history: History): (line: Line) => string | undefined => {
  const held = new Held()
  const views = new Views(history)
  return (line) => {
    held.hear(line)
    views.hear(line)
    const { actor, entity, event } = line
    if (event.type !== "podWorker.rejected") return undefined
    const pod = history.now.pods.known(entity)
    if (pod === undefined) return `${actor} refuses ${event.pod} (${entity}), which is not committed`
    const used = mostUsed(history, machineOf(actor), held.of(actor), entity)
    let seen = 0
    for (const node of views.of(actor)) {
      if (isTrueOf(event.reason, pod, node, used)) return undefined
      seen++
    }
    return seen === 0 ? undefined
      : `${actor} refuses ${event.pod} (${entity}) as ${event.reason}, which is true of none of the ${seen} versions ` +
        "of its node that it may see"
  }
}

export const refusals: ReadonlyArray<Property> = [
  always("a kubelet refuses a pod only for a reason that is true at that moment", [53], refusesTruly,
    ["podWorker.", "process.started", "reflector.listed", "reflector.reported"]),
  sometimes("a kubelet refuses a pod that its node does not suit", () => ({ event }) =>
    event.type === "podWorker.rejected" && event.reason === "NodeAffinity", ["podWorker.rejected"])
]
