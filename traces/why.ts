/**
 * Why a run broke, from its lines. A promise that was not kept in time broke by what did not come: its cause is the
 * line that opened it, and what matters since then are the lines about its entity and those of who should have acted.
 * For anything else it is the causal past of the line at which it broke. Beside it stands what the components concerned
 * had seen by then.
 */
import type { Line } from "#model/events.ts"
import type { Header } from "#traces/format.ts"
import { causalPast } from "#traces/timeline.ts"

export interface Why {
  /** The line that opened the obligation, or at which it broke. */
  readonly seq: number
  readonly lines: ReadonlyArray<Line>
  /** Who should have acted, or did. */
  readonly actors: ReadonlyArray<string>
  /** What they had seen, a sentence for each of their copies that says something. */
  readonly seen: ReadonlyArray<string>
}
type Owed = NonNullable<NonNullable<Header["broke"]>["obligation"]>

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`
/** Who only stores and passes on what others decide, or is no component at all. */
const isBystander = (actor: string): boolean => /^(etcd|api-server|machine|world|user)(\/|$)/.test(actor)

interface Thing {
  readonly uid: string
  readonly resource: string
  /** "default/web", or "worker-1". */
  readonly key: string
}

/** Objects that the entity of an obligation names, by uid, name or key. Of a node, its Lease is not meant. */
const thingsIn = (entity: string, lines: ReadonlyArray<Line>): ReadonlyArray<Thing> => {
  const words = new Set(entity.split(/[\s,()]+/))
  const found = new Map<string, Thing>()
  for (const { entity: uid, event } of lines) {
    if (event.type !== "object.created" && event.type !== "object.seen") continue
    const path = event.key.replace("/registry/", "")
    const key = path.slice(event.resource.length + 1)
    const names = [uid, path, key, key.split("/").at(-1)!, event.key]
    if (names.some((name) => words.has(name))) found.set(uid, { uid, resource: event.resource, key })
  }
  const things = [...found.values()]
  const others = things.filter(({ resource }) => resource !== "leases")
  return others.length > 0 ? others : things
}

/** Whether a line is about the entity: 2 it is its own, 1 it mentions it. */
const relation = (entity: string, things: ReadonlyArray<Thing>) => {
  const words = new Set(entity.split(/[\s,()]+/))
  const keys = things.map(({ key }) => key)
  const isNamed = (text: string): boolean => things.some(({ uid }) => text.includes(uid)) ||
    keys.some((key) => text === key || text.endsWith(`/${key}`) || text.endsWith(`:${key}`))
  return (line: Line): 0 | 1 | 2 => {
    if (line.entity === entity || (things.length === 0 && words.has(line.entity)) || isNamed(line.entity)) return 2
    return Object.values(line.event).some((value) => typeof value === "string" && isNamed(value)) ? 1 : 0
  }
}

const wordsOf = (text: string): ReadonlyArray<string> =>
  text.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).match(/[a-z]+/g) ?? []

/**
 * Most promises, and charts, tell the line at which the premise came true. Some tell the instant only: of its lines it
 * is one of the entity's own if there is any, and the one whose event has most of the words of the promise.
 */
const openedBy = (owed: Owed, property: string, lines: ReadonlyArray<Line>, related: (line: Line) => 0 | 1 | 2) => {
  if (owed.seq !== undefined) return lines[owed.seq]
  const promised = new Set(wordsOf(property))
  const before = lines.filter(({ at_ms }) => at_ms <= owed.since_ms)
  const then = before.filter(({ at_ms }) => at_ms === owed.since_ms)
  const near = [2, 1].map((rank) => then.filter((line) => related(line) === rank)).find(({ length }) => length > 0)
  const shared = ({ event }: Line) => wordsOf(event.type).filter((word) => promised.has(word)).length
  return near?.reduce((best, line) => shared(line) > shared(best) ? line : best) ??
    before.findLast((line) => related(line) === 2) ?? then[0] ?? before.at(-1)
}

/** An actor's own life: that it ended, came back, leads. Not each of its requests, copies and queues. */
const isOfLife = ({ actor, chart, entity, event }: Line, actors: ReadonlySet<string>): boolean =>
  event.type === "fault.injected" || event.type === "fault.ended" || event.type === "phase.began" ||
  (chart === "hardware.process" && actors.has(entity)) ||
  (actors.has(actor) && (event.type.startsWith("elector.") || entity === actor))

const ofObligation = (owed: Owed, property: string, lines: ReadonlyArray<Line>): Why | undefined => {
  const things = thingsIn(owed.entity, lines)
  const related = relation(owed.entity, things)
  const opened = openedBy(owed, property, lines, related)
  if (opened === undefined) return undefined
  const isKnown = new Set(lines.map(({ actor }) => actor))
  const named = [...(owed.actor === undefined ? [] : [owed.actor]), ...owed.entity.split(/[\s,()]+/)]
    .filter((word) => isKnown.has(word))
  const busy = lines.filter((line) => !isBystander(line.actor) && related(line) > 0).map(({ actor }) => actor)
  const actors = new Set(named.length > 0 ? named : busy)
  const past = new Set(causalPast(lines, opened.seq).slice(-8).map(({ seq }) => seq))
  // Of those who store and pass on only the committed history counts, unless it is they who owe.
  const counts = ({ actor }: Line) => actor === "etcd" || !isBystander(actor) || actors.has(actor)
  const shown = lines.filter((line) => past.has(line.seq) || (line.seq >= opened.seq &&
    ((related(line) > 0 && counts(line)) || isOfLife(line, actors))))
  return { seq: opened.seq, lines: shown, actors: [...actors],
    seen: seenBy([...actors], lines, new Set(things.map(({ resource }) => resource))) }
}

/** Who did it: the actor of the line, or who asked for it. */
const doerOf = (lines: ReadonlyArray<Line>, seq: number): string | undefined =>
  causalPast(lines, seq).findLast(({ actor }) => !isBystander(actor))?.actor

interface Copy { readonly resource: string; readonly revision: number; readonly line: Line }
/** Each copy of the actor as of the last line: the newest that its reflector said since its process began. */
const copiesOf = (actor: string, lines: ReadonlyArray<Line>): ReadonlyMap<string, Copy> => {
  const copies = new Map<string, Copy>()
  for (const line of lines) {
    const { event } = line
    if (line.chart === "hardware.process" && line.entity === actor && event.type === "process.started") copies.clear()
    if (line.actor !== actor || (event.type !== "reflector.listed" && event.type !== "reflector.reported")) continue
    copies.set(line.entity, { resource: event.resource, revision: event.resourceVersion, line })
  }
  return copies
}

/**
 * What each had seen, against what was committed, by the last of the lines; of `resources` only, if there are any. A
 * copy that lacks nothing is told only when resources are named.
 */
export const seenBy = (
  actors: ReadonlyArray<string>, lines: ReadonlyArray<Line>, resources: ReadonlySet<string>
): ReadonlyArray<string> => {
  const changes = new Map<string, Array<{ readonly revision: number; readonly line: Line }>>()
  for (const line of lines) {
    const { event } = line
    if (event.type !== "object.created" && event.type !== "object.updated" && event.type !== "object.deleted") continue
    if (!changes.has(event.resource)) changes.set(event.resource, [])
    changes.get(event.resource)!.push({ revision: event.revision, line })
  }
  return actors.flatMap((actor) => [...copiesOf(actor, lines)].flatMap(([what, { resource, revision, line }]) => {
    if (resources.size > 0 && !resources.has(resource)) return []
    const missing = (changes.get(resource) ?? []).filter((change) => change.revision > revision)
    if (missing.length === 0 && resources.size === 0) return []
    const last = missing.at(-1)
    return [`${actor} had seen ${what} up to revision ${revision} (line ${line.seq}, ${seconds(line.at_ms)}); ` +
      (last === undefined ? `nothing of ${resource} was committed since`
        : `${missing.length} of ${resource} committed since, the last at revision ${last.revision} ` +
          `(line ${last.line.seq}, ${seconds(last.line.at_ms)})` +
          (what.includes("?") ? ", within its selection or not" : ""))]
  }))
}

type Broke = Pick<NonNullable<Header["broke"]>, "obligation" | "property" | "seq">

/** `at`: a line that is to be explained instead of what broke. */
export const why = (broke: Broke | undefined, lines: ReadonlyArray<Line>, at?: number): Why => {
  const owed = at === undefined ? broke?.obligation : undefined
  const explained = owed === undefined ? undefined : ofObligation(owed, broke!.property, lines)
  if (explained !== undefined) return explained
  const seq = at ?? broke?.seq ?? lines.length - 1
  const doer = doerOf(lines, seq)
  const actors = doer === undefined ? [] : [doer]
  const event = lines[seq]?.event
  const resource = event !== undefined && "resource" in event ? event.resource : undefined
  const resources = new Set(typeof resource === "string" ? [resource] : [])
  return { seq, lines: causalPast(lines, seq), actors, seen: seenBy(actors, lines.slice(0, seq + 1), resources) }
}
