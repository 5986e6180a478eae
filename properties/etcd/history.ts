/** What several of etcd's promises look at: the committed history, the members that are up, the watches as served. */
import type { Line } from "#model/events.ts"
import { ByActor } from "#properties/by-actor.ts"

export interface Revision {
  readonly revision: number
  readonly keys: Array<string>
  readonly at_ms: number
}

/** Whether the line is a change of the committed history, and of which key. */
export const changeOf = (line: Line): { readonly revision: number; readonly key: string } | undefined => {
  if (line.actor !== "etcd") return undefined
  const { event } = line
  return event.type === "object.created" || event.type === "object.updated" || event.type === "object.deleted"
    || event.type === "history.marked" ? event : undefined
}

export const heardByHistory = ["object.created", "object.updated", "object.deleted", "history.marked"]

/** The committed revisions in order; a revision's keys grow while its lines come. */
export class History {
  readonly revisions: Array<Revision> = []

  hear(line: Line): boolean {
    const change = changeOf(line)
    if (change === undefined) return false
    const last = this.revisions[this.revisions.length - 1]
    if (last?.revision === change.revision) last.keys.push(change.key)
    else this.revisions.push({ revision: change.revision, keys: [change.key], at_ms: line.at_ms })
    return true
  }
  /** Position of the first revision that is not below. */
  position(revision: number): number {
    const first = this.revisions[0]
    return first === undefined ? 0 : Math.max(0, Math.min(this.revisions.length, revision - first.revision))
  }
  has(revision: number, key: string): boolean {
    const found = this.revisions[this.position(revision)]
    return found?.revision === revision && found.keys.includes(key)
  }
}

export const heardByWatches = [...heardByHistory, "etcdWatch.", "process.crashed", "process.stopped"]

type Sent = Extract<Line["event"], { readonly type: "etcdWatch.sent" }>

export interface OpenWatch {
  readonly prefix: string
  /** It may wait for a revision that is not committed yet, and begins there. */
  readonly start: number
  /** Everything before this position of the history was sent, or does not match. */
  at: number
}

/** Follows every open watch along the history. `gap` is called with what a watch skipped. */
export class Watches {
  readonly history = new History()
  readonly open = new ByActor<OpenWatch>()

  /** The next revision that the watch has to send, if it is committed already. */
  next(watch: OpenWatch): Revision | undefined {
    const { revisions } = this.history
    for (; watch.at < revisions.length; watch.at++) {
      const revision = revisions[watch.at]!
      if (revision.revision >= watch.start && isSeenBy(watch, revision)) return revision
    }
    return undefined
  }
  /** What is wrong with the line, and which promise it breaks. */
  hear(line: Line): { readonly kind: "reliable" | "bookmarkable"; readonly text: string } | undefined {
    if (this.history.hear(line)) return undefined
    const { actor, entity, event } = line
    switch (event.type) {
      case "etcdWatch.opened": {
        const start = event.startRevision === 0 ? event.revision + 1 : event.startRevision
        this.open.set(actor, entity, { prefix: event.prefix, start, at: this.history.position(start) })
        return undefined
      }
      case "etcdWatch.sent": {
        const watch = this.open.get(actor, entity)
        const text = watch === undefined ? undefined : this.#sent(watch, event)
        return text === undefined ? undefined : { kind: "reliable", text: `${actor} ${entity} sent ${text}` }
      }
      case "etcdWatch.progressed": {
        const watch = this.open.get(actor, entity)
        const due = watch === undefined ? undefined : this.next(watch)
        return due === undefined || due.revision > event.revision ? undefined : { kind: "bookmarkable",
          text: `${actor} ${entity} confirmed revision ${event.revision} without ${due.revision}` }
      }
      case "etcdWatch.canceled":
      case "etcdWatch.closed":
        this.open.take(actor, entity)
        return undefined
      case "process.crashed":
      case "process.stopped":
        this.open.forget(event.process)
        return undefined
      default:
        return undefined
    }
  }

  #sent(watch: OpenWatch, { keys, revision }: Sent): string | undefined {
    const due = this.next(watch)
    if (due === undefined) return `revision ${revision}, which is not committed or was sent before`
    watch.at++
    const wanted = due.keys.length === 1 ? due.keys : due.keys.filter((key) => key.startsWith(watch.prefix))
    if (due.revision !== revision) return `revision ${revision} before ${due.revision} (${wanted.join(", ")})`
    return wanted.length === keys.length && wanted.every((key) => keys.includes(key)) ? undefined
      : `${keys.join(", ")} of revision ${due.revision}, which changed ${wanted.join(", ")}`
  }
}

const isSeenBy = ({ prefix }: OpenWatch, { keys }: Revision): boolean => {
  for (let i = 0; i < keys.length; i++) if (keys[i]!.startsWith(prefix)) return true
  return false
}

export const heardByMembers = ["process.", "raft.", "entry.applied", "phase.began"]

/** Which members run, where, and which of them are held back by a fault that is not healed yet. */
export class Members {
  size = 0
  readonly running = new Set<string>()
  readonly paused = new Set<string>()
  readonly applied = new Map<string, number>()
  readonly #machineOf = new Map<string, string>()
  #frozen: ReadonlySet<string> = new Set()
  phase = "safety"
  /** Since when the set of members that can work together is what it is, or the phase. */
  since: Pick<Line, "at_ms" | "seq"> = { at_ms: 0, seq: 0 }

  hear(line: Line): void {
    const { actor, event } = line
    switch (event.type) {
      case "process.started":
        if (event.process.startsWith("etcd/")) this.#machineOf.set(event.process, actor.slice("machine/".length))
        return
      case "raft.recovered":
        this.size = event.members
        this.running.add(actor)
        this.applied.set(actor, event.applied)
        this.since = line
        return
      case "process.crashed":
      case "process.stopped":
        this.paused.delete(event.process)
        if (this.running.delete(event.process)) this.since = line
        return
      case "process.paused":
        this.paused.add(event.process)
        return
      case "process.resumed":
        if (this.paused.delete(event.process)) this.since = line
        return
      case "entry.applied":
        this.applied.set(actor, event.index)
        return
      case "phase.began":
        this.phase = event.phase
        this.#frozen = new Set(event.frozen)
        this.since = line
        return
      default:
    }
  }
  isFree(member: string): boolean {
    return this.running.has(member) && !this.paused.has(member) && !this.#frozen.has(this.#machineOf.get(member) ?? "")
  }
  /** A majority runs and faults have stopped among them. */
  get canWork(): boolean {
    if (this.phase === "safety") return false
    let free = 0
    for (const member of this.running) if (this.isFree(member)) free++
    return free * 2 > this.size
  }
}
