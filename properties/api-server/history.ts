/** Committed changes of objects, as the ground truth tells them. */
import type { EventOf, Line } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import { always, type Invariants, type Property } from "#properties/property.ts"

export type ObjectEvent = EventOf<"object">
export type Updated = Extract<ObjectEvent, { readonly type: "object.updated" }>

export const isObject = (event: Line["event"]): event is ObjectEvent => event.type === "object.created"
  || event.type === "object.updated" || event.type === "object.deleted"

export const at = ({ key, revision }: ObjectEvent): string => `${key} at revision ${revision}`

/** A property of single committed writes of an object over itself. */
export const ofUpdates = (
  name: string, invariants: Invariants,
  wrong: (object: ApiObject, before: ApiObject, event: Updated) => string | undefined
): Property => always(name, invariants, () => ({ event }) => event.type === "object.updated"
  ? wrong(event.object as ApiObject, event.previous as ApiObject, event) : undefined, ["object.updated"])

export const versionOf = (object: ApiObject): number => Number(object.metadata.resourceVersion)

/** For each revision that changed a key: the revision that the key had before; 0 for a creation. */
export class Predecessors {
  readonly #versions = new Map<string, number>()
  readonly #changes = new Map<number, { readonly key: string; readonly before: number; readonly uid: string }>()

  /** False when the line tells of no object. Leases are written most and asked about never. */
  hear({ event }: Line): boolean {
    if (!isObject(event)) return false
    if (event.resource === "leases") return true
    const { key, revision } = event
    this.#changes.set(revision, {
      key, before: this.#versions.get(key) ?? 0, uid: (event.object as ApiObject).metadata.uid
    })
    if (event.type === "object.deleted") this.#versions.delete(key)
    else this.#versions.set(key, revision)
    return true
  }
  at(revision: number): { readonly key: string; readonly before: number; readonly uid: string } | undefined {
    return this.#changes.get(revision)
  }
}
