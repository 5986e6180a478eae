/**
 * node-lifecycle/disruption: when all zones are lost the trouble is more likely the control plane's own: nobody is
 * tainted (74). That they are lost is worked out from committed nodes, that the controller knows it from what its
 * informer shows, which is held against the history: its own word that it has stopped is not asked for. That nobody is
 * evicted from an untainted node is another promise (75).
 */
import type { Line } from "#model/events.ts"
import { requestTimeout_ms } from "#model/limits.ts"
import { evictingKeys, isTaintedByController, readyOf } from "#properties/controllers/node-lifecycle/committed-nodes.ts"
import { committed, type History } from "#properties/history.ts"
import { always, type Property, sometimes } from "#properties/property.ts"

/** A look each 5 s, and a request under way that nobody waits for any more, with some retries. */
const inFlight_ms = 2 * requestTimeout_ms
const election = "kube-controller-manager"

/** Since when no node is ready, and since when each process is shown so. */
class Disruption {
  readonly #history: History
  #lostAt: number | undefined
  readonly #known_ms = new Map<string, number>()
  /** Who was frozen may go on with a request that it had begun before. */
  #resumed_ms = -Infinity

  constructor(history: History) {
    this.#history = history
  }

  hear(line: Line): void {
    const { actor, at_ms, event } = line
    const change = committed(line, "nodes")
    if (change !== undefined) {
      const all = this.#history.now.nodes.all()
      const isLost = all.length > 0 && all.every((node) => readyOf(node) !== "True")
      if (!isLost) this.#lostAt = undefined
      if (!isLost) this.#known_ms.clear()
      else this.#lostAt ??= change.revision
    } else if (event.type === "process.crashed" || event.type === "process.stopped") {
      this.#known_ms.delete(event.process)
    } else if (event.type === "process.resumed") this.#resumed_ms = at_ms
    else if ((event.type === "reflector.listed" || event.type === "reflector.reported") && event.resource === "nodes") {
      const isShown = this.#lostAt !== undefined && event.resourceVersion >= this.#lostAt
      if (isShown && !this.#known_ms.has(actor)) this.#known_ms.set(actor, at_ms)
    }
  }

  /** The leader has long known, and nobody else's writes can be under way. */
  knownSince_ms(at_ms: number): number | undefined {
    const leader = this.#history.processes.leaderOf(election)
    const known_ms = leader === undefined ? undefined : this.#known_ms.get(leader.actor)
    if (known_ms === undefined) return undefined
    const since_ms = Math.max(known_ms, leader!.since_ms, this.#resumed_ms)
    return at_ms - since_ms >= inFlight_ms ? since_ms : undefined
  }
}
const heard = ["nodes.", "reflector.listed", "reflector.reported", "process.crashed", "process.stopped",
  "process.resumed"]

const taintsNobody = (history: History): (line: Line) => string | undefined => {
  const disruption = new Disruption(history)
  return (line) => {
    // As it was before: a ready node that comes back is tainted by nobody either.
    const since_ms = disruption.knownSince_ms(line.at_ms)
    disruption.hear(line)
    const change = committed(line, "nodes")
    if (since_ms === undefined || change?.type !== "object.updated") return undefined
    return !isTaintedByController(change.object) || evictingKeys(change.previous).length > 0 ? undefined
      : `${change.object.metadata.name} is tainted at ${line.at_ms} ms; its controller knows since ${since_ms} ms ` +
        "that no node is ready"
  }
}

export const disruption: ReadonlyArray<Property> = [
  always("a controller that knows every zone lost taints no node", [74], taintsNobody, heard),
  sometimes("a controller knows for two minutes that every zone is lost", (history) => {
    const lost = new Disruption(history)
    return (line) => {
      lost.hear(line)
      return lost.knownSince_ms(line.at_ms) !== undefined
    }
  }, heard)
]
