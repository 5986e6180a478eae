/**
 * input/course: from what was heard, in order, to lines: each object's first sight, then its changes with what it was
 * before. After a gap nothing follows from what was heard before it: the course ends, and begins anew when all kinds
 * have been listed again. What an object was meanwhile is not told.
 */
import type { Line } from "#model/events.ts"
import { chartOf } from "#model/observed.ts"
import { type Change, type ForeignObject, type Gap, type Heard, type Listed, revisionOf, type Told } from
  "#properties/harness/judge/input/heard.ts"

/** Who listens: a course is what hangs together. */
export interface Sink {
  begin(at_ms: number): void
  line(line: Line, where: string): void
  end(at_ms: number, why: string | undefined): void
  /** What came to that object meanwhile is not known: the next line is a first sight. */
  forget(resource: string, uid: string): void
  disturbed(at_ms: number, why: string): void
}

/** "/registry/pods/default/web-1". */
const keyOf = (resource: string, { metadata: { name, namespace } }: ForeignObject): string =>
  `/registry/${resource}/${namespace === undefined ? "" : `${namespace}/`}${name}`

const createdAt = ({ metadata }: ForeignObject): string =>
  (metadata as { readonly creationTimestamp?: string | null }).creationTimestamp ?? ""
/** Owners are older than what they own. */
const byAge = (a: ForeignObject, b: ForeignObject): number =>
  createdAt(a) < createdAt(b) ? -1 : createdAt(a) > createdAt(b) ? 1 : revisionOf(a) - revisionOf(b)

export class Course {
  readonly #sink: Sink
  /** What there is, by kind, by uid. */
  readonly #present = new Map<string, Map<string, ForeignObject>>()
  readonly #lost = new Set<string>()
  /** Requests that have not been answered. */
  readonly #asked = new Set<string>()
  #isRunning = false
  #seq = 0
  #revision = 0
  #at_ms = 0
  #now_ms = 0
  /** Kinds of which something has been heard all the time, or again. */
  readonly resources = new Set<string>()
  /** Kinds of which there are objects that nobody told of. */
  readonly partial = new Set<string>()

  constructor(sink: Sink) {
    this.#sink = sink
  }

  hear(heard: Heard): void {
    this.#now_ms = Math.max(this.#now_ms, heard.at_ms)
    // A change has the time at which it arrived, not at which its turn came.
    if ("revision" in heard) this.#at_ms = Math.max(this.#at_ms, heard.at_ms)
    switch (heard.what) {
      case "change":
        return this.#change(heard)
      case "listed":
        return this.#list(heard)
      case "gap":
        return this.#lose(heard)
      case "straggled":
        this.#stop(heard.why)
        return
      case "told":
        this.#revision = Math.max(this.#revision, Math.floor(heard.revision))
        return this.#tell(heard)
      case "disturbed":
        return this.#sink.disturbed(heard.at_ms, heard.why)
      default:
    }
  }
  end(): void {
    if (!this.#isRunning && this.#present.size > 0 && this.#lost.size === 0) this.#start()
    this.#at_ms = this.#now_ms
    this.#stop(undefined)
  }

  /** What it began before the course did is not told to its end either. */
  #tell({ line, where }: Told): void {
    if (!this.#isRunning) return
    if (line.event.type === "write.requested") this.#asked.add(line.entity)
    else if (!this.#asked.delete(line.entity)) return
    this.#say({ ...line, seq: this.#seq }, where)
  }

  #of(resource: string): Map<string, ForeignObject> {
    let objects = this.#present.get(resource)
    if (objects === undefined) this.#present.set(resource, objects = new Map())
    return objects
  }

  #lose({ isForGood, resource, why }: Gap): void {
    this.#stop(this.#present.has(resource) ? `${resource}: ${why}` : undefined)
    if (isForGood === true) {
      this.#lost.delete(resource)
      this.#present.delete(resource)
    } else this.#lost.add(resource)
  }

  #list({ objects, resource, revision, where }: Listed): void {
    this.#revision = Math.max(this.#revision, revision)
    const isNew = !this.#lost.delete(resource) && !this.#present.has(resource)
    if (!isNew) this.#stop(`${resource} was listed anew`)
    const present = this.#of(resource)
    present.clear()
    for (const object of objects) present.set(object.metadata.uid, object)
    if (this.#isRunning) {
      this.resources.add(resource)
      for (const object of [...objects].sort(byAge)) this.#see(resource, object, where)
    }
  }

  #start(): void {
    this.#isRunning = true
    this.#sink.begin(this.#at_ms)
    const all = [...this.#present].flatMap(([resource, objects]) => {
      this.resources.add(resource)
      return [...objects.values()].map((object) => ({ resource, object }))
    })
    for (const { object, resource } of all.sort((a, b) => byAge(a.object, b.object))) this.#see(resource, object, "")
  }
  #stop(why: string | undefined): void {
    if (this.#isRunning) this.#sink.end(this.#at_ms, why)
    this.#isRunning = false
    this.#asked.clear()
  }

  #see(resource: string, object: ForeignObject, where: string): void {
    this.#committed({ type: "object.seen", revision: Math.max(this.#revision, revisionOf(object)) }, resource, object,
      where)
  }

  #change({ isAfterHole, isLatecomer, object, resource, revision, type, where }: Change): void {
    if (isLatecomer === true) this.partial.add(resource)
    const present = this.#of(resource)
    const { uid } = object.metadata
    const before = present.get(uid)
    // Told twice: by two files, or by a list that is newer.
    if (type !== "deleted" && before !== undefined && revisionOf(before) >= revision) return
    if (type === "deleted" && before === undefined) return
    if (!this.#isRunning && this.#lost.size === 0) this.#start()
    if (type === "deleted") present.delete(uid)
    else present.set(uid, object)
    const gone = type === "deleted" && revision <= this.#revision ? behind(object, this.#revision) : object
    this.#revision = Math.max(this.#revision, revisionOf(gone))
    if (!this.#isRunning) return
    if (type === "deleted") {
      return this.#committed({ type: "object.deleted", revision: revisionOf(gone) }, resource, gone, where)
    }
    if (isAfterHole === true) {
      this.#sink.forget(resource, uid)
      return this.#see(resource, object, where)
    }
    if (before !== undefined) {
      return this.#committed({ type: "object.updated", revision, previous: before }, resource, object, where)
    }
    if (type === "created") return this.#committed({ type: "object.created", revision }, resource, object, where)
    this.#see(resource, object, where)
  }

  #committed(event: object, resource: string, object: ForeignObject, where: string): void {
    this.#say({
      seq: this.#seq, at_ms: this.#at_ms, clock_ms: this.#at_ms, actor: "etcd", chart: chartOf(resource),
      entity: object.metadata.uid, event: { ...event, resource, key: keyOf(resource, object), object } as Line["event"]
    }, where)
  }
  #say(line: Line, where: string): void {
    this.#seq++
    this.#sink.line(line, where)
  }
}

/** A removal that nobody gave a revision lies between that one and the next. */
const behind = (object: ForeignObject, revision: number): ForeignObject => ({
  ...object, metadata: { ...object.metadata, resourceVersion: String(revision + (1 - revision % 1) / 2) }
})
