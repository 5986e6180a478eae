/** Committed changes of objects, as the ground truth tells them. */
import type { EventOf, Line } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import { always, type Invariants, type Property, type Said } from "#properties/property.ts"

export type ObjectEvent = EventOf<"object">
export type Updated = Extract<ObjectEvent, { readonly type: "object.updated" }>

export const isObject = (event: Line["event"]): event is ObjectEvent => event.type === "object.created"
  || event.type === "object.updated" || event.type === "object.deleted"

export const at = ({ key, revision }: { readonly key: string; readonly revision: number }): string =>
  `${key} at revision ${revision}`

/** A property of single committed writes of an object over itself. */
export const ofUpdates = (
  name: string, invariants: Invariants,
  wrong: (object: ApiObject, before: ApiObject, event: Updated) => Said
): Property => always(name, invariants, () => ({ event }) => event.type === "object.updated"
  ? wrong(event.object as ApiObject, event.previous as ApiObject, event) : undefined, ["object.updated"])

export const versionOf = (object: ApiObject): number => Number(object.metadata.resourceVersion)
