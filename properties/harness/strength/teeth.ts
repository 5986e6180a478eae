/**
 * Would charts and properties notice a lie? Recorded traces are mutated and judged again.
 *
 * A mutant is caught by the charts when conformance refuses it, by the properties when one breaks. A mutant that the
 * rule of teeth/equivalence.ts calls equivalent is not counted.
 */
import type { AnyStateMachine } from "xstate"
import type { Line } from "#model/events.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import type { Property } from "#properties/property.ts"
import { Equivalence } from "#properties/harness/strength/teeth/equivalence.ts"
import {
  kinds, mutantAt, vocabularyOf, type Kind, type Mutant, type Pick
} from "#properties/harness/strength/teeth/mutate.ts"

export interface Options {
  readonly charts: Readonly<Record<string, AnyStateMachine>>
  readonly properties: ReadonlyArray<Property>
  /** Mutants per kind. */
  readonly perKind: number
  readonly pick: Pick
}

export interface Score {
  readonly mutants: number
  readonly equivalent: number
  readonly byCharts: number
  /** Caught by charts or properties. */
  readonly caught: number
}
export interface Survivor {
  readonly kind: Kind
  readonly what: string
  readonly line: Line
}
export interface Teeth {
  readonly scores: Readonly<Record<Kind, Score>>
  readonly survivors: ReadonlyArray<Survivor>
}

export type Caught = { readonly by: "charts" | "properties"; readonly message: string }

const byCharts = (lines: ReadonlyArray<Line>, { charts }: Options): string | undefined => {
  const conformance = new Conformance({ charts })
  for (const line of lines) {
    const said = conformance.line(line)
    if (said !== undefined) return said.message
  }
  return undefined
}

const batch = 500 // ASSUMED: most lies are told off early; as in a run.

/** Properties judge the trace while it lasts, promises at its end if it reached the healed phase. */
const byProperties = (lines: ReadonlyArray<Line>, { properties }: Options): string | undefined => {
  const monitors = new Monitors(properties)
  for (let from = 0; from < lines.length; from += batch) {
    const [broken] = monitors.hear(lines.slice(from, from + batch))
    if (broken !== undefined) return broken.message
  }
  const healed = lines.findLast(({ event }) => event.type === "phase.began" && event.phase === "healed")
  if (healed === undefined) return undefined
  const end_ms = lines.at(-1)!.at_ms
  return (monitors.overdue(end_ms, healed.at_ms, "healed") ?? monitors.restless(end_ms))?.message
}

export const caught = (lines: ReadonlyArray<Line>, options: Options): Caught | undefined => {
  const chart = byCharts(lines, options)
  if (chart !== undefined) return { by: "charts", message: chart }
  const property = byProperties(lines, options)
  return property === undefined ? undefined : { by: "properties", message: property }
}

/** Lines of the run itself are the harness's own word: no component's, so no lie of theirs. */
const isMutable = (line: Line): boolean => line.actor !== "world"

const draw = (
  kind: Kind, lines: ReadonlyArray<Line>, options: Options, vocabulary: ReturnType<typeof vocabularyOf>
): Mutant | undefined => {
  for (let tries = 0; tries < 200; tries++) {
    const at = options.pick(lines.length)
    const mutant = isMutable(lines[at]!) ? mutantAt(kind, lines, at, vocabulary, options.pick) : undefined
    if (mutant !== undefined) return mutant
  }
  return undefined
}

export const teeth = (traces: ReadonlyArray<ReadonlyArray<Line>>, options: Options): Teeth => {
  const none = { mutants: 0, equivalent: 0, byCharts: 0, caught: 0 }
  const scores = Object.fromEntries(kinds.map((kind) => [kind, { ...none }])) as
    Record<Kind, { mutants: number; equivalent: number; byCharts: number; caught: number }>
  const survivors: Array<Survivor> = []
  for (const lines of traces) {
    const honest = caught(lines, options)
    if (honest !== undefined) throw new Error(`the trace is refused before it is mutated: ${honest.message}`)
    const vocabulary = vocabularyOf(lines)
    const equivalence = new Equivalence(lines, options.charts)
    for (const kind of kinds) {
      for (let i = 0; i < options.perKind; i++) {
        const mutant = draw(kind, lines, options, vocabulary)
        if (mutant === undefined) break
        const score = scores[kind]
        score.mutants++
        if (equivalence.isEquivalent(mutant)) {
          score.equivalent++
          continue
        }
        const found = caught(mutant.lines, options)
        if (found === undefined) survivors.push({ kind, what: mutant.what, line: lines[mutant.seq]! })
        else {
          score.caught++
          if (found.by === "charts") score.byCharts++
        }
      }
    }
  }
  return { scores, survivors }
}
