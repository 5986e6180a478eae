/**
 * A regression: the input of a run that once broke something which was mended since. It must hold now, and it must
 * still reach the situation in which it broke: an input that no longer does looks at nothing.
 *
 * The file is JSON: what the header of the failure's trace says, `found`, and `reaches`.
 */
import { Schema } from "effect"
import type { Line } from "#model/events.ts"
import { Header } from "#traces/format.ts"

export const regressionFormat = 1

/** Some of what a line says: its actor, and fields of its event; all that is named must be equal. */
const Sight = Schema.Struct({
  actor: Schema.String,
  event: Schema.StructWithRest(Schema.Struct({ type: Schema.String }), [Schema.Record(Schema.String, Schema.Unknown)])
})
export type Sight = typeof Sight.Type

const broke = Header.fields.broke.schema.fields
export const Regression = Schema.Struct({
  plimsoll: Schema.Literal("regression"),
  format: Schema.Literal(regressionFormat),
  /** What was wrong, and what was made of it: one line. */
  why: Schema.String,
  /** When, and by which run: "2026-11-22, seed 42, run 729". */
  found: Schema.String,
  /** What the input broke before it was mended. */
  broke: Schema.Struct({ kind: broke.kind, property: broke.property, invariants: broke.invariants }),
  shrunk: Header.fields.shrunk,
  /** Lines of the run in which it shows that the situation came about, in this order, others between them. */
  reaches: Schema.Array(Sight).check(Schema.isMinLength(1)),
  input: Schema.Unknown
})
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

const isSeen = ({ actor, event }: Sight, line: Line): boolean => actor === line.actor &&
  Object.entries(event).every(([field, value]) =>
    JSON.stringify(line.event[field as keyof typeof line.event]) === JSON.stringify(value))

/** Hears a run; afterwards `missing` has the first sight that did not come, or undefined. */
export class Sights {
  readonly #expected: ReadonlyArray<Sight>
  #seen = 0

  constructor(expected: ReadonlyArray<Sight>) {
    this.#expected = expected
  }
  hear(line: Line): void {
    const next = this.#expected[this.#seen]
    if (next !== undefined && isSeen(next, line)) this.#seen++
  }
  get missing(): Sight | undefined {
    return this.#expected[this.#seen]
  }
}
