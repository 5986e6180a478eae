/** Does the one recorded trace still mean what it meant? It replays byte for byte, and breaks what it broke. */
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { partsOf } from "#properties/harness/strength/bugs/catalogue.ts"
import { judging, record } from "#properties/harness/commands/judging.ts"
import { readTrace } from "#properties/harness/commands/outcome.ts"
import { decodeRunInput } from "#properties/harness/draw/run-input.ts"

it("traces/golden.ndjson replays (npx plimsoll replay traces/bugs/api-01.json --to traces/golden.ndjson)", () => {
  const trace = readTrace(fileURLToPath(new URL("../../../traces/golden.ndjson", import.meta.url)))
  const { bug, broke, why, input } = trace.header
  const { text, result } = record(decodeRunInput(input), judging(partsOf(bug!)).options, { why }, broke)
  expect(result.broken?.property).toBe(broke?.property)
  const lines = text.split("\n").slice(1, -2)
  const different = trace.text.findIndex((line, i) => line !== lines[i])
  expect({ different, lines: lines.length }).toEqual({ different: -1, lines: trace.text.length })
})
