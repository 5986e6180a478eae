/** Lies about recordings: a small one made by hand, and those of a real Kubernetes where they are at hand. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { Chance } from "#impl/sim/draws.ts"
import { charts } from "#model/cluster.ts"
import { properties as all } from "#properties/all.ts"
import { foreign } from "#properties/foreign.ts"
import { recordings } from "#properties/recorded.ts"
import { liars, rejected, teethOfRecordings } from "#properties/harness/strength/teeth/recorded.ts"
import { whyEquivalent } from "#properties/harness/strength/teeth/recorded-equivalence.ts"
import { type RecordedLine, Story, told } from "#properties/harness/strength/teeth/recorded-story.ts"

const judging = { charts, properties: [...all, ...foreign] }
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
const map = (revision: number, data: string, second: number, type: string): RecordedLine => ({ at: at(second), type,
  resource: "configmaps", object: { kind: "ConfigMap", apiVersion: "v1", data: { key: data }, metadata: { name: "one",
    namespace: "default", uid: "u1", resourceVersion: String(revision), creationTimestamp: "2026-01-01T00:00:01Z" } } })
const small: ReadonlyArray<RecordedLine> = [
  { recording: 1 } as RecordedLine,
  { at: at(0), resource: "configmaps", type: "LIST",
    object: { kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "1" }, items: [] } },
  { at: at(0), resource: "configmaps", type: "OPENED" },
  map(2, "a", 1, "ADDED"), map(4, "b", 2, "MODIFIED"), map(6, "c", 3, "MODIFIED"), map(7, "c", 4, "DELETED")
]
const lieAt = (kind: string, place: number) => {
  const story = new Story(small)
  const lie = liars[kind]!(story, place, () => 0)!
  return { why: whyEquivalent(kind, lie, story), found: rejected(told(lie, small), judging) }
}

describe("lies about a recording", () => {
  it("are none if nothing is changed", () => {
    expect(rejected(small, judging)).toBeUndefined()
  })
  it.each([["creation dropped", 3], ["told twice", 4], ["arrives out of order", 4],
    ["removed with finalizers", 6]])("are noticed: %s", (kind, place) => {
    const { found, why } = lieAt(kind, place)
    expect(why).toBeUndefined()
    expect(found).toBeDefined()
  })
  it("are equivalent where two writes can have been one, and then nobody objects", () => {
    expect(lieAt("change dropped", 4)).toEqual({ why: "two writes to one part of an object can have been one",
      found: undefined })
  })
  it("cannot be measured of a recording that is rejected as it is", () => {
    const bite = () => teethOfRecordings([{ file: "f", lines: [...small, small[3]!] }],
      { ...judging, perKind: 1, pick: () => 0 })
    expect(bite).toThrow(/rejected before it is mutated/)
  })
})

const folder = fileURLToPath(new URL("../../../../../shared/data/real/", import.meta.url))
describe.skipIf(recordings.length === 0)("of the lies about a real Kubernetes", () => {
  it("most are noticed", () => {
    const chance = new Chance(2)
    const files = recordings.map((file) => ({ file, lines: gunzipSync(readFileSync(folder + file)).toString().trim()
      .split("\n").map((line) => JSON.parse(line) as RecordedLine) }))
    const { scores } = teethOfRecordings(files, { ...judging, perKind: 8,
      pick: (n) => chance.stream("teeth", "mutant").below(n) })
    const sums = Object.values(scores)
    const lies = sums.reduce((sum, { equivalent, mutants }) => sum + mutants - equivalent, 0)
    const caught = sums.reduce((sum, one) => sum + one.rejected, 0)
    expect(lies).toBeGreaterThan(80)
    expect(caught / lies).toBeGreaterThan(0.85)
  }, 60_000)
})
