/**
 * "Every pod that fits is eventually scheduled and runs", on ground truth alone.
 *
 * A pending pod has a witness: a ready, schedulable node that fits it beside everything bound there. While it has
 * one, the obligation is open; it begins anew when the pod had none for a moment. A change of a node costs only the
 * pods that have it as their witness, or have none.
 */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import { requestsOf } from "#model/objects/requests.ts"
import { committed, type History } from "#properties/history.ts"
import type { Obligation } from "#properties/property.ts"
import { add, fits, isReady, isTerminal, nodeOf, type Sums } from "#properties/scheduler/fit.ts"

/** The lease's 15 s, a keep-alive's 45 s, a reflector's 30 s in a row, then back-offs; less than the flush's 330 s. */
const schedule_ms = 180_000 // ASSUMED
/** Each pod in front costs a cycle, a binding, and its share of the API server. */
const perPodAhead_ms = 50 // ASSUMED
const wait_ms = (ahead: number): number => schedule_ms + perPodAhead_ms * ahead
/** Pull time and a kubelet that has to find the API server again. */
const start_ms = 180_000 // ASSUMED

const keyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name} (${metadata.uid})`
const isPending = (pod: Pod): boolean => nodeOf(pod) === "" && !isTerminal(pod) &&
  pod.metadata.deletionTimestamp === undefined && (pod.spec.schedulingGates?.length ?? 0) === 0

interface Pending {
  readonly pod: Pod
  witness: string | undefined
  since: Line
  readonly ahead: number
}

/** What is bound to each node: asked for each pod and node, so it is kept as it changes. */
class Bound {
  readonly #now: History["now"]
  readonly #used = new Map<string, Sums>()
  readonly #counted = new Map<string, { readonly node: string; readonly pod: Pod }>()

  constructor({ now }: History) {
    this.#now = now
  }

  /** The nodes whose room the pod's change touched. */
  pod(pod: Pod, isGone: boolean): ReadonlyArray<string> {
    const { uid } = pod.metadata
    const before = this.#counted.get(uid)
    const node = isGone || isTerminal(pod) ? "" : nodeOf(pod)
    if ((before?.node ?? "") === node) return []
    if (before !== undefined) {
      add(this.usedOn(before.node), requestsOf(before.pod.spec), -1)
      this.#counted.delete(uid)
    }
    if (node !== "") {
      add(this.usedOn(node), requestsOf(pod.spec), 1)
      this.#counted.set(uid, { node, pod })
    }
    return before === undefined ? [node] : node === "" ? [before.node] : [before.node, node]
  }

  usedOn(node: string): Sums {
    let used = this.#used.get(node)
    if (used === undefined) this.#used.set(node, used = new Map())
    return used
  }

  takes(name: string, pod: Pod): boolean {
    const node = this.#now.nodes.named(name)
    return node !== undefined && node.metadata.deletionTimestamp === undefined && isReady(node) &&
      fits(pod, node, this.usedOn(name))
  }
}

interface Owing {
  readonly line: (line: Line) => number
  readonly open: () => Iterable<Obligation>
}

export const fittingPodIsBound = (history: History): Owing => {
  const bound = new Bound(history)
  let names: ReadonlyArray<string> = []
  const pending = new Map<string, Pending>()
  const byWitness = new Map<string, Set<Pending>>()
  const hopeless = new Set<Pending>()
  let turn = 0

  const settle = (entry: Pending, line: Line): void => {
    // Another node each time: pods that share a witness are looked at whenever it changes.
    turn++
    for (let i = 0; i < names.length; i++) {
      const name = names[(turn + i) % names.length]!
      if (bound.takes(name, entry.pod)) return attach(entry, name, line)
    }
    entry.witness = undefined
    hopeless.add(entry)
  }
  const attach = (entry: Pending, name: string, line: Line): void => {
    if (hopeless.delete(entry)) entry.since = line
    entry.witness = name
    opened++
    let set = byWitness.get(name)
    if (set === undefined) byWitness.set(name, set = new Set())
    set.add(entry)
  }
  const drop = (uid: string): void => {
    const entry = pending.get(uid)
    if (entry === undefined) return
    pending.delete(uid)
    hopeless.delete(entry)
    if (entry.witness !== undefined) byWitness.get(entry.witness)?.delete(entry)
  }
  const nodeChanged = (name: string, line: Line): void => {
    for (const entry of byWitness.get(name) ?? []) {
      if (bound.takes(name, entry.pod)) continue
      byWitness.get(name)!.delete(entry)
      settle(entry, line)
    }
    if (hopeless.size === 0) return
    for (const entry of hopeless) if (bound.takes(name, entry.pod)) attach(entry, name, line)
  }
  let opened = 0
  const podChanged = (pod: Pod, isGone: boolean, line: Line): void => {
    const { uid } = pod.metadata
    if (isGone || !isPending(pod)) drop(uid)
    else if (!pending.has(uid)) {
      const entry: Pending = { pod, witness: undefined, since: line, ahead: pending.size }
      pending.set(uid, entry)
      settle(entry, line)
    }
    for (const name of bound.pod(pod, isGone)) nodeChanged(name, line)
  }
  return {
    line: (line) => {
      opened = 0
      const pod = committed(line, "pods")
      if (pod !== undefined) podChanged(pod.object, pod.type === "object.deleted", line)
      const node = committed(line, "nodes")
      if (node === undefined) return opened
      if (node.type !== "object.updated") names = history.now.nodes.all().map(({ metadata }) => metadata.name)
      nodeChanged(node.object.metadata.name, line)
      return opened
    },
    open: function*() {
      for (const { ahead, pod, since: { at_ms: since_ms, seq }, witness } of pending.values()) {
        if (witness === undefined) continue
        yield { entity: `${keyOf(pod)}, which fits ${witness}`, since_ms, seq, within_ms: wait_ms(ahead) }
      }
    }
  }
}

/** Waiting reasons that say what is wrong with the pod itself; the kubelet tries again at its own pace. */
const excuses = new Set(["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "CrashLoopBackOff",
  "CreateContainerError", "RunContainerError"])

/** A bound pod leaves Pending while its node is ready; a kubelet that refuses it marks it Failed. */
export const boundPodRuns = ({ now }: History): Owing => {
  const waiting = new Map<string, { readonly pod: Pod; since: Line }>()
  const onNode = new Map<string, Set<string>>()
  const isExcused = (pod: Pod): boolean => pod.status.containerStatuses?.some(({ state, lastState }) =>
    lastState.terminated !== undefined || state.terminated !== undefined ||
    state.waiting !== undefined && excuses.has(state.waiting.reason ?? "")) === true
  const drop = (uid: string): void => {
    const entry = waiting.get(uid)
    if (entry === undefined) return
    waiting.delete(uid)
    onNode.get(nodeOf(entry.pod))?.delete(uid)
  }
  const podChanged = (pod: Pod, isGone: boolean, line: Line): number => {
    const { uid } = pod.metadata
    const node = nodeOf(pod)
    const waits = !isGone && node !== "" && pod.status.phase === "Pending" &&
      pod.metadata.deletionTimestamp === undefined && !isExcused(pod)
    if (!waits) {
      drop(uid)
      return 0
    }
    const before = waiting.get(uid)
    waiting.set(uid, { pod, since: before?.since ?? line })
    let set = onNode.get(node)
    if (set === undefined) onNode.set(node, set = new Set())
    set.add(uid)
    return before === undefined ? 1 : 0
  }
  return {
    line: (line) => {
      const pod = committed(line, "pods")
      const opened = pod === undefined ? 0 : podChanged(pod.object, pod.type === "object.deleted", line)
      const node = committed(line, "nodes")
      if (node === undefined) return opened
      const wasReady = node.type === "object.updated" ? isReady(node.previous)
        : node.type === "object.deleted" && isReady(node.object)
      if (wasReady) return opened
      // The kubelet's time counts from when its node is ready again.
      for (const uid of onNode.get(node.object.metadata.name) ?? []) {
        const entry = waiting.get(uid)
        if (entry !== undefined) entry.since = line
      }
      return opened
    },
    open: function*() {
      for (const { pod, since: { at_ms: since_ms, seq } } of waiting.values()) {
        const node = now.nodes.named(nodeOf(pod))
        if (node === undefined || !isReady(node)) continue
        yield { entity: `${keyOf(pod)} on ${nodeOf(pod)}`, since_ms, within_ms: start_ms, seq,
          by: `kubelet/${nodeOf(pod)}` }
      }
    }
  }
}
