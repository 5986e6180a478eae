/**
 * Mutants of a recorded trace: one lie each. After a mutation `seq` and `cause` are made anew, so that numbering
 * gives nothing away: the charts and the properties must see it.
 */
import type { Line, StateValue } from "#model/events.ts"

export const kinds = ["drop", "duplicate", "swap", "move", "state", "entity", "term", "revision"] as const
export type Kind = (typeof kinds)[number]

export interface Mutant {
  readonly kind: Kind
  /** The seq of the original line that was touched. */
  readonly seq: number
  readonly what: string
  readonly lines: ReadonlyArray<Line>
  readonly swappedWith?: number
  readonly movedBy_ms?: number
}

/** A source of numbers in [0, n), the same for the same seed. */
export type Pick = (n: number) => number

type Edited = Line & { readonly was?: number }

/**
 * Numbers the lines anew; a cause follows the line that it named, or what that line was caused by when that one is gone
 * or comes later now: no line may betray the mutation by a cause that is not there yet.
 */
const renumber = (lines: ReadonlyArray<Edited>, original: ReadonlyArray<Line>): ReadonlyArray<Line> => {
  const now = new Map<number, number>()
  lines.forEach((line, i) => {
    if (!now.has(line.seq)) now.set(line.seq, i)
  })
  const causeOf = (cause: number | undefined, seq: number): number | undefined => {
    let at = cause
    while (at !== undefined && (now.get(at) ?? Infinity) >= seq) at = original[at]?.cause
    return at === undefined ? undefined : now.get(at)
  }
  return lines.map(({ cause, ...line }, seq) => {
    const found = causeOf(cause, seq)
    return { ...line, seq, ...(found === undefined ? {} : { cause: found }) }
  })
}

/** States seen of each chart, and entities of each actor's chart: what a lie is chosen from. */
export interface Vocabulary {
  readonly states: ReadonlyMap<string, ReadonlyArray<StateValue>>
  readonly entities: ReadonlyMap<string, ReadonlyArray<string>>
}
export const vocabularyOf = (lines: ReadonlyArray<Line>): Vocabulary => {
  const states = new Map<string, Map<string, StateValue>>()
  const entities = new Map<string, Set<string>>()
  for (const { chart, state, actor, entity } of lines) {
    const known = states.get(chart) ?? new Map<string, StateValue>()
    if (state !== undefined) states.set(chart, known.set(JSON.stringify(state), state))
    const key = `${actor} ${chart}`
    entities.set(key, (entities.get(key) ?? new Set()).add(entity))
  }
  return {
    states: new Map([...states].map(([chart, values]) => [chart, [...values.values()]])),
    entities: new Map([...entities].map(([key, values]) => [key, [...values]]))
  }
}

const other = <T>(all: ReadonlyArray<T>, same: (value: T) => boolean, pick: Pick): T | undefined => {
  const candidates = all.filter((value) => !same(value))
  return candidates.length === 0 ? undefined : candidates[pick(candidates.length)]
}

const withEvent = (line: Line, field: string, value: unknown): Line =>
  ({ ...line, event: { ...line.event, [field]: value } as Line["event"] })

/** Changes the first field of the event whose name says what it is, by one or by a few. */
const nudge = (line: Line, names: RegExp, pick: Pick): { readonly line: Line; readonly what: string } | undefined => {
  const fields = Object.entries(line.event).filter(([name, value]) => names.test(name) && typeof value === "number")
  if (fields.length === 0) return undefined
  const [name, value] = fields[pick(fields.length)]! as [string, number]
  const by = [-2, -1, 1, 2][pick(4)]!
  return { line: withEvent(line, name, value + by), what: `${name} ${value} → ${value + by}` }
}

/** ms by which a line is moved: from within a period to beyond the longest grace. ASSUMED. */
const moves_ms = [200, 2_000, 15_000, 60_000]

const moved = (lines: ReadonlyArray<Line>, at: number, by_ms: number): ReadonlyArray<Line> => {
  const line = lines[at]!
  const shifted = { ...line, at_ms: line.at_ms + by_ms, clock_ms: line.clock_ms + by_ms }
  const rest = lines.filter((_, i) => i !== at)
  const to = by_ms < 0 ? rest.findIndex((one) => one.at_ms > shifted.at_ms)
    : rest.findLastIndex((one) => one.at_ms <= shifted.at_ms) + 1
  const index = to < 0 ? rest.length : to
  return [...rest.slice(0, index), shifted, ...rest.slice(index)]
}

/** The next line of the same actor within reach: lines of others may stand between. */
const partner = (lines: ReadonlyArray<Line>, at: number): number | undefined => {
  for (let i = at + 1; i < Math.min(lines.length, at + 200); i++) if (lines[i]!.actor === lines[at]!.actor) return i
  return undefined
}

const swapped = (lines: ReadonlyArray<Line>, a: number, b: number): ReadonlyArray<Line> =>
  lines.map((line, i) => {
    if (i !== a && i !== b) return line
    const place = lines[i]!
    return { ...lines[i === a ? b : a]!, at_ms: place.at_ms, clock_ms: place.clock_ms }
  })

/** The mutant of `kind` at line `at`, or undefined when there is none. */
export const mutantAt = (
  kind: Kind, original: ReadonlyArray<Line>, at: number, vocabulary: Vocabulary, pick: Pick
): Mutant | undefined => {
  const line = original[at]!
  const make = (lines: ReadonlyArray<Line>, what: string): Mutant =>
    ({ kind, seq: at, what, lines: renumber(lines, original) })
  const replace = (replacement: Line, what: string): Mutant =>
    make(original.map((one, i) => i === at ? replacement : one), what)
  switch (kind) {
    case "drop":
      return make(original.filter((_, i) => i !== at), "dropped")
    case "duplicate":
      return make([...original.slice(0, at + 1), line, ...original.slice(at + 1)], "twice")
    case "swap": {
      const next = partner(original, at)
      if (next === undefined) return undefined
      return { ...make(swapped(original, at, next), `changed places with line ${next}`), swappedWith: next }
    }
    case "move": {
      const by_ms = moves_ms[pick(moves_ms.length)]! * (pick(2) === 0 ? -1 : 1)
      if (line.at_ms + by_ms < 0) return undefined
      return { ...make(moved(original, at, by_ms), `moved by ${by_ms} ms`), movedBy_ms: by_ms }
    }
    case "state": {
      const text = JSON.stringify(line.state)
      const state = other(vocabulary.states.get(line.chart)!, (one) => JSON.stringify(one) === text, pick)
      return state === undefined ? undefined : replace({ ...line, state }, `state ${text} → ${JSON.stringify(state)}`)
    }
    case "entity": {
      const entity = other(vocabulary.entities.get(`${line.actor} ${line.chart}`)!, (one) => one === line.entity, pick)
      return entity === undefined ? undefined : replace({ ...line, entity }, `entity ${line.entity} → ${entity}`)
    }
    case "term": {
      const nudged = nudge(line, /^(term|index|incarnation|generation|attempt|transitions|restartCount)$/, pick)
      return nudged === undefined ? undefined : replace(nudged.line, nudged.what)
    }
    case "revision": {
      const nudged = nudge(line, /[rR]evision$/, pick)
      return nudged === undefined ? undefined : replace(nudged.line, nudged.what)
    }
  }
}
