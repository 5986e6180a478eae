/**
 * While nothing is wrong a scheduler knows what there is: its picture of the nodes, the pods that it counts on them and
 * those in its queue are the committed ones, but for what happened within the last seconds.
 *
 * Its decisions are held against this picture elsewhere; here the picture is held against the world.
 */
import type { EventOf, Line } from "#model/events.ts"
import type { Node } from "#model/objects/node.ts"
import type { Pod } from "#model/objects/pod.ts"
import { heardByHealth } from "#properties/etcd/health.ts"
import { caughtUp_ms } from "#properties/history/bounds.ts"
import { committed, type Committed, type History } from "#properties/history.ts"
import { allocatableOf, isTerminal, nodeOf } from "#properties/scheduler/fit.ts"
import { sameRecord, taintText } from "#properties/scheduler/snapshot.ts"

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
  readonly #now: History["now"]
  readonly #known = new Map<string, Known>()
  /** "scheduler/0 node worker-1", since when it is not as it should be; the oldest first. */
  readonly wrong = new Map<string, number>()

  constructor({ now }: History) {
    this.#now = now
  }

  line(line: Line): void {
    const { actor, at_ms, entity, event } = line
    const node = committed(line, "nodes")
    if (node !== undefined) return this.#nodeChanged(node, at_ms)
    const pod = committed(line, "pods")
    if (pod !== undefined) return this.#podChanged(entity, pod, at_ms)
    switch (event.type) {
      case "schedulerProcess.started":
        this.#forget(actor)
        this.#known.set(actor, { nodes: new Map(), counted: new Map(), queued: new Set() })
        for (const { metadata } of this.#now.nodes.all()) this.#judgeNode(actor, metadata.name, at_ms)
        for (const { metadata } of this.#now.pods.all()) this.#judgePod(actor, metadata.uid, at_ms)
        return
      case "process.crashed":
      case "process.stopped":
        if (this.#known.delete(event.process)) this.#forget(event.process)
        return
      default:
        this.#told(actor, entity, event, at_ms)
    }
  }

  #nodeChanged(change: Committed<"nodes">, at_ms: number): void {
    const { metadata, spec, status } = change.object
    if (change.type === "object.updated") {
      const { previous } = change
      // A heartbeat changes nothing of what is read here.
      if (previous.spec === spec && previous.metadata.labels === metadata.labels &&
        previous.status.allocatable === status.allocatable) return
    }
    for (const actor of this.#known.keys()) this.#judgeNode(actor, metadata.name, at_ms)
  }
  #podChanged(uid: string, change: Committed<"pods">, at_ms: number): void {
    if (change.type === "object.updated" && placeOf(change.previous) === placeOf(change.object)) return
    for (const actor of this.#known.keys()) this.#judgePod(actor, uid, at_ms)
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
    const node = this.#now.nodes.named(name)
    const picture = this.#known.get(actor)!.nodes.get(name)
    const isRight = node === undefined || picture === undefined ? node === picture : isAsPictured(node, picture)
    this.#judge(`${actor} node ${name}`, isRight, at_ms)
  }

  #judgePod(actor: string, uid: string, at_ms: number): void {
    const pod = this.#now.pods.get(uid)
    const place = pod === undefined ? undefined : placeOf(pod)
    const { counted, queued } = this.#known.get(actor)!
    const isCounted = (counted.get(uid) ?? "") === (place ?? "")
    // One that is being deleted may stay in the queue until its turn.
    const isQueued = queued.has(uid) === (place === "") || place === undefined && pod !== undefined
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

/** Also what changes nothing here: each line is a time to look. */
export const heardByCalm = ["object.", "schedulerProcess.started", "schedulerNode.", "schedulerCache.",
  "schedulingQueue.added", "schedulingQueue.removed", ...heardByHealth]

/** At rest, whatever there was before: nobody has to wait until nothing was wrong for minutes. */
export const picturesWhatThereIs = (history: History) => {
  const schedulers = new Schedulers(history)
  let now_ms = 0
  return {
    line: (line: Line) => {
      now_ms = line.at_ms
      schedulers.line(line)
    },
    holds: (): string | undefined => {
      for (const [what, since_ms] of schedulers.wrong) {
        if (now_ms - since_ms > learns_ms) return `${what} is not as committed since ${Math.round(since_ms)} ms`
      }
      return undefined
    }
  }
}

export const knowsWhatThereIs = (history: History): (line: Line) => string | undefined => {
  const schedulers = new Schedulers(history)
  return (line) => {
    const { at_ms } = line
    schedulers.line(line)
    for (const [what, since_ms] of schedulers.wrong) {
      if (at_ms - since_ms <= learns_ms) break
      if (history.calm.wasWellFor(caughtUp_ms, since_ms)) {
        return `${what} is not as committed since ${Math.round(since_ms)} ms`
      }
      // Something was wrong: it is looked at anew.
      schedulers.wrong.delete(what)
      schedulers.wrong.set(what, at_ms)
    }
    return undefined
  }
}
