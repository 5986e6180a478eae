/**
 * Recorded watches of a real cluster as lines of committed changes, for tests: by revision, each kind from its first
 * list on. Where a kind had to be listed anew, what the gap hid is told as sights and removals.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import type { Event, Line } from "#model/events.ts"
import { chartOf } from "#model/observed.ts"

/** Where they are at hand; they are not part of the project. */
const folder = fileURLToPath(new URL("../../shared/data/real/", import.meta.url))
export const recordings: ReadonlyArray<string> = !existsSync(folder) ? []
  : globSync("*.ndjson.gz", { cwd: folder }).filter((file) => !/^(answers|decisions)\./.test(file)).toSorted()

interface Stored {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string
    readonly resourceVersion: string }
  readonly items?: ReadonlyArray<Stored>
}
interface Recorded {
  readonly at: string
  readonly type: string
  readonly resource: string
  readonly object: Stored
}
type Told = Pick<Line, "at_ms" | "entity"> & { readonly event: Event & { readonly revision: number }
  readonly chart: string }

const types: Readonly<Record<string, string>> =
  { ADDED: "object.created", MODIFIED: "object.updated", DELETED: "object.deleted" }

class Reader {
  readonly #present = new Map<string, Map<string, Stored>>()
  readonly told: Array<Told> = []

  line({ at, object, resource, type }: Recorded): void {
    if (type === "LIST") this.#list(Date.parse(at), resource, object)
    const told = types[type]
    if (told === undefined) return
    this.#change(Date.parse(at), told, resource, object, Number(object.metadata.resourceVersion))
  }

  #list(at_ms: number, resource: string, list: Stored): void {
    const revision = Number(list.metadata.resourceVersion)
    const before = this.#present.get(resource) ?? new Map<string, Stored>()
    const kind = list.kind?.replace(/List$/, "")
    const items = (list.items ?? []).map((item) => ({ apiVersion: list.apiVersion, kind, ...item }) as Stored)
    const uids = new Set(items.map(({ metadata }) => metadata.uid))
    for (const [uid, object] of before) {
      if (!uids.has(uid)) this.#change(at_ms, "object.deleted", resource, object, revision, "")
    }
    for (const item of items) {
      const known = before.get(item.metadata.uid)
      if (known?.metadata.resourceVersion === item.metadata.resourceVersion) continue
      this.#change(at_ms, "object.seen", resource, item, revision, known === undefined ? chartOf(resource) : "")
    }
  }

  #change(
    at_ms: number, type: string, resource: string, object: Stored, revision: number, chart = chartOf(resource)
  ): void {
    const { name, namespace, uid } = object.metadata
    const present = this.#present.get(resource) ?? new Map<string, Stored>()
    this.#present.set(resource, present)
    const previous = present.get(uid)
    if (type === "object.deleted") present.delete(uid)
    else present.set(uid, object)
    const key = `/registry/${resource}/${namespace === undefined ? "" : `${namespace}/`}${name}`
    const event = { type, resource, key, revision, object, ...(type === "object.updated" ? { previous } : {}) }
    this.told.push({ at_ms, chart, entity: uid, event: event as unknown as Told["event"] })
  }
}

/** By revision; time never goes back. `chart` is empty where a gap came before the line: no chart can follow it. */
export const recordedLines = (file: string): ReadonlyArray<Line> => {
  const reader = new Reader()
  for (const text of gunzipSync(readFileSync(folder + file)).toString("utf8").split("\n")) {
    if (text !== "") reader.line(JSON.parse(text) as Recorded)
  }
  let now_ms = 0
  return reader.told.toSorted((a, b) => a.event.revision - b.event.revision).map(({ at_ms, ...told }, seq) => {
    now_ms = Math.max(now_ms, at_ms)
    return { seq, at_ms: now_ms, clock_ms: now_ms, actor: "etcd", state: "", ...told }
  })
}
