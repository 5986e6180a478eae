/**
 * input/watch: what `kubectl get KIND -A -w --output-watch-events -o json` prints: {"type":…,"object":…}, one event
 * after the other. It begins with what is there, as ADDED in any order; nothing says when an event came, so time is
 * what the objects' own stamps say.
 */
import { epoch_ms } from "#model/limits.ts"
import { BadInputFile, type ForeignObject, type Heard, revisionOf } from "#properties/harness/judge/input/heard.ts"
import { resourceOf } from "#properties/harness/judge/input/plural.ts"

interface WatchEvent {
  readonly type?: string
  readonly object?: any
}
export const isWatchEvent = (first: object): boolean =>
  "type" in first && "object" in first && !("at" in first) && !("resource" in first)

/** The newest stamp that the object bears. */
const stamp_ms = ({ metadata, spec }: any): number => {
  const stamps = [metadata.creationTimestamp, spec?.renewTime, spec?.acquireTime,
    ...(metadata.managedFields ?? []).map(({ time }: { readonly time?: string }) => time)]
  return Math.max(...stamps.map((stamp) => typeof stamp === "string" ? Date.parse(stamp) - epoch_ms : -Infinity))
}

export class WatchReader {
  /** What is there at the beginning, by kind, until something else than ADDED comes. */
  readonly #first = new Map<string, Array<ForeignObject>>()
  readonly #begun = new Set<string>()
  readonly #known = new Map<string, Set<string>>()
  #at_ms = 0
  #where = ""

  read({ object, type }: WatchEvent, where: string): ReadonlyArray<Heard> {
    this.#where = where
    const at_ms = this.#at_ms
    if (type === "ERROR") {
      return [...this.#begun].map((resource) => ({ what: "gap", at_ms, where, resource, revision: 0,
        why: object?.message ?? "the watch failed" }))
    }
    if (object?.metadata === undefined || typeof object.kind !== "string") {
      throw new BadInputFile(`${where}: an event of a watch needs "type" and an "object" with kind and metadata`)
    }
    const resource = resourceOf(String(object.apiVersion), object.kind)
    const revision = revisionOf(object)
    if (type === "BOOKMARK") return [...this.#begin(resource), { what: "passed", at_ms, where, resource, revision }]
    const { uid } = object.metadata
    const known = this.#known.get(resource) ?? new Set<string>()
    this.#known.set(resource, known)
    this.#at_ms = Math.max(at_ms, stamp_ms(object))
    if (type === "ADDED" && (!this.#begun.has(resource) || known.has(uid))) return this.#added(resource, object, known)
    const before = this.#begin(resource)
    if (type === "DELETED") known.delete(uid)
    else known.add(uid)
    const kind = type === "ADDED" ? "created" : type === "MODIFIED" ? "updated" : type === "DELETED" ? "deleted"
      : undefined
    if (kind === undefined) throw new BadInputFile(`${where}: events of type ${String(type)} are not known`)
    return [...before, { what: "change", type: kind, at_ms: this.#at_ms, where, resource, revision, object }]
  }

  end(): ReadonlyArray<Heard> {
    return [...this.#first.keys()].flatMap((resource) => this.#begin(resource))
  }

  /** One that is there already, told again: somebody began anew. */
  #added(resource: string, object: ForeignObject, known: Set<string>): ReadonlyArray<Heard> {
    if (this.#begun.delete(resource)) known.clear()
    known.add(object.metadata.uid)
    const first = this.#first.get(resource)
    if (first === undefined) this.#first.set(resource, [object])
    else first.push(object)
    return []
  }
  #begin(resource: string): ReadonlyArray<Heard> {
    if (this.#begun.has(resource)) return []
    this.#begun.add(resource)
    const objects = this.#first.get(resource) ?? []
    this.#first.delete(resource)
    const revision = objects.reduce((most, object) => Math.max(most, revisionOf(object)), 0)
    return [{ what: "listed", at_ms: this.#at_ms, where: this.#where, resource, revision, objects }]
  }
}
