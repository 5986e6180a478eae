/**
 * informer/committed-sets: the digest of every set of objects that a reflector may watch, at every revision.
 *
 * The sets are those of the selectors that components use: a whole resource, the pods of a node, one node. Leases are
 * left out: they are most of the history, and nobody tells a digest of them. O(1) a change, O(log n) a question.
 */
import type { Line } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { Moment } from "#properties/history/kept.ts"
import { digestMinus, digestPlus } from "#model/objects/digest.ts"

interface Change {
  readonly seq: number
  readonly revision: number
  readonly at_ms: number
  readonly digest: number
}

export class CommittedSet {
  readonly #moment: Moment
  readonly #changes: Array<Change> = []
  #digest = 0

  constructor(moment: Moment) {
    this.#moment = moment
  }

  change({ at_ms, seq }: Line, revision: number, gone: number | undefined, come: number | undefined): void {
    if (gone !== undefined) this.#digest = digestMinus(this.#digest, gone)
    if (come !== undefined) this.#digest = digestPlus(this.#digest, come)
    this.#changes.push({ seq, revision, at_ms, digest: this.#digest })
  }

  digestAt(revision: number): number {
    return this.#changes[this.#after(revision) - 1]?.digest ?? 0
  }

  /** The first change that a copy of this revision does not hold. */
  firstAfter(revision: number): Omit<Change, "digest"> | undefined {
    const change = this.#changes[this.#after(revision)]
    return change === undefined || change.seq > this.#moment.seq ? undefined : change
  }

  get lastRevision(): number {
    return this.#changes[this.#after(Infinity) - 1]?.revision ?? 0
  }

  /** How many changes lie at or before the revision, and had been committed by then. */
  #after(revision: number): number {
    let low = 0
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      const change = this.#changes[middle]!
      if (change.revision <= revision && change.seq <= this.#moment.seq) low = middle + 1
      else high = middle
    }
    return low
  }
}

interface Known {
  readonly revision: number
  readonly sets: ReadonlyArray<string>
}
const setsOf = (resource: string, object: ApiObject): ReadonlyArray<string> => {
  if (resource === "nodes") return [resource, `${resource}?metadata.name=${object.metadata.name}`]
  const node = resource === "pods" ? (object as Pod).spec.nodeName ?? "" : ""
  return node === "" ? [resource] : [resource, `${resource}?spec.nodeName=${node}`]
}

export class CommittedSets {
  readonly hears = ["object.created", "object.updated", "object.deleted"] as const
  readonly #moment: Moment
  readonly #sets = new Map<string, CommittedSet>()
  readonly #known = new Map<string, Known>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  /** By a reflector's entity; undefined when its selector is none of those that are followed. */
  get(entity: string): CommittedSet | undefined {
    if (entity === "leases") return undefined
    const isFollowed = !entity.includes("?") || /^(pods\?spec\.nodeName|nodes\?metadata\.name)=[^,&=]+$/.test(entity)
    return isFollowed ? this.#of(entity) : undefined
  }

  hear(line: Line): void {
    const { event } = line
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return
    const { resource, revision } = event
    if (resource === "leases") return
    const object = event.object as ApiObject
    const { uid } = object.metadata
    const before = this.#known.get(uid)
    const isGone = event.type === "object.deleted"
    const after = isGone ? undefined : { revision, sets: setsOf(resource, object) }
    if (after === undefined) this.#known.delete(uid)
    else this.#known.set(uid, after)
    for (const set of before?.sets ?? []) {
      this.#of(set).change(line, revision, before?.revision, after?.sets.includes(set) === true ? revision : undefined)
    }
    for (const set of after?.sets ?? []) {
      if (before?.sets.includes(set) !== true) this.#of(set).change(line, revision, undefined, revision)
    }
  }

  #of(key: string): CommittedSet {
    let set = this.#sets.get(key)
    if (set === undefined) this.#sets.set(key, set = new CommittedSet(this.#moment))
    return set
  }
}
