/** What several of etcd's promises look at: the committed history, the members that are up, the watches as served. */
import type { Line } from "#model/events.ts"

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

export interface OpenWatch {
  readonly member: string
  readonly prefix: string
  /** Everything before this position of the history was sent, or does not match. */
  at: number
}

/** Follows every open watch along the history. `gap` is called with what a watch skipped. */
export class Watches {
  readonly history = new History()
  readonly open = new Map<string, OpenWatch>()
  /** Watches that wait for a revision that is not committed yet begin there. */
  private readonly starts = new Map<OpenWatch, number>()

  private matching(watch: OpenWatch, revision: Revision): ReadonlyArray<string> {
    return revision.keys.filter((key) => key.startsWith(watch.prefix))
  }
  /** The next revision that the watch has to send, if it is committed already. */
  next(watch: OpenWatch): Revision | undefined {
    const { revisions } = this.history
    const start = this.starts.get(watch) ?? 0
    for (; watch.at < revisions.length; watch.at++) {
      const revision = revisions[watch.at]!
      if (revision.revision >= start && revision.keys.some((key) => key.startsWith(watch.prefix))) return revision
    }
    return undefined
  }
  /** What is wrong with the line, and which promise it breaks. */
  hear(line: Line): { readonly kind: "reliable" | "bookmarkable"; readonly text: string } | undefined {
    if (this.history.hear(line)) return undefined
    const { event } = line
    const name = `${line.actor} ${line.entity}`
    switch (event.type) {
      case "etcdWatch.opened": {
        const start = event.startRevision === 0 ? event.revision + 1 : event.startRevision
        const watch = { member: line.actor, prefix: event.prefix, at: this.history.position(start) }
        this.open.set(name, watch)
        this.starts.set(watch, start)
        return undefined
      }
      case "etcdWatch.sent": {
        const watch = this.open.get(name)
        if (watch === undefined) return undefined
        const due = this.next(watch)
        if (due === undefined) return { kind: "reliable", text: `${name} sent revision ${event.revision}, which is ` +
          "not committed or was sent before" }
        const keys = this.matching(watch, due)
        watch.at++
        if (due.revision !== event.revision) {
          return { kind: "reliable",
            text: `${name} sent revision ${event.revision} before ${due.revision} (${keys.join(", ")})` }
        }
        return keys.length === event.keys.length && keys.every((key) => event.keys.includes(key)) ? undefined
          : { kind: "reliable", text: `${name} sent ${event.keys.join(", ")} of revision ${due.revision}, ` +
            `which changed ${keys.join(", ")}` }
      }
      case "etcdWatch.progressed": {
        const watch = this.open.get(name)
        const due = watch === undefined ? undefined : this.next(watch)
        return due !== undefined && due.revision <= event.revision
          ? { kind: "bookmarkable", text: `${name} confirmed revision ${event.revision} without ${due.revision}` }
          : undefined
      }
      case "etcdWatch.canceled":
      case "etcdWatch.closed":
        this.forget(name)
        return undefined
      case "process.crashed":
      case "process.stopped":
        for (const [other, watch] of this.open) if (watch.member === event.process) this.forget(other)
        return undefined
      default:
        return undefined
    }
  }
  private forget(name: string): void {
    const watch = this.open.get(name)
    if (watch === undefined) return
    this.open.delete(name)
    this.starts.delete(watch)
  }
}

export const heardByMembers = ["process.", "raft.", "entry.applied", "phase.began"]

/** Which members run, where, and which of them are held back by a fault that is not healed yet. */
export class Members {
  size = 0
  readonly running = new Set<string>()
  readonly paused = new Set<string>()
  readonly applied = new Map<string, number>()
  private readonly machineOf = new Map<string, string>()
  private frozen: ReadonlySet<string> = new Set()
  phase = "safety"
  /** Since when the set of members that can work together is what it is, or the phase. */
  since_ms = 0

  hear({ actor, at_ms, event }: Line): void {
    switch (event.type) {
      case "process.started":
        if (event.process.startsWith("etcd/")) this.machineOf.set(event.process, actor.slice("machine/".length))
        return
      case "raft.recovered":
        this.size = event.members
        this.running.add(actor)
        this.applied.set(actor, event.applied)
        this.since_ms = at_ms
        return
      case "process.crashed":
      case "process.stopped":
        this.paused.delete(event.process)
        if (this.running.delete(event.process)) this.since_ms = at_ms
        return
      case "process.paused":
        this.paused.add(event.process)
        return
      case "process.resumed":
        if (this.paused.delete(event.process)) this.since_ms = at_ms
        return
      case "entry.applied":
        this.applied.set(actor, event.index)
        return
      case "phase.began":
        this.phase = event.phase
        this.frozen = new Set(event.frozen)
        this.since_ms = at_ms
        return
      default:
    }
  }
  isFree(member: string): boolean {
    return this.running.has(member) && !this.paused.has(member) && !this.frozen.has(this.machineOf.get(member) ?? "")
  }
  /** A majority runs and faults have stopped among them. */
  get canWork(): boolean {
    if (this.phase === "safety") return false
    let free = 0
    for (const member of this.running) if (this.isFree(member)) free++
    return free * 2 > this.size
  }
}
