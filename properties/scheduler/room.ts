/**
 * 53 at the moment of binding, on ground truth: what is bound to a node and not terminal fits its allocatable.
 *
 * A single scheduler that knows all keeps this. Legal exceptions, each within `settle_ms`: two schedulers lead or
 * the leader is new (its informer may be behind, and the old one's bindings may still arrive); a binding whose
 * outcome was unknown was forgotten; the node's allocatable or its object changed; a user named or bound the node. The
 * kubelet's admission is the last guard: it must refuse what does not fit.
 */
import type { Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { requestsOf } from "#model/objects/requests.ts"
import { add, allocatableOf, isTerminal, nodeOf, type Sums } from "#properties/scheduler/fit.ts"

/** A watch is known to be dead after 45 s and listed again within 30 s; a request is given up after 60 s. */
const settle_ms = 150_000 // ASSUMED

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

export const boundPodsFit = (): (line: Line) => string | undefined => {
  const nodes = new Map<string, Node>()
  const used = new Map<string, Sums>()
  const counted = new Map<string, Pod>()
  const excusedUntil_ms = new Map<string, number>()
  let leaders = 0
  let allExcusedUntil_ms = 0
  const usedOn = (name: string): Sums => {
    let sums = used.get(name)
    if (sums === undefined) used.set(name, sums = new Map())
    return sums
  }
  const uncount = (uid: string): void => {
    const pod = counted.get(uid)
    if (pod === undefined) return
    add(usedOn(nodeOf(pod)), requestsOf(pod.spec), -1)
    counted.delete(uid)
  }
  const podChanged = (pod: Pod, isCreation: boolean, at_ms: number): string | undefined => {
    const name = nodeOf(pod)
    const { uid } = pod.metadata
    if (name === "" || isTerminal(pod)) {
      uncount(uid)
      return undefined
    }
    if (counted.has(uid)) return undefined
    const requests = requestsOf(pod.spec)
    counted.set(uid, pod)
    add(usedOn(name), requests, 1)
    if (isCreation) excusedUntil_ms.set(name, Infinity)
    const node = nodes.get(name)
    if (node === undefined || at_ms < allExcusedUntil_ms || at_ms < (excusedUntil_ms.get(name) ?? 0)) return undefined
    return overfull(pod, node, usedOn(name))
  }
  const nodeChanged = (node: Node, at_ms: number): void => {
    const { name } = node.metadata
    const before = nodes.get(name)
    if (before !== undefined && !sameAmounts(before, node)) excusedUntil_ms.set(name, at_ms + settle_ms)
    nodes.set(name, node)
  }
  const leads = (at_ms: number): void => {
    // The first of all has no predecessor, and nothing was bound before it.
    if (++leaders > 1) allExcusedUntil_ms = at_ms + settle_ms
  }
  return ({ event, entity, at_ms }) => {
    switch (event.type) {
      case "schedulerProcess.led":
        leads(at_ms)
        return undefined
      case "podBinding.failed":
        if (event.reason === "unknown") allExcusedUntil_ms = at_ms + settle_ms
        return undefined
      case "operation.invoked":
        // Like one who names the node at the creation.
        if (event.operation.type === "pods.bind") excusedUntil_ms.set(event.operation.node, Infinity)
        return undefined
      case "object.created":
      case "object.updated":
        if (event.resource === "pods") return podChanged(event.object as Pod, event.type === "object.created", at_ms)
        if (event.resource === "nodes") nodeChanged(event.object as Node, at_ms)
        return undefined
      case "object.deleted":
        if (event.resource === "pods") uncount(entity)
        if (event.resource === "nodes") excusedUntil_ms.set((event.object as Node).metadata.name, at_ms + settle_ms)
        return undefined
      default:
    }
  }
}

const sameAmounts = (a: Node, b: Node): boolean => {
  const left = allocatableOf(a)
  const right = allocatableOf(b)
  if (left === right) return true
  return Object.keys({ ...left, ...right }).every((resource) => left[resource] === right[resource])
}
