/** What several promises about kubelets look at, from the history. */
import { Marked } from "#properties/controllers/pod-gc/collectable.ts"
import type { History } from "#properties/history.ts"
import { Forced } from "#properties/kubelet/forced.ts"

export const isTerminal = (phase: string): boolean => phase === "Succeeded" || phase === "Failed"
export const podKey = (namespace: string, name: string): string => `${namespace}/${name}`
/** "worker-1" of "kubelet/worker-1". */
export const machineOf = (actor: string): string => actor.slice(actor.indexOf("/") + 1)

/** The lines after which nothing that was in the memory of a machine is left. */
export const memoryLost: ReadonlyArray<string> = ["machine.powerLost", "machine.panicked", "machine.reset"]

/**
 * The legal ways past a kubelet's proof that a pod has stopped, each of that pod alone, by its uid: somebody else
 * deleted it by force (grace 0), or marked it Failed in the name of the collector, so that whoever deletes it then
 * removes it at once. Whether they might is promised elsewhere.
 */
export const excuses = (history: History): (uid: string) => boolean => {
  const forced = history.part(Forced)
  const marked = history.part(Marked)
  return (uid) => forced.has(uid) || marked.has(uid)
}
