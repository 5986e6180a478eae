/**
 * While nothing is wrong a scheduler knows what there is: its picture of the nodes, the pods that it counts on them and
 * those in its queue are the committed ones, but for what happened within the last seconds.
 *
 * Its decisions are held against this picture elsewhere; here the picture is held against the world.
 */
import type { EventOf, Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { Health, heardByHealth } from "#properties/etcd/health.ts"
import { allocatableOf, isTerminal, nodeOf } from "#properties/scheduler/fit.ts"
import { sameRecord, taintText } from "#properties/scheduler/snapshot.ts"

/** Dead connections were noticed (45 s), dialled anew (30 s), and a reflector's longest back-off (60 s) is over. */
const well_ms = 150_000 // ASSUMED
/** A watch's way, and a binding under way, which counts before it is committed. */
const learns_ms = 10_000 // ASSUMED

type Picture = Extract<EventOf<"schedulerNode">, { readonly type: "schedulerNode.changed" }>

interface Known {
  readonly nodes: Map<string, Picture>
  /** The node on which each pod counts. */
  readonly counted: Map<string, string>
  readonly queued: Set<string>
}
/** Where a pod is: a node's name, "" while it is nobody's, undefined when no scheduler has to care. */
type Place = string | undefined

const placeOf = (pod: Pod): Place => isTerminal(pod) ? undefined
  : nodeOf(pod) !== "" ? nodeOf(pod) : pod.metadata.deletionTimestamp === undefined ? "" : undefined

const isAsPictured = (node: Node, picture: Picture): boolean =>
  (node.spec.unschedulable === true) === picture.unschedulable &&
  (node.spec.taints ?? []).map(taintText).join(",") === picture.taints.join(",") &&
  sameRecord(node.metadata.labels, picture.labels) && sameRecord(allocatableOf(node), picture.allocatable)

class Schedulers {
  readonly #nodes = new Map<string, Node>()
  readonly #places = new Map<string, Place>()
  readonly #known = new Map<string, Known>()
  /** "scheduler/0 node worker-1", since when it is not as it should be; the oldest first. */
  readonly wrong = new Map<string, number>()

  line({ actor, at_ms, entity, event }: Line): void {
    switch (event.type) {
      case "object.created":
      case "object.updated":
      case "object.deleted":
        this.#committed(entity, event, at_ms)
        return
      case "schedulerProcess.started":
        this.#forget(actor)
        this.#known.set(actor, { nodes: new Map(), counted: new Map(), queued: new Set() })
        for (const name of this.#nodes.keys()) this.#judgeNode(actor, name, at_ms)
        for (const uid of this.#places.keys()) this.#judgePod(actor, uid, at_ms)
        return
      case "process.crashed":
      case "process.stopped":
        if (this.#known.delete(event.process)) this.#forget(event.process)
        return
      default:
        this.#told(actor, entity, event, at_ms)
    }
  }

  #committed(uid: string, event: EventOf<"object">, at_ms: number): void {
    const isGone = event.type === "object.deleted"
    if (event.resource === "nodes") {
      const node = event.object as Node
      const { name } = node.metadata
      const before = this.#nodes.get(name)
      if (isGone) this.#nodes.delete(name)
      else this.#nodes.set(name, node)
      // A heartbeat changes nothing of what is read here.
      if (!isGone && before !== undefined && before.spec === node.spec &&
        before.metadata.labels === node.metadata.labels &&
        before.status.allocatable === node.status.allocatable) return
      for (const actor of this.#known.keys()) this.#judgeNode(actor, name, at_ms)
    } else if (event.resource === "pods") {
      const place = isGone ? undefined : placeOf(event.object as Pod)
      if (!isGone && this.#places.has(uid) && this.#places.get(uid) === place) return
      if (isGone) this.#places.delete(uid)
      else this.#places.set(uid, place)
      for (const actor of this.#known.keys()) this.#judgePod(actor, uid, at_ms)
    }
  }

  #told(actor: string, entity: string, event: Line["event"], at_ms: number): void {
    const known = this.#known.get(actor)
    if (known === undefined) return
    switch (event.type) {
      case "schedulerNode.changed":
        known.nodes.set(entity, event)
        return this.#judgeNode(actor, entity, at_ms)
      case "schedulerNode.removed":
        known.nodes.delete(entity)
        return this.#judgeNode(actor, entity, at_ms)
      case "schedulerCache.assumed":
      case "schedulerCache.confirmed":
      case "schedulerCache.corrected":
        known.counted.set(entity, event.node)
        return this.#judgePod(actor, entity, at_ms)
      case "schedulerCache.forgotten":
      case "schedulerCache.removed":
        known.counted.delete(entity)
        return this.#judgePod(actor, entity, at_ms)
      case "schedulingQueue.added":
        known.queued.add(entity)
        return this.#judgePod(actor, entity, at_ms)
      case "schedulingQueue.removed":
        known.queued.delete(entity)
        return this.#judgePod(actor, entity, at_ms)
      default:
    }
  }

  #judgeNode(actor: string, name: string, at_ms: number): void {
    const node = this.#nodes.get(name)
    const picture = this.#known.get(actor)!.nodes.get(name)
    const isRight = node === undefined || picture === undefined ? node === picture : isAsPictured(node, picture)
    this.#judge(`${actor} node ${name}`, isRight, at_ms)
  }

  #judgePod(actor: string, uid: string, at_ms: number): void {
    const place = this.#places.get(uid)
    const { counted, queued } = this.#known.get(actor)!
    const isCounted = (counted.get(uid) ?? "") === (place ?? "")
    // One that is being deleted may stay in the queue until its turn.
    const isQueued = queued.has(uid) === (place === "") || place === undefined && this.#places.has(uid)
    this.#judge(`${actor} pod ${uid}`, isCounted && isQueued, at_ms)
  }

  #judge(what: string, isRight: boolean, at_ms: number): void {
    if (isRight) this.wrong.delete(what)
    else if (!this.wrong.has(what)) this.wrong.set(what, at_ms)
  }

  #forget(actor: string): void {
    for (const what of this.wrong.keys()) if (what.startsWith(`${actor} `)) this.wrong.delete(what)
  }
}

export const heardByCalm = ["object.", "schedulerProcess.started", "schedulerNode.", "schedulerCache.",
  "schedulingQueue.added", "schedulingQueue.removed", ...heardByHealth]

export const knowsWhatThereIs = (): (line: Line) => string | undefined => {
  const schedulers = new Schedulers()
  const health = new Health()
  return (line) => {
    const { at_ms } = line
    health.hear(line)
    schedulers.line(line)
    for (const [what, since_ms] of schedulers.wrong) {
      if (at_ms - since_ms <= learns_ms) break
      if (health.hasBeenWellFor(well_ms, since_ms)) {
        return `${what} is not as committed since ${Math.round(since_ms)} ms`
      }
      // Something was wrong: it is looked at anew.
      schedulers.wrong.delete(what)
      schedulers.wrong.set(what, at_ms)
    }
    return undefined
  }
}
