/** The invariants that a broken promise names, as people read them: number and sentence, from the catalogue. */
import { invariantOf } from "#model/invariants.ts"

/** A trace of another version may name what this catalogue does not have. */
const sentenceOf = (number: number): string => invariantOf(number)?.says ?? "not in this version's catalogue"

/** One line each, to stand under the promise. */
export const cited = (numbers: ReadonlyArray<number>): ReadonlyArray<string> => {
  const width = Math.max(...numbers.map((number) => String(number).length))
  return numbers.map((number) => `       ${String(number).padStart(width)}  ${sentenceOf(number)}`)
}

/** In one piece, for a cell of a table; "" when there are none. */
export const citedInLine = (numbers: ReadonlyArray<number>): string =>
  numbers.length === 0 ? "" : ` (${numbers.map((number) => `${number}: ${sentenceOf(number)}`).join("; ")})`
