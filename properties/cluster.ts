/** The promises of a whole run: nothing panics, a survivable core works alone, and the run is worth its time. */
import type { Line } from "#model/events.ts"
import { properties as answers } from "#properties/cluster/answers.ts"
import { hotLoops } from "#properties/cluster/hot-loops.ts"
import { properties as knowledge } from "#properties/cluster/knowledge.ts"
import { ownWrites } from "#properties/cluster/own-writes.ts"
import { properties as processes } from "#properties/cluster/processes.ts"
import { committed } from "#properties/history.ts"
import { always, leadsTo, sometimes, type Obligation, type Property } from "#properties/property.ts"

/** A keep-alive (45 s), a dial (30 s), a reflector's back-off (30 s) and the take-over of a lease (15 s) fit in. */
const coreWorks_ms = 130_000 // ASSUMED

const nodeLeases = "/kube-node-lease/"

const noPanic = () => ({ event }: Line): string | undefined =>
  event.type === "process.crashed" && event.reason.startsWith("panic") ? `${event.process}: ${event.reason}` : undefined

/**
 * From the healing of the core on: the leases of the controllers' leaders and of each of its nodes are renewed, which
 * needs a leader of etcd, an API server, and clients that have found their way to it.
 */
const coreWorks = () => {
  let workers: ReadonlyArray<string> = []
  const open = new Map<string, Obligation>()
  return {
    line: (line: Line) => {
      const { at_ms, event, seq } = line
      if (event.type === "run.started") workers = event.workers
      else if (event.type === "phase.began") {
        open.clear()
        if (event.phase === "safety") return
        const leases = ["/kube-system/kube-scheduler", "/kube-system/kube-controller-manager",
          ...workers.filter((name) => !event.frozen.includes(name)).map((name) => nodeLeases + name)]
        for (const entity of leases) open.set(entity, { entity, since_ms: at_ms, seq, within_ms: coreWorks_ms })
      } else if (open.size > 0) {
        const lease = committed(line, "leases")
        if (lease !== undefined) open.delete(lease.key.slice("/registry/leases".length))
      }
    },
    open: () => open.values()
  }
}

export const properties: ReadonlyArray<Property> = [
  always("no process panics", [], noPanic, ["process.crashed"]),
  leadsTo("a majority of etcd with an API server, a scheduler, a controller-manager and nodes works alone", [12],
    coreWorks, ["run.started", "phase.began", "leases.created", "leases.updated"], true),
  ...processes, ...knowledge, ...answers, ...ownWrites, ...hotLoops,
  sometimes("an operation succeeds",
    () => ({ event }) => event.type === "operation.completed" && event.outcome === "ok",
    ["operation.completed"]),
  sometimes("the outcome of an operation is unknown", () => ({ event }) =>
    event.type === "operation.completed" && event.outcome === "unknown", ["operation.completed"]),
  sometimes("a machine stays frozen in its faults while the core works", () => ({ event }) =>
    event.type === "phase.began" && event.phase === "core" && event.frozen.length > 0, ["phase.began"])
]
