/** Every chart of the house: compiles, and its table agrees with XState on random walks. */
import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { foreignCharts } from "#model/controllers.ts"
import { drawRun } from "#properties/harness/draw.ts"
import { run } from "#properties/harness/run.ts"
import { Twins, walk } from "#properties/harness/judge/against-xstate.ts"
import { compile } from "#properties/harness/judge/compile.ts"
import { draws, sampleEvent } from "#properties/harness/judge/sample.ts"

const root = fileURLToPath(new URL("../../../model/", import.meta.url))
const components = globSync("{,controllers/}*.ts", { cwd: root })
  .filter((file) => !file.endsWith(".test.ts")
    && !["cluster.ts", "draw.ts", "events.ts", "invariants.ts", "limits.ts", "kinds.ts",
      "refusals.ts", "typed.ts"].includes(file))
  .toSorted()

/** Their guards know what a lawful change of an object is, and events at random are not: judged on a run below. */
const ofObjects = new Set(["pod.pod", "api-server.object", "replica-set.replicaSet", "namespace.namespace"])
/** Of objects that no run of ours has: judged on recordings, recorded.test.ts. */
const foreign = new Set(Object.keys(foreignCharts))

describe("the composition", () => {
  // A controller of the kit may have none of its own.
  it.each(components)("lists every chart of %s", async (file) => {
    const component = await import(`${root}${file}`)
    expect(Object.keys(charts)).toEqual(expect.arrayContaining(Object.keys(component.charts ?? {})))
  })
})

describe("limits", () => {
  const bounded = Object.keys(charts)
    .filter((name) => "limits" in (compile(charts[name]!).initialContext as object ?? {}))
  it("are what most charts have", () => {
    expect(bounded.length).toBeGreaterThan(14)
  })
  it.each(bounded)("reach %s as input", (name) => {
    const { limits } = compile(charts[name]!).initialContext as { readonly limits: Readonly<Record<string, unknown>> }
    expect(Object.values(limits)).not.toContain(undefined)
    const others = Object.fromEntries(Object.keys(limits).map((key, i) => [key, 7_000 + i]))
    expect(compile(charts[name]!, { limits: others }).initialContext).toMatchObject({ limits: others })
  })
})

describe("a chart's table agrees with XState on random walks", () => {
  it.each(Object.keys(charts))("%s", (name) => {
    const machine = charts[name]!
    const chart = compile(machine)
    const types = [...new Set(chart.structure.triples.map((triple) => triple.descriptor))]
    let taken = 0
    for (let seed = 1; seed <= 30; seed++) {
      const draw = draws(seed)
      let clock_ms = 0
      const result = walk(machine, {}, 100, (context) => {
        clock_ms += [0, 1, 500, 2_000, 20_000, 400_000][draw(6)]!
        return sampleEvent([...types, "nonsense"][draw(types.length + 1)]!, draw, context, clock_ms)
      })
      expect(result.parted).toBeUndefined()
      taken += result.taken
    }
    if (!ofObjects.has(name) && !foreign.has(name)) expect(taken).toBeGreaterThan(30)
  })
})

describe("a chart's table agrees with XState on what a cluster does", () => {
  it("line by line, runs with faults", () => {
    const twins = new Twins(charts, 600)
    const parted: Array<string> = []
    for (const index of [0, 1, 2, 3, 4, 5]) {
      twins.begin()
      run(drawRun(7, index), { properties: [], record: (line) => {
        const said = twins.line(line)
        if (said !== undefined && parted.length < 3) parted.push(said)
      } })
    }
    expect(parted).toEqual([])
    for (const name of ofObjects) expect(twins.compared.get(name)).toBeGreaterThan(20)
    expect(twins.compared.size).toBeGreaterThan(15)
  }, 60_000)
})
