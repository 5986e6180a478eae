/**
 * Order between lines of different charts, as laws: what must have been said before a line, and what must be said with
 * it in the same instant. Charts judge one instance each; these judge the seams between them.
 *
 * atOnce: each first line is followed in the same instant by its second, and no second comes without its first.
 * inTime: each first line is followed by a second one before its time is up, unless its process ends.
 * after:  a second line needs a first one before it; `spends` says that one first line allows one second line only.
 * All are counted per home (the process whose doing it is, unless said) and key; what a process has begun is
 * forgotten when it ends, unless the law says that it stays. For a process that is paused its instant stands still.
 */
import type { Event, Line } from "#model/events.ts"
import { always, type Invariants, type Always, ours } from "#properties/property.ts"

type EventNamed<Type extends Event["type"]> = Extract<Event, { readonly type: Type }>

/** Which lines, and the key under which a first and a second line belong together; undefined: the line is not meant. */
export type Said = Readonly<Record<string, (line: Line) => string | undefined>>

export const said = <Type extends Event["type"]>(
  type: Type, key: (event: EventNamed<Type>, line: Line) => string | undefined = (_event, { entity }) => entity
): Said => ({ [type]: (line) => key(line.event as EventNamed<Type>, line) })

export interface Law {
  readonly name: string
  readonly invariants?: Invariants
  readonly first: Said
  readonly second: Said
  /** Whose counts the line belongs to; the actor unless said. */
  readonly home?: (line: Line) => string
}

const endings = ["process.crashed", "process.stopped"]
const pauses = ["process.paused", "process.resumed"]
const processOf = ({ event }: Line): string | undefined =>
  event.type === "process.crashed" || event.type === "process.stopped" ? event.process : undefined
const byActor = (line: Line): string => line.actor
const hearsOf = (...sides: ReadonlyArray<Said>): ReadonlyArray<string> =>
  [...new Set(sides.flatMap((side) => Object.keys(side)))]
const describe = ({ actor, entity, event, seq }: Line): string => `line ${seq}, ${event.type} of ${actor} ${entity}`

/** One home's latest instant; the same object serves all of them. */
interface Instant {
  at_ms: number
  isHeld: boolean
  readonly open: Map<string, { count: number; readonly line: Line }>
}

/** `onlyBack`: the second may stay away. `onlyForth`: the second may come alone. */
export const atOnce = (law: Law & { readonly onlyBack?: true; readonly onlyForth?: true }): Always => ours(always(
  law.name, law.invariants ?? [],
  () => {
    const home = law.home ?? byActor
    const instants = new Map<string, Instant>()
    return (line) => {
      const { event } = line
      const { type } = event
      if (type === "phase.began") return law.onlyBack === true ? undefined : silent(instants, line.at_ms)
      if (event.type === "process.paused" || event.type === "process.resumed") {
        hold(instants.get(event.process), line)
        return undefined
      }
      const ended = processOf(line)
      if (ended !== undefined) {
        instants.get(ended)?.open.clear()
        return undefined
      }
      const second = law.second[type]?.(line)
      const first = law.first[type]?.(line)
      if (first === undefined && second === undefined) return undefined
      const at = home(line)
      let instant = instants.get(at)
      if (instant === undefined) instants.set(at, instant = { at_ms: line.at_ms, isHeld: false, open: new Map() })
      else if (instant.at_ms !== line.at_ms) {
        instant.at_ms = line.at_ms
        if (instant.open.size > 0) {
          const [left] = instant.open.values()
          instant.open.clear()
          if (law.onlyBack !== true) return `${describe(left!.line)} led to nothing in its instant`
        }
      }
      if (second !== undefined) {
        const found = instant.open.get(second)
        if (found === undefined) {
          if (law.onlyForth !== true) return `${describe(line)} came without its reason in that instant (${second})`
        } else if (--found.count === 0) instant.open.delete(second)
      }
      if (first !== undefined) {
        const known = instant.open.get(first)
        if (known === undefined) instant.open.set(first, { count: 1, line })
        else known.count++
      }
      return undefined
    }
  },
  [...hearsOf(law.first, law.second), ...endings, ...pauses, ...(law.onlyBack === true ? [] : ["phase.began"])]
))

/** Paused in the midst of its instant, it goes on with it when it is resumed. */
const hold = (instant: Instant | undefined, { at_ms, event }: Line): void => {
  if (instant === undefined) return
  if (event.type === "process.paused") instant.isHeld = instant.at_ms === at_ms
  else if (instant.isHeld) {
    instant.isHeld = false
    instant.at_ms = at_ms
  }
}

/** What was begun in an instant that is over, and never followed. */
const silent = (instants: ReadonlyMap<string, Instant>, now_ms: number): string | undefined => {
  for (const { at_ms, isHeld, open } of instants.values()) {
    const [left] = open.values()
    if (at_ms < now_ms && !isHeld && left !== undefined) return `${describe(left.line)} led to nothing in its instant`
  }
  return undefined
}

export interface After extends Law {
  readonly spends?: true
  /** Ends what the first began. */
  readonly until?: Said
  /** It outlives its process. */
  readonly stays?: true
}

export const after = (law: After): Always => always(
  law.name, law.invariants ?? [],
  () => {
    const home = law.home ?? byActor
    const begun = new Map<string, Map<string, number>>()
    return (line) => {
      const ended = law.stays === true ? undefined : processOf(line)
      if (ended !== undefined) begun.delete(ended)
      const { type } = line.event
      const second = law.second[type]?.(line)
      const over = law.until?.[type]?.(line)
      const first = law.first[type]?.(line)
      if (second === undefined && over === undefined && first === undefined) return undefined
      const at = home(line)
      if (second !== undefined) {
        const counts = begun.get(at)
        const count = counts?.get(second) ?? 0
        if (count === 0) return `${describe(line)} came before what must go before it (${second})`
        if (law.spends === true) counts!.set(second, count - 1)
      }
      if (over !== undefined) begun.get(at)?.delete(over)
      if (first === undefined) return undefined
      let counts = begun.get(at)
      if (counts === undefined) begun.set(at, counts = new Map())
      counts.set(first, law.spends === true ? (counts.get(first) ?? 0) + 1 : 1)
      return undefined
    }
  },
  [...hearsOf(law.first, law.second, law.until ?? {}), ...(law.stays === true ? [] : endings)]
)

export interface InTime extends Law {
  /** By the world's clock. Who ends, or is made to hold still, is let off. */
  readonly within_ms: (line: Line) => number
}
interface Promised {
  readonly line: Line
  readonly key: string
  due_ms: number
  isOpen: boolean
}

export const inTime = (law: InTime): Always => always(
  law.name, law.invariants ?? [],
  () => {
    const home = law.home ?? byActor
    const open = new Map<string, Map<string, Promised>>()
    /** By the time of the promise, which is nearly that of its deadline: a later one is found when it comes up. */
    let waiting: Array<Promised> = []
    let from = 0
    const overdue = (now_ms: number): Promised | undefined => {
      while (from < waiting.length && (!waiting[from]!.isOpen || waiting[from]!.due_ms < now_ms)) {
        const first = waiting[from++]!
        if (first.isOpen) return first
      }
      if (from > 1_000) {
        waiting = waiting.slice(from)
        from = 0
      }
      return undefined
    }
    return (line) => {
      const { type } = line.event
      const late = overdue(line.at_ms)
      if (late !== undefined) return `${describe(late.line)} was not followed in time, by ${late.due_ms} ms`
      const { event } = line
      if (event.type === "process.crashed" || event.type === "process.stopped" || event.type === "process.paused") {
        const { process } = event
        const mine = open.get(process)
        if (mine !== undefined) {
          for (const promised of mine.values()) promised.isOpen = false
          open.delete(process)
        }
        return undefined
      }
      const at = home(line)
      const second = law.second[type]?.(line)
      if (second !== undefined) {
        const found = open.get(at)?.get(second)
        if (found !== undefined) {
          found.isOpen = false
          open.get(at)!.delete(second)
        }
      }
      const first = law.first[type]?.(line)
      if (first === undefined) return undefined
      let mine = open.get(at)
      if (mine === undefined) open.set(at, mine = new Map())
      const promised = { line, key: first, due_ms: line.at_ms + law.within_ms(line), isOpen: true }
      mine.set(first, promised)
      waiting.push(promised)
      return undefined
    }
  },
  [...hearsOf(law.first, law.second), ...endings, "process.paused"]
)
