/** The committed objects, as the ground truth tells them: what each key holds, and which change came before which. */
import type { EventOf, Line } from "#model/events.ts"
import type { ApiObject } from "#model/objects.ts"

export interface Change {
  readonly key: string
  readonly resource: string
  readonly revision: number
  /** After the change; undefined when it was deleted. */
  readonly object: ApiObject | undefined
  /** Before it, as this history remembers it; undefined when there was none. */
  readonly before: ApiObject | undefined
  /** What the line itself says was there, or, of a deletion, the last state at the deletion's revision. */
  readonly told: EventOf<"object">
}

const isObject = (event: Line["event"]): event is EventOf<"object"> => event.type === "object.created"
  || event.type === "object.updated" || event.type === "object.deleted"

export class Objects {
  readonly byKey = new Map<string, ApiObject>()

  /** The change that the line tells, or undefined for any other line. */
  hear({ event }: Line): Change | undefined {
    if (!isObject(event)) return undefined
    const { key, resource, revision } = event
    const before = this.byKey.get(key)
    const object = event.type === "object.deleted" ? undefined : event.object as ApiObject
    if (object === undefined) this.byKey.delete(key)
    else this.byKey.set(key, object)
    return { key, resource, revision, object, before, told: event }
  }
}

export const versionOf = (object: ApiObject): number => Number(object.metadata.resourceVersion)

/** For each revision that changed a key: the revision that the key had before; 0 for a creation. */
export class Predecessors {
  readonly #objects = new Objects()
  readonly #changes = new Map<number, { readonly key: string; readonly before: number; readonly uid: string }>()
  newest = 0

  hear(line: Line): boolean {
    const change = this.#objects.hear(line)
    if (change === undefined) return false
    this.newest = Math.max(this.newest, change.revision)
    // Leases are written most and asked about never.
    if (change.resource === "leases") return true
    this.#changes.set(change.revision, {
      key: change.key, before: change.before === undefined ? 0 : versionOf(change.before),
      uid: (change.object ?? change.before)?.metadata.uid ?? ""
    })
    return true
  }
  at(revision: number): { readonly key: string; readonly before: number; readonly uid: string } | undefined {
    return this.#changes.get(revision)
  }
}
