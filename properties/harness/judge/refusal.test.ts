/** Refusals in words: what they say, and that no reason contradicts its guard. */
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { refusals } from "#model/refusals.ts"
import { drawRun } from "#properties/harness/draw.ts"
import { run } from "#properties/harness/run.ts"
import { compile, type Instance } from "#properties/harness/judge/compile.ts"
import { changesOf, reasonOf, sidesOf, wordsOf } from "#properties/harness/judge/refusal.ts"
import { draws, sampleEvent } from "#properties/harness/judge/sample.ts"

const guardsOf = (chart: string): Readonly<Record<string, (args: { context: unknown; event: unknown }) => boolean>> =>
  (charts[chart]!.implementations as any).guards
/** Undefined when it throws: the event is not for it. */
const holds = (of: () => boolean): boolean | undefined => {
  try { return of() } catch { return undefined }
}
/** The reasons that are given although the guard holds; counts the guards that did hold. */
const contradictions = (chart: string, context: unknown, event: { readonly type: string }, count: { held: number }) =>
  Object.entries(refusals[chart]!).flatMap(([guard, reasons]) => {
    if (holds(() => guardsOf(chart)[guard]!({ context, event })) !== true) return []
    count.held++
    return reasons.filter(([, when]) => holds(() => when(context, event)) === true)
      .map(([says]) => `${chart} ${guard}: ${says}: ${JSON.stringify(event).slice(0, 300)}`)
  })

describe("reasons", () => {
  it("belong to guards of the charts", () => {
    const strangers = Object.entries(refusals).flatMap(([chart, byGuard]) => charts[chart] === undefined ? [chart]
      : Object.keys(byGuard).filter((guard) => guardsOf(chart)[guard] === undefined)
        .map((guard) => `${chart} ${guard}`))
    expect(strangers).toEqual([])
  })
  it("are never given while the guard holds, on runs with faults", () => {
    const count = { held: 0 }
    const wrong: Array<string> = []
    for (const index of [0, 1]) {
      const instances = new Map<string, Instance>()
      run(drawRun(7, index), { properties: [], record: ({ actor, chart, entity, event, ...rest }) => {
        if (refusals[chart] === undefined) return
        const key = `${actor} ${chart} ${entity}`
        const table = compile(charts[chart]!)
        if (!instances.has(key)) instances.set(key, table.start())
        const judged = { ...rest, actor, entity, ...event }
        wrong.push(...contradictions(chart, instances.get(key)!.context, judged, count))
        table.step(instances.get(key)!, judged)
      } })
    }
    expect(wrong).toEqual([])
    expect(count.held).toBeGreaterThan(500)
  }, 60_000)
  it.each(["etcd.raft", "etcd.disk"])("are never given while the guard holds, on drawn lines: %s", (chart) => {
    const table = compile(charts[chart]!)
    const types = [...new Set(table.structure.triples.map((triple) => triple.descriptor))]
    const count = { held: 0 }
    for (let seed = 1; seed <= 30; seed++) {
      const draw = draws(seed)
      const instance = table.start()
      for (let i = 0, clock_ms = 0; i < 100; i++) {
        clock_ms += [0, 500, 20_000][draw(3)]!
        const event = sampleEvent(types[draw(types.length)]!, draw, instance.context, clock_ms)
        expect(contradictions(chart, instance.context, event, count)).toEqual([])
        holds(() => table.step(instance, event))
      }
    }
    expect(count.held).toBeGreaterThan(100)
  })
})

describe("a refusal", () => {
  const raft = { term: 3, vote: "etcd/2", appliedEver: 12, members: 3 }
  const recovered = { type: "raft.recovered", term: 3, vote: "etcd/2", lastIndex: 10, applied: 9, appliedTerm: 3,
    members: 3, revision: 4 }
  it("has its sentence", () => {
    expect(reasonOf("etcd.raft", ["keptItsPromises"], raft, recovered)).toBe("its log is shorter than what it applied")
    expect(reasonOf("etcd.raft", ["keptItsPromises"], raft, { ...recovered, vote: "" }))
      .toBe("its vote in this term is gone or another")
    expect(reasonOf("pod.pod", ["becomesRunning", "staysLive"], { phase: "Failed" },
      { type: "object.updated", object: { metadata: {}, spec: {}, status: { phase: "Running" } } }))
      .toBe("its phase goes back")
  })
  it("is told by the names of its guards when no reason applies", () => {
    expect(wordsOf("isNextEntry")).toBe("is next entry")
    expect(reasonOf("lease.lease", ["isHeld", "isExpired"], {}, {})).toBe("not [is held], [is expired]")
  })
  it("shows what is small and differs, never a whole object", () => {
    expect(sidesOf(raft, recovered, 5)).toBe("; it remembers appliedEver 12; " +
      "the line says lastIndex 10, applied 9, appliedTerm 3, revision 4")
    const object = (replicas: number, generation: number) => ({
      metadata: { uid: "u", generation, resourceVersion: "7" },
      spec: { replicas, template: { deep: ["x".repeat(900)] } } })
    const said = sidesOf({ uid: "u", generation: 1, quiet_ms: 2, limits: { timeout_ms: 9 } },
      { type: "object.updated", key: "k", object: object(5, 3), previous: object(3, 1) }, 40)
    expect(said).toBe("; it remembers generation 1, quiet_ms 2, timeout_ms 9; the line says key k, " +
      "resourceVersion 7, generation 3, clock_ms 40; it changes metadata.generation 1 → 3, spec.replicas 3 → 5")
  })
  it("names long values that changed by their place only", () => {
    expect(changesOf({ a: "x".repeat(99), b: 1 }, { a: "y", b: 1, c: [1] })).toEqual(["a", "c nothing → [1]"])
  })
})
