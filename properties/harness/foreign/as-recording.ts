/**
 * What a recorder would have written beside a run of the simulated cluster, in the form of `plimsoll record`: so that
 * the judge of recordings can be tried where no real cluster is.
 */
import { epoch_ms } from "#model/limits.ts"
import type { Line } from "#model/events.ts"
import { type ApiObject, apiVersionOf, kinds, type Resource, resources } from "#model/kinds.ts"
import { isChange } from "#properties/history.ts"

const types: Readonly<Record<string, string>> =
  { "object.created": "ADDED", "object.updated": "MODIFIED", "object.deleted": "DELETED" }

const at = (at_ms: number): string => new Date(epoch_ms + at_ms).toISOString()
const json = (value: object): string => JSON.stringify(value)

interface Recorder {
  /** Joins when the run has come so far. */
  readonly from_ms: number
  readonly why: string
}

/** Lists with what there is, then each change; faults as whoever drove the run would note them. */
export const asRecording = (lines: ReadonlyArray<Line>, { from_ms, why }: Recorder): ReadonlyArray<string> => {
  const present = new Map<Resource, Map<string, ApiObject>>(resources.map((resource) => [resource, new Map()]))
  const written: Array<string> = [json({ recording: 1, began: at(from_ms), scenario: "simulated", why, flags: {},
    versions: {} })]
  let revision = 1
  let hasJoined = false
  const join = (): void => {
    hasJoined = true
    for (const resource of resources) {
      const kind = kinds[resource]
      const items = [...present.get(resource)!.values()].map(({ apiVersion: _version, kind: _kind, ...item }) => item)
      written.push(
        json({ at: at(from_ms), resource, type: "LIST", object: { kind: `${kind.kind}List`,
          apiVersion: apiVersionOf(kind), metadata: { resourceVersion: String(revision) }, items } }),
        json({ at: at(from_ms), resource, type: "OPENED", resourceVersion: String(revision), code: 200 }))
    }
  }
  for (const { at_ms, event } of lines) {
    if (!hasJoined && at_ms >= from_ms) join()
    if (event.type === "fault.injected" && hasJoined) {
      written.push(json({ at: at(at_ms), type: "FAULT", what: event.fault.type }))
    }
    if (!isChange(event)) continue
    const { object, resource } = event
    const objects = present.get(resource as Resource)!
    if (event.type === "object.deleted") objects.delete(object.metadata.uid)
    else objects.set(object.metadata.uid, object)
    revision = event.revision
    if (hasJoined) written.push(json({ at: at(at_ms), resource, type: types[event.type], object }))
  }
  const end_ms = lines.at(-1)?.at_ms ?? from_ms
  return [...written, json({ at: at(end_ms), type: "END" })]
}
