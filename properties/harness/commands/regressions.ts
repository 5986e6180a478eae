/** What the harness found in its own cluster, charts and properties: traces/regressions/, in the track record. */
import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { citedInLine } from "#properties/harness/commands/cited.ts"
import { readKept } from "#properties/harness/commands/outcome.ts"
import { decodeRunInput, sizeOf } from "#properties/harness/draw/run-input.ts"
import type { Regression } from "#traces/regression.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** By file, as a path from the project's root. */
const keptIn = (directory: string): ReadonlyMap<string, Regression> =>
  new Map(globSync(`${directory}/*.json`, { cwd: root }).toSorted().map((file) => [file, readKept(root + file, file)]))
export const regressions = (): ReadonlyMap<string, Regression> => keptIn("traces/regressions")
/** An input for each planted bug. */
export const plantedInputs = (): ReadonlyMap<string, Regression> => keptIn("traces/bugs")

const heading = "## Found by the harness in its own cluster"
const heads = ["regression", "what was wrong", "what broke", "found", "operations + faults + choices"]

/** "79 → 4"; of those that were written small, "4". */
const sizes = ({ shrunk, input }: Regression): string => shrunk === undefined ? String(sizeOf(decodeRunInput(input)))
  : ([0, 1] as const).map((side) => shrunk.operations[side] + shrunk.faults[side] + shrunk.choices[side]).join(" → ")

const row = (file: string, one: Regression): ReadonlyArray<string> => {
  const name = file.slice("traces/regressions/".length, -".json".length)
  const { invariants, kind, property } = one.broke
  const broke = `${kind === "conformance" ? "chart " : ""}${property}${citedInLine(invariants)}`
  return [`[${name}](${file})`, one.why, broke, one.found, sizes(one)]
}

/** The track record's second half: a row for each file. */
export const foundTable = (): string => [
  heading, "",
  "Defects of the cluster, its charts or its properties that runs found with nothing planted, and that were mended. " +
    "Each input is run by the tests: it holds, and still reaches the situation. " +
    "CHANGELOG.md has more, from before they were kept.", "",
  `| ${heads.join(" | ")} |`, `|${heads.map(() => "---").join("|")}|`,
  ...[...regressions()].map(([file, one]) => `| ${row(file, one).join(" | ")} |`), ""
].join("\n")

/** A track record with the table as it is now, and all before it as it was. */
export const withFoundTable = (record: string): string =>
  `${record.split(heading)[0]!.trimEnd()}\n\n${foundTable()}`
