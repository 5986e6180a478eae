/** A failure by deadline, recorded and explained: a real one, of a planted bug. */
import { expect, it } from "vitest"
import { judging, record } from "#properties/harness/commands/judging.ts"
import { readKept } from "#properties/harness/commands/outcome.ts"
import { foundText } from "#properties/harness/commands/report.ts"
import { decodeRunInput } from "#properties/harness/draw/run-input.ts"
import { partsOf } from "#properties/harness/strength/bugs/catalogue.ts"
import { decodeTrace } from "#traces/format.ts"
import { why } from "#traces/why.ts"

it("a promise that was not kept in time is explained by the line that opened it", () => {
  const kept = readKept(new URL("../../../traces/bugs/sch-03.json", import.meta.url).pathname)
  const input = decodeRunInput(kept.input)
  const { result, text } = record(input, judging(partsOf("SCH-03")).options, { why: "a test" }, kept.broke)
  const { header, lines } = decodeTrace(text, "sch-03")
  const { actor, entity, seq: opened } = header.broke!.obligation!
  expect([entity.endsWith(" at scheduler/0"), actor]).toEqual([true, "scheduler/0"])
  const { actors, lines: shown, seen, seq } = why(header.broke, lines)
  expect([seq, lines[seq]!.event.type, actors]).toEqual([opened, "podBinding.failed", ["scheduler/0"]])
  expect(shown.at(-1)!.seq).toBeLessThan(lines.length - 10)
  expect(seen.join("\n")).toMatch(/^scheduler\/0 had seen pods\S* up to revision \d+ \(line \d+, [\d.]+ s\)/)
  const size = { operations: 1, faults: 1, choices: 0 }
  const said = foundText({ broken: result.broken!, seed: 1, run: 0, count: 1, runs: 1, before: size, after: size,
    isMinimal: true, file: "f", lines })
  expect(said).toMatch(/podBinding\.failed .*✗/)
  expect(said).toMatch(/[0-9a-f]{12} \(pods\/default\/solo-0\) at scheduler\/0/)
  expect(said).toContain(seen[0])
}, 60_000)
