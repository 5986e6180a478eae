/**
 * What is removed goes as it was last: a removal tells the state before it, at its own revision. Source: apiserver
 * storage/etcd3/event.go (the previous value of a deleted key), v1.36.
 */
import type { Line } from "#model/events.ts"
import { equal } from "#model/objects/equality.ts"
import { type KeptResource, keptResources } from "#model/observed.ts"
import type { History } from "#properties/history.ts"
import { always, kept, type Property, type Said } from "#properties/property.ts"

interface Thing {
  readonly metadata: Readonly<Record<string, unknown>>
}
const isKept = (resource: string): resource is KeptResource =>
  (keptResources as ReadonlyArray<string>).includes(resource)
const unversioned = (object: Thing): object => ({ ...object, metadata: { ...object.metadata, resourceVersion: "" } })

const goesAsItWas = ({ now }: History) => (line: Line): Said => {
  const { event } = line
  if (event.type !== "object.deleted" || !isKept(event.resource)) return undefined
  const before = now[event.resource].before(line)?.object as Thing | undefined
  if (before === undefined) return undefined
  return equal(unversioned(before), unversioned(event.object as unknown as Thing)) ? kept
    : `${event.key} was removed in another state than it was in`
}

export const lastStateProperties: ReadonlyArray<Property> = [
  always("an object is removed as it was last", [], goesAsItWas, ["object.deleted"])
]
