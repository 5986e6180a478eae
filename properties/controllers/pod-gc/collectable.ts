/**
 * pod-gc/collectable: which pods a garbage collector may take, by committed pods and nodes alone: nobody asks the
 * collector why it chose one.
 * Source: pkg/controller/podgc/gc_controller.go gcOrphaned, gcUnscheduledTerminating, v1.36.
 */
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import { committed, type History } from "#properties/history.ts"
import type { Moment } from "#properties/history/kept.ts"

/** The quarantine of 40 s at a clock that is a quarter too fast. */
const absence_ms_min = 30_000 // ASSUMED
/** A node that came back after the live GET: the GET took at most 60 s, and its pods are taken one after the other. */
const comeBack_ms = 180_000 // ASSUMED

const isTerminal = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed"
const isMarked = ({ status }: Pod): boolean => status.phase === "Failed" &&
  (status.conditions ?? []).some(({ reason, type }) => type === "DisruptionTarget" && reason === "DeletionByPodGC")

/** Who wrote the mark is not in the history; that it was lawful is promised apart. */
export const becomesMarked = (line: Line): Pod | undefined => {
  const change = committed(line, "pods")
  return change?.type === "object.updated" && isMarked(change.object) && change.previous.status.phase !== "Failed"
    ? change.object : undefined
}

/** The pods that were marked Failed in the name of the collector, by uid. */
export class Marked {
  readonly hears = ["object.updated"] as const
  readonly #moment: Moment
  readonly #since = new Map<string, number>()

  constructor(moment: Moment) {
    this.#moment = moment
  }
  hear(line: Line): void {
    const pod = becomesMarked(line)
    if (pod !== undefined && !this.#since.has(pod.metadata.uid)) this.#since.set(pod.metadata.uid, line.seq)
  }
  has(uid: string): boolean {
    return (this.#since.get(uid) ?? Infinity) <= this.#moment.seq
  }
}

/** Nodes that pods have named while they were not there: their quarantine may have begun. */
class Missed {
  readonly hears = ["object.created", "object.updated", "object.deleted"] as const
  readonly #present = new Set<string>()
  readonly #since = new Map<string, number>()

  constructor(_moment: Moment) { /* asked about lines that are over */ }
  hear(line: Line): void {
    const node = committed(line, "nodes")
    if (node !== undefined) {
      const { name } = node.object.metadata
      if (node.type !== "object.deleted") return void this.#present.add(name)
      this.#present.delete(name)
      return this.#miss(name, line.seq)
    }
    const { nodeName = "" } = committed(line, "pods")?.object.spec ?? {}
    if (nodeName !== "" && !this.#present.has(nodeName)) this.#miss(nodeName, line.seq)
  }
  #miss(name: string, seq: number): void {
    if (!this.#since.has(name)) this.#since.set(name, seq)
  }
  isMissedBefore(name: string, seq: number): boolean {
    return (this.#since.get(name) ?? Infinity) < seq
  }
}

export class Collectable {
  readonly #history: History
  readonly #missed: Missed

  constructor(history: History) {
    this.#history = history
    this.#missed = history.part(Missed)
  }

  /** Why nobody may collect the pod; undefined: the collector may. */
  whyNot(pod: Pod, at_ms: number): string | undefined {
    const { nodeName = "" } = pod.spec
    const { limits: { terminatedPods_max }, now: { nodes, pods } } = this.#history
    if (isTerminal(pod) && pods.all().filter(isTerminal).length > terminatedPods_max) return undefined
    if (nodeName === "") {
      return pod.metadata.deletionTimestamp === undefined ? "it has no node and is not being deleted" : undefined
    }
    const present = nodes.named(nodeName)
    const since_ms = present === undefined ? Infinity : nodes.first(present.metadata.uid)?.at_ms ?? 0
    if (present !== undefined && at_ms - since_ms > comeBack_ms) return `its node ${nodeName} exists`
    const gone_ms = this.#goneAt_ms(nodeName)
    return gone_ms !== undefined && at_ms - gone_ms < absence_ms_min
      ? `its node ${nodeName} went ${Math.round(at_ms - gone_ms)} ms ago` : undefined
  }

  /** Who bears the name, or bore it a moment ago: the collector deletes by name alone. */
  whyNotNamed(name: string, at_ms: number): string | undefined {
    let why = "no such pod has been there lately"
    let until_ms = Infinity
    for (const { at_ms: since_ms, object } of this.#history.now.pods.history(name)) {
      if (object === undefined) until_ms = since_ms
      else if (at_ms - until_ms > comeBack_ms) break
      else {
        const reason = this.whyNot(object, at_ms)
        if (reason === undefined) return undefined
        why = reason
      }
    }
    return why
  }

  /** When a node went that had been there for longer than the collector's rounds can overlook. */
  #goneAt_ms(name: string): number | undefined {
    const { nodes } = this.#history.now
    let gone: { readonly at_ms: number; readonly seq: number } | undefined
    for (const { at_ms, object, seq } of nodes.history(name)) {
      if (object === undefined) gone = { at_ms, seq }
      else if (gone !== undefined) {
        const made_ms = nodes.first(object.metadata.uid)?.at_ms ?? 0
        if (gone.at_ms - made_ms >= comeBack_ms || !this.#missed.isMissedBefore(name, gone.seq)) return gone.at_ms
        gone = undefined
      }
    }
    return undefined
  }
}
