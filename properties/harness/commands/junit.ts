/**
 * A campaign as JUnit XML, which every CI shows: a test case for each promise, one for each chart that disagreed, and
 * one that says whether the campaign is complete.
 */
import type { Verdict } from "#properties/harness/foreign/verdict.ts"
import { nameOf, type Summary } from "#properties/harness/run/tally.ts"
import type { Property } from "#properties/property.ts"

/** Also what XML cannot hold at all: control characters of a stack or a terminal. */
const escaped = (text: string): string => [...text].map((letter) => {
  const code = letter.codePointAt(0)!
  if (code < 0x20 && letter !== "\n" && letter !== "\t") return ""
  return { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" }[letter] ?? letter
}).join("")

interface Case {
  readonly name: string
  readonly group: string
  /** Undefined: it passed. */
  readonly said?: { readonly as: "failure" | "error" | "skipped"; readonly message: string; readonly text: string }
}

const xml = ({ group, name, said }: Case): string => {
  const open = `    <testcase classname="plimsoll.${escaped(group)}" name="${escaped(name)}"`
  if (said === undefined) return `${open}/>`
  const { as, message, text } = said
  return `${open}>\n      <${as} message="${escaped(message)}">${escaped(text)}</${as}>\n    </testcase>`
}

export const junit = (
  summary: Summary, properties: ReadonlyArray<Property>, files: ReadonlyArray<string>
): string => {
  const broke = new Map<string, Case>(summary.failures.map(({ broken, count, ...first }, i) => {
    const where = `${count} of ${summary.runs + summary.examples + summary.variations} runs, first in ${nameOf(first)}`
    const as = broken.kind === "crash" ? "error" as const : "failure" as const
    const text = `${broken.message}\n${where}\nnpx plimsoll show ${files[i] ?? ""} --why`
    return [broken.property, { name: broken.property, group: broken.kind,
      said: { as, message: broken.message.split("\n")[0]!, text } }]
  }))
  const ofProperties = properties.map(({ kind, name }): Case => {
    const failed = broke.get(name)
    broke.delete(name)
    if (failed !== undefined) return failed
    if (!summary.never.includes(name)) return { name, group: kind }
    return { name, group: kind, said: summary.missed.includes(name)
      ? { as: "failure", message: "never occurred", text: `in ${summary.runs} runs, long enough for it to be missed` }
      : { as: "skipped", message: "did not occur", text: "the campaign was too short for it" } }
  })
  const open = [...summary.unfinished, ...summary.undecided.first, ...summary.runs === 0 ? ["nothing was run"] : []]
  const whole: Case = { name: "the campaign is complete", group: "campaign",
    ...(open.length === 0 ? {} : { said: { as: "error", message: open[0]!, text: open.join("\n") } }) }
  return document(`plimsoll check --seed ${summary.seed}`, [...ofProperties, ...broke.values(), whole],
    (summary.wall_ms / 1000).toFixed(3))
}

/** The table of `plimsoll judge`: what was not judged is skipped, and says for lack of what. */
export const junitOfTable = (verdicts: ReadonlyArray<Verdict>, name: string): string =>
  document(name, verdicts.map(({ breach, kind, lacks = "", name, times, verdict }): Case => {
    if (verdict === "not judged") {
      return { name, group: kind, said: { as: "skipped", message: `not judged for lack of: ${lacks}`, text: "" } }
    }
    if (breach === undefined) {
      return times > 0 ? { name, group: kind }
        : { name, group: kind, said: { as: "skipped", message: "nothing was seen of it", text: "" } }
    }
    const where = [breach.at, breach.object ?? "", breach.where ?? ""].filter((text) => text !== "").join(", ")
    return { name, group: kind, said: { as: breach.kind === "crash" ? "error" : "failure",
      message: breach.message.split("\n")[0]!, text: `${where}\n${breach.message}` } }
  }))

const document = (name: string, cases: ReadonlyArray<Case>, time_s?: string): string => {
  const count = (as: string): number => cases.filter(({ said }) => said?.as === as).length
  const counts = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" ` +
    `skipped="${count("skipped")}"${time_s === undefined ? "" : ` time="${time_s}"`}`
  return [
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(name)}" ${counts}>`, ...cases.map(xml), "  </testsuite>",
    "</testsuites>", ""
  ].join("\n")
}
