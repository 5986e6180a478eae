/**
 * How many answers of a real kube-apiserver our API server gives too, by kind and verb, and what differs. Without the
 * recordings there is nothing to say.
 */
import { existsSync } from "node:fs"
import type { Measured } from "#properties/harness/bench/measured.ts"
import { play, type Verdict } from "#properties/harness/differential/play.ts"
import { answers, auditFiles, audited, recordings } from "#properties/harness/differential/recorded.ts"
import { agrees, report } from "#properties/harness/differential/report.ts"

/** Of the requests whose feature exists. */
const agreeing_min = 0.97

const share = (name: string, verdicts: ReadonlyArray<Verdict>): Measured => {
  const now = verdicts.filter(({ later }) => later === undefined)
  return { name, value: now.filter(agrees).length / now.length, unit: "of 1", least: agreeing_min }
}

/** `print` hears the lines of the report. */
export const answersBench = (print: (line: string) => void): ReadonlyArray<Measured> => {
  if (!existsSync(recordings)) return []
  const asked = play(answers())
  const written = auditFiles().flatMap((file) => play(audited(file)))
  for (const [title, verdicts] of [["answers", asked], ["audit logs", written]] as const) {
    print(`${title}:`)
    for (const line of report(verdicts)) print(`  ${line}`)
  }
  return [share("requests answered as by a kube-apiserver", asked), share("writes of audit logs answered so", written)]
}
