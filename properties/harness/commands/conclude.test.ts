/** What becomes of a failure, whatever shrinking and recording come to. */
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import { conclude } from "#properties/harness/commands/conclude.ts"
import { junit } from "#properties/harness/commands/junit.ts"
import { readTrace } from "#properties/harness/commands/outcome.ts"
import { campaign } from "#properties/harness/run/campaign.ts"
import type { Options } from "#properties/harness/run.ts"
import { always } from "#properties/property.ts"

const noDeletion = always("no pod is ever deleted", [], () => ({ event }) =>
  event.type === "object.deleted" && event.resource === "pods" ? event.key : undefined)
const summary = await campaign({ seed: 5, runs: 6, properties: [noDeletion], draw: { operations: 25, faults: 2 } })
const out = mkdtempSync(join(tmpdir(), "plimsoll-"))
const file = join(out, "no-pod-is-ever-deleted.ndjson")

const concluded = (listening: Options, shrinkSeconds: number): string => {
  const said: Array<string> = []
  const log = vi.spyOn(console, "log").mockImplementation((text: string) => void said.push(text))
  conclude({ summary, coverage: [] },
    { out, shrinkSeconds, json: false, verbose: false, junit: join(out, "junit.xml"), listening })
  log.mockRestore()
  return said.join("\n")
}

describe("a failure", () => {
  it("is shrunk, recorded, shown and counted", () => {
    const said = concluded({ properties: [noDeletion] }, 60)
    expect(said).toContain("broke  always  no pod is ever deleted")
    expect(said).toMatch(/run \d+\/6, and \d+ more +shrunk \d+ → 2 operations/)
    const { header, lines } = readTrace(file)
    expect([header.broke?.property, lines.at(-1)!.event.type]).toEqual(["no pod is ever deleted", "object.deleted"])
  })
  it("is printed and written when it does not break again", () => {
    const said = concluded({ properties: [] }, 60)
    expect(said).toContain("broke  always  no pod is ever deleted")
    expect(said).toContain("it did not break again")
    expect(readTrace(file).header.input).toEqual(summary.failures[0]!.input)
  })
  it("is printed and written when there is no time to shrink or record it", () => {
    const said = concluded({ properties: [noDeletion] }, 0)
    expect(said).toContain("broke  always  no pod is ever deleted")
    expect(said).toContain(`npx plimsoll replay ${file} --to ${file}`)
    const { header, lines } = readTrace(file)
    expect([header.broke?.property, header.input, lines]).toEqual(
      ["no pod is ever deleted", summary.failures[0]!.input, []])
  })
  it("stands in JUnit with its first run and where its trace is", () => {
    const xml = junit(summary, [noDeletion], ["a<b.ndjson"])
    expect(xml).toMatch(/<testsuites tests="2" failures="1" errors="0" skipped="0"/)
    expect(xml).toMatch(/<failure message="[^"]+">[^<]+runs, first in run \d+\nnpx plimsoll show a&lt;b.ndjson/)
    expect(readFileSync(join(out, "junit.xml"), "utf8")).toContain("no pod is ever deleted")
  })
})
