/** plimsoll teeth over recordings: which lies about somebody else's cluster charts and promises would not notice. */
import { BadInput } from "#properties/harness/commands/outcome.ts"
import { detect, newFacts, valuesOf } from "#properties/harness/judge/input.ts"
import type { RecordedTeeth } from "#properties/harness/strength/teeth/recorded.ts"
import type { Recorded } from "#properties/harness/strength/teeth/recorded-story.ts"

const percent = (part: number, whole: number): string => whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`
const row = (kind: string, ...cells: ReadonlyArray<string>): string =>
  [kind.padEnd(32), ...cells.map((cell) => cell.padStart(11))].join(" ")

export interface Total {
  readonly lies: number
  readonly rejected: number
  /** Of the kinds of which enough lies were told. */
  readonly weakest: { readonly kind: string; readonly part: number } | undefined
}
/** Fewer say little of a kind. */
const enough = 30 // ASSUMED
export const totalOf = ({ scores }: RecordedTeeth): Total => {
  const all = Object.values(scores)
  const parts = Object.entries(scores).map(([kind, { equivalent, mutants, rejected }]) =>
    ({ kind, lies: mutants - equivalent, part: rejected / (mutants - equivalent) }))
  const [weakest] = parts.filter(({ lies }) => lies >= enough).toSorted((a, b) => a.part - b.part)
  return { weakest, lies: all.reduce((sum, { equivalent, mutants }) => sum + mutants - equivalent, 0),
    rejected: all.reduce((sum, { rejected }) => sum + rejected, 0) }
}

/** Whether all files are recordings; some are and some are not: nobody can tell what is meant. */
export const areRecordings = async (files: ReadonlyArray<string>): Promise<boolean> => {
  // What is none of them is told by whoever reads traces.
  const forms = await Promise.all(files.map((file) => detect(file).catch(() => undefined)))
  if (!forms.includes("recording")) return false
  const other = forms.findIndex((form) => form !== "recording")
  if (other >= 0) {
    throw new BadInput({ message: `${files[other]} is no recording; recordings and traces are measured apart` })
  }
  return true
}

export const recordingIn = async (file: string): Promise<{ readonly file: string; readonly lines: Recorded }> => {
  const lines: Array<object> = []
  for await (const piece of valuesOf(file, newFacts())) for (const { value } of piece) lines.push(value)
  return { file, lines }
}

export const textOfRecorded = (teeth: RecordedTeeth, most: number): string => {
  const { contradicted, reasons, scores, survivors } = teeth
  const { lies, rejected } = totalOf(teeth)
  const rows = Object.entries(scores).map(([kind, { byCharts, equivalent, mutants, rejected: count }]) =>
    row(kind, String(mutants), String(equivalent), String(count), percent(byCharts, mutants - equivalent),
      percent(count, mutants - equivalent)))
  return [
    row("mutation", "mutants", "equivalent", "rejected", "by charts", "by all"), ...rows, "",
    "equivalent, since",
    ...Object.entries(reasons).toSorted((a, b) => b[1] - a[1])
      .map(([why, count]) => `${String(count).padStart(6)}  ${why}`),
    "",
    `${contradicted.length} of the rejected would have been called equivalent:`,
    ...contradicted.slice(0, most).flatMap(({ file, kind, message, what, why }) =>
      [`  ${kind}: ${file}: ${what}`, `    although ${why}`, `    ${message.slice(0, 200)}`]), "",
    survivors.length === 0 ? "no survivors"
      : `${survivors.length} survivors${survivors.length > most ? `, the first ${most}` : ""}:`,
    ...survivors.slice(0, most).map(({ file, kind, what }) => `  ${kind}: ${file}: ${what}`), "",
    `rejected  ${rejected} of ${lies} lies, ${percent(rejected, lies)}`
  ].join("\n")
}
