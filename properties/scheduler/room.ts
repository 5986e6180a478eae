/**
 * 53 at the moment of binding, on ground truth: what is bound to a node and not terminal fits its allocatable.
 *
 * A single scheduler that knows all keeps this. Legal exceptions, each within `settled_ms`: two schedulers lead or
 * the leader is new (its informer may be behind, and the old one's bindings may still arrive); a binding whose
 * outcome was unknown was forgotten; the node's allocatable or its object changed; a user named or bound the node. The
 * kubelet's admission is the last guard: it must refuse what does not fit.
 */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { requestsOf } from "#model/objects/requests.ts"
import { committed, type Committed, type History } from "#properties/history.ts"
import { settled_ms } from "#properties/history/bounds.ts"
import { add, allocatableOf, isTerminal, nodeOf, type Sums } from "#properties/scheduler/fit.ts"

/** What the pod makes too much of on its node. */
const overfull = (pod: Pod, node: Node, used: Sums): string | undefined => {
  const allocatable = allocatableOf(node)
  const requests = requestsOf(pod.spec)
  for (const resource in requests) {
    const sum = used.get(resource) ?? 0
    if (requests[resource]! > 0 && sum > (allocatable[resource] ?? 0)) {
      return `${pod.metadata.name} bound to ${nodeOf(pod)} makes ${sum} ${resource} of ${allocatable[resource] ?? 0}`
    }
  }
  return undefined
}

export const boundPodsFit = ({ now }: History): (line: Line) => string | undefined => {
  const excusedUntil_ms = new Map<string, number>()
  let leaders = 0
  let allExcusedUntil_ms = 0
  const usedOn = (name: string): Sums => {
    const used: Sums = new Map()
    for (const pod of now.pods.by("node", name)) if (!isTerminal(pod)) add(used, requestsOf(pod.spec), 1)
    return used
  }
  /** The last two versions of a Node of that name, the newest first; who is gone had what it had. */
  const lastOf = (name: string): ReadonlyArray<Node> => {
    const last: Array<Node> = []
    for (const { object } of now.nodes.history(name)) if (object !== undefined && last.push(object) === 2) break
    return last
  }
  const podChanged = (change: Committed<"pods">, at_ms: number): string | undefined => {
    const pod = change.object
    const name = nodeOf(pod)
    if (change.type === "object.deleted" || name === "" || isTerminal(pod)) return undefined
    if (change.type === "object.created") excusedUntil_ms.set(name, Infinity)
    else if (change.type === "object.seen") return undefined
    else if (nodeOf(change.previous) !== "" && !isTerminal(change.previous)) return undefined
    const [node] = lastOf(name)
    if (node === undefined || at_ms < allExcusedUntil_ms || at_ms < (excusedUntil_ms.get(name) ?? 0)) return undefined
    return overfull(pod, node, usedOn(name))
  }
  const nodeChanged = ({ object, type }: Committed<"nodes">, at_ms: number): void => {
    const { name } = object.metadata
    const [, before] = lastOf(name)
    const isSame = type !== "object.deleted" && (before === undefined || sameAmounts(before, object))
    if (!isSame) excusedUntil_ms.set(name, at_ms + settled_ms)
  }
  const leads = (at_ms: number): void => {
    // The first of all has no predecessor, and nothing was bound before it.
    if (++leaders > 1) allExcusedUntil_ms = at_ms + settled_ms
  }
  return (line) => {
    const { at_ms, event } = line
    switch (event.type) {
      case "schedulerProcess.led":
        leads(at_ms)
        return undefined
      case "podBinding.failed":
        if (event.reason === "unknown") allExcusedUntil_ms = at_ms + settled_ms
        return undefined
      case "operation.invoked":
        // Like one who names the node at the creation.
        if (event.operation.type === "pods.bind") excusedUntil_ms.set(event.operation.node, Infinity)
        return undefined
      default: {
        const node = committed(line, "nodes")
        if (node !== undefined) nodeChanged(node, at_ms)
        const pod = committed(line, "pods")
        return pod === undefined ? undefined : podChanged(pod, at_ms)
      }
    }
  }
}

const sameAmounts = (a: Node, b: Node): boolean => {
  const left = allocatableOf(a)
  const right = allocatableOf(b)
  if (left === right) return true
  return Object.keys({ ...left, ...right }).every((resource) => left[resource] === right[resource])
}
