/** api-server/namespaces: 34: nothing is created in a namespace that is going or gone. */
import type { Line } from "#model/events.ts"
import type { ApiObject } from "#model/kinds.ts"
import type { History } from "#properties/history.ts"
import { always, needing, type Property } from "#properties/property.ts"

/** An API server's cache learns of a deletion. */
const learns_ms = 5_000 // ASSUMED
const well_ms = 150_000 // ASSUMED: as of what controllers do soon

/** 34, while nothing is wrong. */
const takesNothing = () => ({ calm, now }: History): (line: Line) => string | undefined => {
  const goingAt_ms = new Map<string, number>()
  return ({ at_ms, event }) => {
    if (event.type === "object.updated" && event.resource === "namespaces") {
      const { deletionTimestamp, uid } = (event.object as ApiObject).metadata
      if (deletionTimestamp !== undefined && !goingAt_ms.has(uid)) goingAt_ms.set(uid, at_ms)
    }
    if (event.type !== "object.created") return undefined
    const { namespace } = (event.object as ApiObject).metadata
    if (namespace === undefined || !calm.wasWellFor(well_ms, at_ms)) return undefined
    const its = now.namespaces.named(namespace)
    if (its === undefined) return `${event.key} is created in a namespace that is not there`
    return at_ms - (goingAt_ms.get(its.metadata.uid) ?? at_ms) <= learns_ms ? undefined
      : `${event.key} is created in a namespace that is being deleted`
  }
}

export const namespaceProperties: ReadonlyArray<Property> = [
  needing(["objects", "faults", "times"], always(
    "while nothing is wrong nothing is created in a namespace that is going or gone", [34], takesNothing(),
    ["namespaces.updated", "object.created"]))
]
