/** Do old traces still mean what they meant? Each replays byte for byte and breaks what it broke. */
import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { partsOf } from "#properties/harness/strength/bugs/catalogue.ts"
import { judging, record } from "#properties/harness/commands/judging.ts"
import { readTrace } from "#properties/harness/commands/outcome.ts"
import { decodeRunInput } from "#properties/harness/draw/run-input.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const files = globSync("traces/recorded/*.ndjson", { cwd: root }).toSorted()

describe("recorded traces", () => {
  it("are there", () => {
    expect(files.length).toBeGreaterThan(0)
  })
  it.each(files)("%s replays", (file) => {
    const trace = readTrace(root + file)
    const { bug, broke, why, input } = trace.header
    const { options } = judging(bug === undefined ? undefined : partsOf(bug))
    const { text, result } = record(decodeRunInput(input), options, { why }, broke)
    expect(result.broken?.property).toBe(broke?.property)
    const lines = text.split("\n").slice(1, -2)
    const different = trace.text.findIndex((line, i) => line !== lines[i])
    expect({ different, lines: lines.length }).toEqual({ different: -1, lines: trace.text.length })
  })
})
