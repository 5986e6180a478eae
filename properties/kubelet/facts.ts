/** What several promises about kubelets look at, from the history. */
import type { Pod } from "#model/objects/pod.ts"
import type { History } from "#properties/history.ts"
import { Forced } from "#properties/kubelet/forced.ts"

export const isTerminal = (phase: string): boolean => phase === "Succeeded" || phase === "Failed"
export const podKey = (namespace: string, name: string): string => `${namespace}/${name}`
/** "worker-1" of "kubelet/worker-1". */
export const machineOf = (actor: string): string => actor.slice(actor.indexOf("/") + 1)

/** The lines after which nothing that was in the memory of a machine is left. */
export const memoryLost: ReadonlyArray<string> = ["machine.powerLost", "machine.panicked", "machine.reset"]

/** Was there a time, from one line until another, at which there was no Node of that name? */
const wasMissing = ({ now }: History, node: string, from: number, until: number): boolean => {
  for (const { object, seq } of now.nodes.history(node)) {
    if (seq > until) continue
    if (seq <= from) return object === undefined
    if (object === undefined) return true
  }
  return true
}

/**
 * The legal ways past a kubelet's proof that a pod has stopped: a force delete (grace 0) by a user, and its Node's
 * absence, be it that the Node was deleted or never made: pod-gc takes such a pod for an orphan, and deletes it by
 * name alone (podgc/gc_controller.go v1.36). Both go by the pod's name, also that of those before it.
 */
export const excuses = (history: History): (pod: Pod) => boolean => {
  const forced = history.part(Forced)
  return ({ metadata }) => {
    const name = podKey(metadata.namespace, metadata.name)
    if (forced.has(name)) return true
    let until = Infinity
    for (const { object, seq } of history.now.pods.history(name)) {
      const node = object?.spec.nodeName ?? ""
      if (node !== "" && wasMissing(history, node, seq, until)) return true
      until = seq
    }
    return false
  }
}
