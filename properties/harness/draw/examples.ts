/**
 * Known inputs: a fuzzer does not begin with nothing. Those of corpus.ndjson come to transitions of the charts that
 * hardly any drawn run takes, those of traces/regressions once broke something. A campaign runs them first, and runs
 * near them between its numbered ones (variations.ts); what is drawn for those is keyed by the example's name, so that
 * keeping one more changes no other run.
 */
import { globSync, readFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { decodeRunInput, type RunInput } from "#properties/harness/draw/run-input.ts"

export interface Example {
  readonly name: string
  readonly input: RunInput
  /** It may have rotted: nobody asks whether it still comes to what it was kept for. */
  readonly isHint: boolean
}

const root = fileURLToPath(new URL("../../../", import.meta.url))

interface Kept {
  readonly name?: string
  readonly aim?: "hint"
  readonly input: unknown
}
const exampleOf = ({ aim, input }: Kept, name: string): Example =>
  ({ name, input: decodeRunInput(input), isHint: aim === "hint" })

/** By the transition that each comes to. */
export const corpus = (): ReadonlyArray<Example> =>
  readFileSync(new URL("corpus.ndjson", import.meta.url), "utf8").split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Kept).map((kept) => exampleOf(kept, kept.name!))

/** In a fixed order: campaigns that share the work share these by their places. */
export const examples = (): ReadonlyArray<Example> => [
  ...globSync("traces/regressions/*.json", { cwd: root }).toSorted().map((file) =>
    exampleOf(JSON.parse(readFileSync(root + file, "utf8")) as Kept, basename(file, ".json"))),
  ...corpus()
]
