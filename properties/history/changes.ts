/** history/changes: what each committed revision changed. Leases and Events are written most and asked about never. */
import type { Line } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import { kindOf } from "#model/observed.ts"
import type { Moment } from "#properties/history/kept.ts"

const untold: ReadonlySet<string> = new Set(["leases", "events"])

/** As many are forgotten at once: whoever judges for days is asked about the last of them only. */
const remembered_max = 50_000

export interface Change {
  readonly key: string
  readonly uid: string
  /** The revision that the key had before; 0 for a creation. */
  readonly before: number
  readonly seq: number
}

export class Changes {
  readonly hears = ["object.created", "object.updated", "object.deleted"] as const
  readonly #moment: Moment
  readonly #present = new Map<string, number>()
  readonly #kinds = new Set<string>()
  #byRevision = new Map<number, Change>()
  #older = new Map<number, Change>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ event, seq }: Line): void {
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") return
    const { key, resource, revision } = event
    if (untold.has(resource) || kindOf(resource) === undefined) return
    this.#kinds.add(resource)
    const { uid } = (event.object as ApiObject).metadata
    if (this.#byRevision.size >= remembered_max) {
      this.#older = this.#byRevision
      this.#byRevision = new Map()
    }
    this.#byRevision.set(revision, { key, uid, before: this.#present.get(key) ?? 0, seq })
    if (event.type === "object.deleted") this.#present.delete(key)
    else this.#present.set(key, revision)
  }

  /** Changes of that kind are told. */
  isTold(resource: string): boolean {
    return this.#kinds.has(resource)
  }
  at(revision: number): Change | undefined {
    const change = this.#byRevision.get(revision) ?? this.#older.get(revision)
    return change === undefined || change.seq > this.#moment.seq ? undefined : change
  }
}
