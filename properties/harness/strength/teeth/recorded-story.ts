/**
 * A recording as the teeth see it: its parsed lines, and of each object the events that tell of it, in their order.
 */
import type { Pick } from "#properties/harness/strength/teeth/mutate.ts"

/** A line of a recording, parsed. */
export interface RecordedLine {
  readonly at?: string
  readonly resource?: string
  readonly type?: string
  readonly object?: any
}
/** The lines of one file. */
export type Recorded = ReadonlyArray<RecordedLine>

const changes: ReadonlySet<string> = new Set(["ADDED", "MODIFIED", "DELETED"])
export const isEvent = ({ resource, type = "" }: RecordedLine): boolean => resource !== undefined && changes.has(type)
export const uidOf = ({ object }: RecordedLine): string => object.metadata.uid
export const revisionOf = ({ object }: RecordedLine): number => Number(object.metadata.resourceVersion)
export const nameOf = ({ object, resource }: RecordedLine): string =>
  `${resource} ${object.metadata.namespace === undefined ? "" : `${object.metadata.namespace}/`}${object.metadata.name}`

export class Story {
  readonly lines: Recorded
  /** Places of all events. */
  readonly events: ReadonlyArray<number>
  readonly #byObject = new Map<string, Array<number>>()
  readonly #byResource = new Map<string, Array<number>>()

  constructor(lines: Recorded) {
    this.lines = lines
    this.events = lines.flatMap((line, place) => isEvent(line) ? [place] : [])
    for (const place of this.events) {
      const { resource } = lines[place]!
      for (const [map, key] of [[this.#byObject, uidOf(lines[place]!)], [this.#byResource, resource!]] as const) {
        const places = map.get(key)
        if (places === undefined) map.set(key, [place])
        else places.push(place)
      }
    }
  }

  /** Where the object of that line is told of, in order. */
  of(place: number): ReadonlyArray<number> {
    return this.#byObject.get(uidOf(this.lines[place]!))!
  }
  before(place: number): RecordedLine | undefined {
    const places = this.of(place)
    return this.lines[places[places.indexOf(place) - 1] ?? -1]
  }
  after(place: number): RecordedLine | undefined {
    return this.lines[this.nextOf(place) ?? -1]
  }
  nextOf(place: number): number | undefined {
    const places = this.of(place)
    return places[places.indexOf(place) + 1]
  }
  /** The next event of that kind. */
  neighbour(place: number): number | undefined {
    const places = this.#byResource.get(this.lines[place]!.resource!)!
    return places[places.indexOf(place) + 1]
  }
  /** This line and what is told of its object later. */
  from(place: number): ReadonlyArray<number> {
    const places = this.of(place)
    return places.slice(places.indexOf(place))
  }
  /** Objects of a kind as they are told last before that place: what is there. */
  present(resource: string, place: number): ReadonlyArray<any> {
    const there = new Map<string, any>()
    for (const at of this.#byResource.get(resource) ?? []) {
      if (at >= place) break
      const line = this.lines[at]!
      if (line.type === "DELETED") there.delete(uidOf(line))
      else there.set(uidOf(line), line.object)
    }
    return [...there.values()]
  }
  last(resource: string): ReadonlyArray<number> {
    const places = this.#byResource.get(resource) ?? []
    return places.filter((place) => this.nextOf(place) === undefined)
  }
}

/** One lie. Whatever is not told of is as it was recorded. */
export interface Lie {
  readonly what: string
  /** The first line that is touched. */
  readonly place: number
  /** Lines told otherwise; undefined: not told. */
  readonly edits: ReadonlyMap<number, RecordedLine | undefined>
  /** Told once more, right behind the line. */
  readonly repeats?: ReadonlySet<number>
  /** Of a field. */
  readonly path?: ReadonlyArray<string>
  readonly other?: number
}

export const told = ({ edits, repeats }: Lie, lines: Recorded): Recorded => lines.flatMap((line, place) => {
  const edited = edits.has(place) ? edits.get(place) : line
  return edited === undefined ? [] : repeats?.has(place) === true ? [edited, edited] : [edited]
})

/** Undefined: such a lie cannot be told at that place. */
export type Liar = (story: Story, place: number, pick: Pick) => Lie | undefined

export const edited = (line: RecordedLine, change: (object: any) => void): RecordedLine => {
  const object = structuredClone(line.object)
  change(object)
  return { ...line, object }
}
/** The same change at each of these places. */
export const editedAt = (
  { lines }: Story, places: ReadonlyArray<number>, change: (object: any) => void
): ReadonlyMap<number, RecordedLine> => new Map(places.map((place) => [place, edited(lines[place]!, change)]))
export const withoutAll = (places: ReadonlyArray<number>): ReadonlyMap<number, undefined> =>
  new Map(places.map((place) => [place, undefined]))
