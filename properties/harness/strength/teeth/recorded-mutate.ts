/**
 * Lies about any event of a recording: it is not told, told twice, told at another's place; a field of it is another,
 * in that event alone or from there on.
 */
import { edited, editedAt, type Liar, nameOf, type RecordedLine, revisionOf, type Story, withoutAll }
  from
  "#properties/harness/strength/teeth/recorded-story.ts"
import type { Pick } from "#properties/harness/strength/teeth/mutate.ts"

const whatOf = (line: RecordedLine): string => `${line.type} ${nameOf(line)} ${revisionOf(line)}`

const dropped = (type: string): Liar => ({ lines }, place) => lines[place]!.type !== type ? undefined
  : { what: `${whatOf(lines[place]!)} is not told`, place, edits: withoutAll([place]) }

const repeated: Liar = ({ lines }, place) =>
  ({ what: `${whatOf(lines[place]!)} is told twice`, place, edits: new Map(), repeats: new Set([place]) })

/** Two lines change places; the times of arrival stay where they were. */
const exchanged = (a: RecordedLine, b: RecordedLine): [RecordedLine, RecordedLine] => [
  { ...b, ...(a.at === undefined ? {} : { at: a.at }) }, { ...a, ...(b.at === undefined ? {} : { at: b.at }) }]

const arrivesLate: Liar = (story, place) => {
  const other = story.neighbour(place)
  if (other === undefined) return undefined
  const [first, second] = [story.lines[place]!, story.lines[other]!]
  const [now, then] = exchanged(first, second)
  return { what: `${whatOf(second)} arrives before ${whatOf(first)}`, place, other,
    edits: new Map([[place, now], [other, then]]) }
}

const withRevision = (line: RecordedLine, revision: number): RecordedLine => edited(line, (object) => {
  object.metadata.resourceVersion = String(revision)
})
/** As if the second had been committed first: revisions stay where they were. */
const reordered = (which: (story: Story, place: number) => number | undefined): Liar => (story, place) => {
  const other = which(story, place)
  if (other === undefined) return undefined
  const [first, second] = [story.lines[place]!, story.lines[other]!]
  const [now, then] = exchanged(first, second)
  return { what: `${whatOf(second)} comes before ${whatOf(first)}`, place, other, edits: new Map([
    [place, withRevision(now, revisionOf(first))], [other, withRevision(then, revisionOf(second))]]) }
}

const revised: Liar = ({ lines }, place, pick) => {
  const line = lines[place]!
  const by = [-40, -3, -1, 1, 3, 40][pick(6)]!
  const revision = revisionOf(line) + by
  return revision < 1 ? undefined
    : { what: `${whatOf(line)} is ${revision}`, place, edits: new Map([[place, withRevision(line, revision)]]) }
}

/** What a field's path leads to, and the way there. */
const leavesOf = (value: unknown, path: ReadonlyArray<string>, into: Array<ReadonlyArray<string>>): void => {
  if (typeof value !== "object" || value === null) {
    if (value !== null) into.push(path)
    return
  }
  for (const [key, inner] of Object.entries(value)) leavesOf(inner, [...path, key], into)
}
const at = (object: any, path: ReadonlyArray<string>): any => path.reduce((value, key) => value?.[key], object)
const put = (object: any, path: ReadonlyArray<string>, value: unknown): void => {
  at(object, path.slice(0, -1))[path.at(-1)!] = value
}
const stamp = /^\d{4}-\d\d-\d\dT/
const opposites: Readonly<Record<string, string>> = { True: "False", False: "True", Unknown: "True", Pending: "Running",
  Running: "Pending", Succeeded: "Failed", Failed: "Succeeded" }
/** Another value that could stand there. */
const otherThan = (value: unknown): unknown => typeof value === "number" ? value + 1
  : typeof value === "boolean" ? !value
    : typeof value !== "string" ? "other"
      : stamp.test(value) ? new Date(Date.parse(value) + 3_600_000).toISOString().replace(/\.\d+/, "")
        : opposites[value] ?? (/^\d+$/.test(value) ? String(Number(value) + 1) : `${value}x`)

/** Who wrote which field is the server's account of its clients; the revision is a lie of its own. */
const isOfServer = ([first, second]: ReadonlyArray<string>): boolean =>
  first === "metadata" && (second === "managedFields" || second === "resourceVersion")

const changed = (isFromThere: boolean): Liar => (story, place, pick: Pick) => {
  const line = story.lines[place]!
  const paths: Array<ReadonlyArray<string>> = []
  leavesOf(line.object, [], paths)
  const open = paths.filter((one) => !isOfServer(one))
  if (open.length === 0) return undefined
  const path = open[pick(open.length)]!
  const was = at(line.object, path)
  const is = otherThan(was)
  const places = (isFromThere ? story.from(place) : [place]).filter((one) => at(story.lines[one]!.object, path) === was)
  if (isFromThere && places.length < 2) return undefined
  return { what: `${whatOf(line)}: ${path.join(".")} ${JSON.stringify(was)} is ${JSON.stringify(is)}`
    + (isFromThere ? ` from there on (${places.length})` : ""), place, path,
  edits: editedAt(story, places, (object) => put(object, path, is)) }
}

const disowned: Liar = (story, place) => {
  const line = story.lines[place]!
  if (line.object.metadata.ownerReferences === undefined) return undefined
  return { what: `${whatOf(line)} and what follows: no owner`, place, edits: editedAt(story, story.from(place),
    ({ metadata }) => { delete metadata.ownerReferences }) }
}
const unlabelled: Liar = (story, place, pick) => {
  const line = story.lines[place]!
  const labels = Object.keys(line.object.metadata.labels ?? {})
  if (labels.length === 0) return undefined
  const label = labels[pick(labels.length)]!
  return { what: `${whatOf(line)} and what follows: no label ${label}`, place, path: ["metadata", "labels", label],
    edits: editedAt(story, story.from(place), ({ metadata }) => { delete metadata.labels?.[label] }) }
}

export const ofEvents = {
  "creation dropped": dropped("ADDED"),
  "change dropped": dropped("MODIFIED"),
  "deletion dropped": dropped("DELETED"),
  "told twice": repeated,
  "arrives out of order": arrivesLate,
  "swapped with its object's next": reordered((story, place) => story.nextOf(place)),
  "swapped with its kind's next": reordered((story, place) => story.neighbour(place)),
  "revision": revised,
  "field, once": changed(false),
  "field, from there on": changed(true),
  "owner taken away": disowned,
  "label taken away": unlabelled
} as const satisfies Readonly<Record<string, Liar>>

