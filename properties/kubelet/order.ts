/** What goes before what in a kubelet: what it knows, what it works on, and what its runtime told it. */
import type { PodCondition } from "#model/objects/pod.ts"
import { memoryLost } from "#properties/kubelet/facts.ts"
import { after, said } from "#properties/order.ts"
import { anywhere, boundAsCommitted, itself, nodeOf, onOwnNode } from "#properties/order/keys.ts"
import { always, type Property } from "#properties/property.ts"

const isReady = ({ status, type }: PodCondition): boolean => type === "Ready" && status === "True"
const statusesAgree = always("What a kubelet says that it posted is what the history holds at that revision", [],
  ({ now }) => ({ actor, entity, event }) => {
    if (event.type !== "podStatus.posted") return undefined
    const written = now.pods.written(entity, event.revision)
    if (written === undefined) return `${actor} posted a status of ${entity} at ${event.revision}, where it has none`
    // A write to a pod that nothing holds any more removes it (ShouldDeleteDuringUpdate in registry/generic/registry).
    if (written.object === undefined) return undefined
    const { status } = written.object
    const ready = (status.conditions ?? []).some(isReady)
    return status.phase === event.phase && ready === event.ready ? undefined
      : `${actor} posted ${event.phase}, ready ${event.ready}, of ${entity}; revision ${event.revision} holds ` +
        `${status.phase}, ready ${ready}`
  }, ["podStatus.posted"])

/** Nothing of a pod is up when its kubelet says that it has ended. */
const terminatedIsDown = always("A pod has ended on its node only when none of its sandboxes is up", [],
  () => {
    const up = new Map<string, Set<string>>()
    return (line) => {
      const { entity, event } = line
      // A network namespace is memory; its record may be gone with it, and then nobody tells that it was stopped.
      if (event.type === "machine.diskReplaced" || memoryLost.includes(event.type)) {
        for (const of of up.keys()) if (of.startsWith(`${entity} `)) up.delete(of)
        return undefined
      }
      if (event.type === "podWorker.terminated") {
        const [left] = up.get(`${nodeOf(line)} ${entity}`) ?? []
        return left === undefined ? undefined : `${entity} has ended on ${nodeOf(line)} while sandbox ${left} is up`
      }
      if (event.type !== "sandbox.created" && event.type !== "sandbox.stopped") return undefined
      const of = `${nodeOf(line)} ${event.podUid}`
      if (event.type === "sandbox.created") up.set(of, (up.get(of) ?? new Set()).add(entity))
      else up.get(of)?.delete(entity)
      return undefined
    }
  }, ["sandbox.created", "sandbox.stopped", "podWorker.terminated", "machine.diskReplaced", ...memoryLost])

export const order: ReadonlyArray<Property> = [
  after({ name: "A kubelet works on no pod before it knows the pods bound to its node and the sandboxes on it",
    first: said("kubelet.synced", itself),
    second: { ...said("podWorker.started", itself), ...said("podWorker.rejected", itself),
      ...said("podWorker.terminating", itself), ...said("containerStatus.found", itself) } }),
  after({ name: "A kubelet works on a pod only when it is bound to its node", home: anywhere, stays: true,
    first: boundAsCommitted,
    second: { ...said("podWorker.started", onOwnNode), ...said("podWorker.rejected", onOwnNode) } }),
  statusesAgree, terminatedIsDown,
  after({ name: "A kubelet tells of a start that the runtime made, once, with the runtime's count", home: nodeOf,
    spends: true, stays: true,
    first: said("container.started", ({ attempt, name, podUid }, { entity }) =>
      `${podUid}/${name} ${entity} ${attempt}`),
    second: said("containerStatus.started", ({ id, restartCount }, { entity }) => `${entity} ${id} ${restartCount}`) }),
  after({ name: "A kubelet tells of an end as the runtime recorded it, once", home: nodeOf, spends: true, stays: true,
    first: said("container.exited", ({ exitCode, finished_ms }, { entity }) => `${entity} ${exitCode} ${finished_ms}`),
    second: said("containerStatus.exited", ({ exitCode, finished_ms, id }) => `${id} ${exitCode} ${finished_ms}`) })
]
