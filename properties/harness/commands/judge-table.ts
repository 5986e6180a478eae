/** The verdict as a table that a stranger understands: what was judged, how often; and what was not, and why. */
import { cited } from "#properties/harness/commands/cited.ts"
import type { Verdict } from "#properties/harness/foreign/verdict.ts"

const row = (verdict: string, times: string, name: string): string =>
  `${verdict.padEnd(10)} ${times.padStart(8)}  ${name}`

const beneath = (name: string): string => " ".repeat(21) + name

const breach = ({ breach: broken, invariants, name, times }: Verdict): ReadonlyArray<string> => {
  const { at, message, object, revision, where } = broken!
  const whose = [at, ...object === undefined ? [] : [object], ...revision === undefined ? [] : [`revision ${revision}`]]
  return [row("broken", String(times), name), ...cited(invariants), `       ${whose.join(", ")}`,
    ...where === undefined ? [] : [`       ${where}`], ...message.split("\n").map((line) => `       ${line}`), ""]
}

/** "changes of jobs: 12 promises and charts", the most first. */
const lacking = (verdicts: ReadonlyArray<Verdict>, isLong: boolean): ReadonlyArray<string> => {
  const byLack = new Map<string, Array<string>>()
  for (const { lacks = "", name, verdict } of verdicts) {
    if (verdict === "not judged") byLack.set(lacks, [...byLack.get(lacks) ?? [], name])
  }
  return [...byLack].sort(([, a], [, b]) => b.length - a.length).flatMap(([lack, names]) => [
    row("not judged", String(names.length), `for lack of: ${lack}`), ...isLong ? names.map(beneath) : []
  ])
}

/** `isLong`: also each of those that were not judged. */
export const table = (verdicts: ReadonlyArray<Verdict>, isLong: boolean): ReadonlyArray<string> => {
  const broken = verdicts.filter(({ verdict }) => verdict === "broken")
  const held = verdicts.filter(({ verdict }) => verdict === "held")
  const [met, unmet] = [held.filter(({ times }) => times > 0), held.filter(({ times }) => times === 0)]
  const byTimes = (a: Verdict, b: Verdict): number => Number(b.kind === "chart") - Number(a.kind === "chart")
    || b.times - a.times
  return [
    ...broken.flatMap(breach),
    row("verdict", "times", "promise, or chart"),
    ...broken.map(({ name, times }) => row("broken", String(times), name)),
    ...met.toSorted(byTimes).map(({ kind, name, times }) =>
      row("held", String(times), kind === "chart" ? `chart ${name}` : name)),
    ...unmet.length === 0 ? [] : [row("held", "0", `${unmet.length} promises of which nothing was seen`),
      ...isLong ? unmet.map(({ name }) => beneath(name)) : []],
    ...lacking(verdicts, isLong)
  ]
}
