/** The promises of controllers that only a recorded cluster has, held against the recordings where they are at hand. */
import { existsSync, globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { ForeignJudge } from "#properties/harness/foreign/judge.ts"
import type { Verdict } from "#properties/harness/foreign/verdict.ts"
import { heardIn, newFacts } from "#properties/harness/judge/input.ts"
import { Course, type Sink } from "#properties/harness/judge/input/course.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { everything } from "#properties/hearing.ts"
import { lastStateProperties } from "#properties/api-server/last-state.ts"
import { foreign } from "#properties/foreign.ts"

const folder = fileURLToPath(new URL("../../shared/data/real/", import.meta.url))
const recordings = !existsSync(folder) ? [] : globSync("*.ndjson.gz", { cwd: folder })
  .filter((file) => !/^(answers|decisions)\./.test(file)).toSorted()

const hear = async (file: string, sink: Sink): Promise<void> => {
  const course = new Course(sink)
  for await (const piece of heardIn([folder + file], newFacts())) for (const heard of piece) course.hear(heard)
  course.end()
}
const times = new Map<string, number>()
const reached = new Set<string>()

describe.skipIf(recordings.length === 0)("a real Kubernetes", () => {
  it.each(recordings)("keeps what its controllers promise: %s", async (file) => {
    // They end in quiet: what holds at rest is asked whenever that began.
    const judge = new ForeignJudge({ charts: {}, properties: [...foreign, ...lastStateProperties], rest_ms: 0 })
    await hear(file, judge)
    const verdicts: ReadonlyArray<Verdict> = judge.verdicts(new Set(everything))
    for (const one of verdicts) times.set(one.name, (times.get(one.name) ?? 0) + one.times)
    expect(verdicts.filter(({ verdict }) => verdict === "broken")).toEqual([])
    let monitors = new Monitors(foreign)
    await hear(file, {
      begin: () => { monitors = new Monitors(foreign) },
      line: (line) => { monitors.hear([line]) },
      end: () => { for (const name of monitors.reached) reached.add(name) },
      forget: () => {}, disturbed: () => {}
    })
  })
  it("gives each of them an occasion, but for what was not recorded", () => {
    const demands = foreign.filter(({ kind }) => kind !== "sometimes").map(({ name }) => name)
    expect(demands.filter((name) => times.get(name) === 0)).toEqual([
      "a pod of a StatefulSet mounts the claims of its own name", "of two pods of a DaemonSet on a node one goes soon"
    ])
    expect(times.get(lastStateProperties[0]!.name)).toBeGreaterThan(100)
    const situations = foreign.filter(({ kind }) => kind === "sometimes").map(({ name }) => name)
    expect(situations.filter((name) => !reached.has(name))).toEqual([])
  })
})
