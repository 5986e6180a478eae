/**
 * An input that broke something, kept as JSON: what the header of the failure's trace says, and `found`.
 *
 *   - A regression broke what was mended since. It must hold now, and it must still reach the situation in which it
 *     broke (`reaches`): an input that no longer does looks at nothing.
 *   - That of a planted bug (`bug`) breaks what it broke as long as the bug is planted.
 */
import { Schema } from "effect"
import type { Line } from "#model/events.ts"
import { Header } from "#traces/format.ts"
import { Names } from "#traces/names.ts"

export const regressionFormat = 1

/**
 * Some of what a line says: its actor, or the component that it is of; what it is about; and fields of its event. All
 * that is named must be equal, with stable names (names.ts) for whatever is drawn anew in each run.
 */
const Sight = Schema.Struct({
  actor: Schema.String,
  of: Schema.optionalKey(Schema.String),
  event: Schema.StructWithRest(Schema.Struct({ type: Schema.String }), [Schema.Record(Schema.String, Schema.Unknown)])
})
export type Sight = typeof Sight.Type

const broke = Header.fields.broke.schema.fields
export const Regression = Schema.Struct({
  plimsoll: Schema.Literals(["regression", "bug"]),
  format: Schema.Literal(regressionFormat),
  /** What was wrong, and what was made of it: one line. */
  why: Schema.String,
  /** When, and by which run: "2026-11-22, seed 42, run 729". */
  found: Schema.String,
  /** What the input broke, before it was mended. */
  broke: Schema.Struct({ kind: broke.kind, property: broke.property, invariants: broke.invariants }),
  shrunk: Header.fields.shrunk,
  bug: Header.fields.bug,
  /** "hint": it could not be aimed by events. Campaigns run it and what is near it; it may come to rot unnoticed. */
  aim: Schema.optionalKey(Schema.Literal("hint")),
  /** Lines of the run in which it shows that the situation came about, in this order, others between them. */
  reaches: Schema.Array(Sight),
  input: Schema.Unknown
}).check(Schema.makeFilter(({ bug, plimsoll, reaches }) => plimsoll === "regression"
  ? bug === undefined && reaches.length > 0 ? undefined : "a regression needs lines that it \"reaches\", and no bug"
  : bug === undefined ? "a planted bug needs its \"bug\", an id of the catalogue" : undefined))
export type Regression = typeof Regression.Type

/** The file is no regression; `message` says where and what was expected. */
export class BadRegression extends Schema.TaggedError<BadRegression>()("BadRegression", { message: Schema.String }) {}

const decode = Schema.decodeUnknownSync(Regression)

export const decodeRegression = (content: string, file: string): Regression => {
  let raw: unknown
  try {
    raw = JSON.parse(content)
  } catch (error) {
    throw new BadRegression({ message: `${file} is not JSON: ${(error as Error).message}` })
  }
  try {
    return decode(raw)
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s*\n\s*/g, " ")
    throw new BadRegression({ message: `${file} is no regression: ${reason}` })
  }
}

/** Operations, faults and sights a line each: what is read and compared. */
export const encodeRegression = (regression: Regression): string => {
  const block = (values: ReadonlyArray<unknown>, indent: string): string => values.length === 0 ? "[]"
    : `[\n${values.map((value) => `${indent}  ${JSON.stringify(value)}`).join(",\n")}\n${indent}]`
  const fields = (object: object, indent: string): string => `{\n${Object.entries(object).map(([key, value]) =>
    `${indent}  ${JSON.stringify(key)}: ${key === "input" ? fields(value as object, `${indent}  `)
      : ["reaches", "operations", "faults"].includes(key) && Array.isArray(value) ? block(value, `${indent}  `)
      : JSON.stringify(value)}`).join(",\n")}\n${indent}}`
  const { aim, broke, bug, format, found, input, plimsoll, reaches, shrunk, why } = regression
  const said = { plimsoll, format, bug, why, found, broke, shrunk, aim, reaches, input }
  return `${fields(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)), "")}\n`
}

/** Hears a run; afterwards `missing` has the first sight that did not come, or undefined. */
export class Sights {
  readonly #expected: ReadonlyArray<Sight>
  readonly #names = new Names()
  #seen = 0

  constructor(expected: ReadonlyArray<Sight>) {
    this.#expected = expected
  }
  hear(line: Line): void {
    this.#names.hear(line)
    const next = this.#expected[this.#seen]
    if (next !== undefined && this.#isSeen(next, line)) this.#seen++
  }
  get missing(): Sight | undefined {
    return this.#expected[this.#seen]
  }

  #isSeen({ actor, event, of }: Sight, line: Line): boolean {
    if (event.type !== line.event.type) return false
    if (actor !== line.actor && !line.actor.startsWith(`${actor}/`)) return false
    if (of !== undefined && of !== this.#names.about(line)) return false
    return Object.entries(event).every(([field, value]) => {
      const said = line.event[field as keyof typeof line.event] as unknown
      return typeof said === "string" ? this.#names.of(said) === value : JSON.stringify(said) === JSON.stringify(value)
    })
  }
}
