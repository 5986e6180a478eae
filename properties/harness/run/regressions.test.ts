/** Does what was mended stay mended? Each input that once broke something holds, and still gets to where it broke. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { judging } from "#properties/harness/commands/judging.ts"
import { regressions, withFoundTable } from "#properties/harness/commands/regressions.ts"
import { run } from "#properties/harness/run.ts"
import { decodeRunInput } from "#properties/harness/draw/run-input.ts"
import { Sights } from "#traces/regression.ts"

const all = regressions()

describe("regressions", () => {
  it("are there", () => {
    expect(all.size).toBeGreaterThan(0)
  })
  const aimed = [...all].filter(([, { aim }]) => aim !== "hint")
  it.each(aimed)("%s holds, and reaches the situation", (_file, { broke, input, reaches }) => {
    const { options } = judging()
    const isKnown = broke.kind === "crash" || broke.kind === "conformance" ||
      options.properties.some(({ name }) => name === broke.property)
    expect(isKnown ? undefined : `no property "${broke.property}" listens any more`).toBeUndefined()
    const sights = new Sights(reaches)
    const { broken } = run(decodeRunInput(input), { ...options, record: (line) => sights.hear(line) })
    expect(broken === undefined ? undefined : `${broken.property}: ${broken.message}`).toBeUndefined()
    expect(sights.missing).toBeUndefined()
  })
  it("stand in the track record (npx plimsoll bugs --keep --markdown TRACK-RECORD.md)", () => {
    const record = readFileSync(new URL("../../../TRACK-RECORD.md", import.meta.url), "utf8")
    expect(record).toBe(withFoundTable(record))
  })
})
