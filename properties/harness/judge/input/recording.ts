/**
 * input/recording: recordings of watches, as `plimsoll record` writes them: {"recording":1,…}, then in order of arrival
 * LIST, OPENED, ADDED, MODIFIED, DELETED, BOOKMARK, ERROR, CLOSED, FAILED by resource, and marks of whoever drove it.
 */
import { epoch_ms } from "#model/limits.ts"
import { BadInputFile, type Facts, type ForeignObject, type Heard, revisionOf } from
  "#properties/harness/judge/input/heard.ts"
import { Streams } from "#properties/harness/judge/input/streams.ts"

interface RecordedLine {
  readonly at?: string
  readonly resource?: string
  readonly type?: string
  readonly object?: any
  readonly resourceVersion?: string
  readonly why?: string
  readonly what?: string
  readonly flags?: unknown
}

export const isHeader = (first: object): boolean => "recording" in first

const types: Readonly<Record<string, "created" | "updated" | "deleted">> =
  { ADDED: "created", MODIFIED: "updated", DELETED: "deleted" }

/** Items of a list bear neither kind nor apiVersion. */
const itemsOf = ({ apiVersion, items, kind }: {
  readonly kind?: string; readonly apiVersion?: string; readonly items?: ReadonlyArray<ForeignObject> | null
}): ReadonlyArray<ForeignObject> => (items ?? []).map((item) => {
  const own: { kind?: string; apiVersion?: string } = {}
  if (kind !== undefined) own.kind = kind.replace(/List$/, "")
  if (apiVersion !== undefined) own.apiVersion = apiVersion
  return { ...own, ...item }
})

/** Reads one line after the other; of each, what it says. */
export class RecordingReader {
  readonly #facts: Facts
  readonly #streams = new Streams()
  #at_ms = 0

  constructor(facts: Facts) {
    this.#facts = facts
    facts.streams.push(this.#streams)
  }

  read(line: RecordedLine, where: string): Heard | undefined {
    const heard = this.#read(line, where)
    if (heard !== undefined) this.#streams.hear(heard)
    return heard
  }
  #read(line: RecordedLine, where: string): Heard | undefined {
    if ("recording" in line) {
      this.#facts.flags = { ...this.#facts.flags, ...(line.flags as object | undefined) }
      return undefined
    }
    if (line.at !== undefined) {
      const at_ms = Date.parse(line.at) - epoch_ms
      if (Number.isNaN(at_ms)) throw new BadInputFile(`${where}: "at" is no time: ${JSON.stringify(line.at)}`)
      this.#at_ms = Math.max(this.#at_ms, at_ms)
    }
    const at_ms = this.#at_ms
    const { resource, type, what } = line
    if (resource === undefined) {
      return type !== "FAULT" ? { what: "ticked", at_ms, where }
        : { what: "disturbed", at_ms, where, why: String(what) }
    }
    return this.#ofWatch(line, resource, { at_ms, where })
  }

  #ofWatch(
    line: RecordedLine, resource: string, placed: { readonly at_ms: number; readonly where: string }
  ): Heard | undefined {
    const { object, type = "", why } = line
    const changed = types[type]
    if (changed !== undefined) {
      if (object?.metadata?.uid === undefined) throw new BadInputFile(`${placed.where}: an event without an object`)
      return { ...placed, what: "change", type: changed, resource, revision: revisionOf(object), object }
    }
    switch (type) {
      case "LIST":
        return { ...placed, what: "listed", resource, revision: revisionOf(object), objects: itemsOf(object) }
      case "OPENED":
        return { ...placed, what: "opened", resource, revision: Number(line.resourceVersion ?? 0) }
      case "BOOKMARK":
        return { ...placed, what: "passed", resource, revision: revisionOf(object) }
      case "ERROR":
        return { ...placed, what: "gap", resource, revision: 0, why: object?.message ?? "the watch failed" }
      case "CLOSED":
      case "FAILED":
        return { ...placed, what: "closed", resource }
      default:
        this.#note(`${placed.where}: lines of type ${type || "?"} are not known${why === undefined ? "" : ` (${why})`}`)
        return undefined
    }
  }
  #note(text: string): void {
    if (this.#facts.notes.length < 20) this.#facts.notes.push(text)
  }
}
