/**
 * node-lifecycle/steady: what a leader finds wrong when it begins it has set right a while later, whatever else goes
 * on, if nothing disturbs it: it keeps its lease, its requests are answered and its watches go on. Invariants 72, and
 * the step after 71.
 *
 * In the core and healed phases liveness.ts asks the same of every leader. Here a successor is held to what its
 * predecessor left half done while the faults go on, so that it counts even if the node comes back before they end.
 */
import type { Line } from "#model/events.ts"
import { nodeMonitorPeriod_ms } from "#model/limits.ts"
import type { Node } from "#model/objects/node.ts"
import { notReadyKey, unreachableKey } from "#model/objects/taints.ts"
import { isReady, podReadySince_ms, readyOf } from "#properties/controllers/node-lifecycle/committed-nodes.ts"
import { isChange } from "#properties/history.ts"
import type { Stored } from "#properties/history/store.ts"
import { always, type Invariants, type Property } from "#properties/property.ts"

/** Its informers' first copies, two looks, a few answered requests, some seconds for a slow network. */
const steady_ms = 2 * nodeMonitorPeriod_ms + 20_000 // ASSUMED
/** Longer than an answer takes when nothing is wrong. */
const slowAnswer_ms = 5_000 // ASSUMED

/** Lines of the leader's own process by which something does not go as it should. */
const disturbances = ["elector.renewFailed", "elector.renewed", "request.outcomeUnknown", "request.unreached",
  "request.postponed", "reflector.failed", "reflector.expired", "reflector.watchEnded", "retry.postponed",
  "nodeHealth.writeFailed", "elector.lost", "elector.stopped"]
const processEnds = ["process.crashed", "process.stopped", "process.paused"]

/**
 * Since when a controller-manager leads whom nothing has disturbed: what its informers copied when it began is what it
 * knows, and their watches have gone on from there.
 */
class SteadyLeader {
  since_ms: number | undefined
  #leader: string | undefined
  readonly #sent_ms = new Map<string, number>()

  /** It waits for an answer: what it has not done yet may come right after. */
  get isWaiting(): boolean {
    return this.#sent_ms.size > 0
  }

  hear({ actor, at_ms, entity, event }: Line): void {
    switch (event.type) {
      case "elector.acquired":
        if (entity === "kube-controller-manager") this.#leads(actor, at_ms)
        return
      case "process.crashed":
      case "process.stopped":
      case "process.paused":
        if (event.process === this.#leader) this.since_ms = undefined
        return
      default:
        if (actor === this.#leader) this.#does(event.type, entity, at_ms)
    }
  }

  #leads(actor: string, at_ms: number): void {
    this.#leader = actor
    this.since_ms = at_ms
    this.#sent_ms.clear()
  }

  #does(type: string, entity: string, at_ms: number): void {
    if (type === "request.sent") this.#sent_ms.set(entity, at_ms)
    else if (type === "request.answered") {
      const sent_ms = this.#sent_ms.get(entity)
      this.#sent_ms.delete(entity)
      if (sent_ms !== undefined && at_ms - sent_ms > slowAnswer_ms) this.since_ms = undefined
    } else if (disturbances.includes(type)) this.since_ms = undefined
  }
}

/** What is wrong with a node that is as it was before `since_ms`; undefined: nothing. */
type Wrong = (node: Node, since_ms: number, store: Stored) => string | undefined

const underSteadyLeader = (
  name: string, invariants: Invariants, wrong: Wrong
): Property => always(name, invariants, (history) => {
  const leader = new SteadyLeader()
  let asked_ms = -Infinity
  return (line) => {
    const { at_ms, event } = line
    leader.hear(line)
    let what: string | undefined
    const since_ms = leader.since_ms
    // Before the line counts: it may be the one that sets things right.
    if (since_ms !== undefined && !leader.isWaiting && at_ms - Math.max(since_ms, asked_ms) > steady_ms) {
      asked_ms = at_ms
      const store = isChange(event) ? history.at(event.revision - 1) : history.now
      for (const node of store.nodes.all()) {
        const changed = store.nodes.since(node.metadata.uid, () => false)
        if (changed === undefined || changed.at_ms >= since_ms) continue
        what ??= wrong(node, since_ms, store)
      }
    }
    return what === undefined ? undefined : `${what}, and its controller has led undisturbed since ${since_ms!} ms`
  }
}, ["object.", "elector.", ...processEnds, "request.sent", "request.answered",
  ...disturbances])

const podsOfUnknownNodes = underSteadyLeader(
  "the pods of an Unknown node become not ready soon after a steady leader found them", [], (node, since_ms, store) => {
    if (readyOf(node) !== "Unknown") return undefined
    const { name } = node.metadata
    for (const pod of store.pods.by("node", name)) {
      if (isReady(pod) && podReadySince_ms(store, pod) < since_ms) {
        return `${pod.metadata.name} on ${name}, which is Unknown, is ready`
      }
    }
    return undefined
  })

const taintsMirrorConditions = underSteadyLeader(
  "the taints of a node say what its Ready condition says soon after a steady leader found it", [72],
  (node) => {
    const { name } = node.metadata
    const ready = readyOf(node)
    if (ready === "none") return undefined
    const wanted = ready === "False" ? notReadyKey : ready === "Unknown" ? unreachableKey : undefined
    const keys = (node.spec.taints ?? []).filter(({ key, effect }) =>
      effect === "NoSchedule" && (key === notReadyKey || key === unreachableKey)).map(({ key }) => key)
    const isRight = wanted === undefined ? keys.length === 0 : keys.length === 1 && keys[0] === wanted
    return isRight ? undefined : `${name}, whose Ready is ${ready}, has the taints [${keys.join(", ")}]`
  })

export const steady: ReadonlyArray<Property> = [podsOfUnknownNodes, taintsMirrorConditions]
