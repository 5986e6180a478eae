/** The charts of committed life follow every object of the recordings of a real Kubernetes, where they are at hand. */
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { foreignCharts } from "#model/controllers.ts"
import type { Line } from "#model/events.ts"
import { refusals } from "#model/refusals.ts"
import { compile, type CompiledChart, type Instance } from "#properties/harness/judge/compile.ts"
import { reasonOf } from "#properties/harness/judge/refusal.ts"
import { recordedLines, recordings } from "#properties/recorded.ts"

const compiled = new Map<string, CompiledChart>()
const chartNamed = (name: string): CompiledChart => {
  let chart = compiled.get(name)
  if (chart === undefined) compiled.set(name, chart = compile(charts[name]!))
  return chart
}
const walked = new Map<string, Set<string>>()

/** Reasons that are given although their guard holds. */
const contradictions = (name: string, context: unknown, event: object): ReadonlyArray<string> => {
  const guards = (charts[name]!.implementations as any).guards
  const isTrue = (of: () => boolean): boolean => { try { return of() } catch { return false } }
  return Object.entries(refusals[name] ?? {}).flatMap(([guard, reasons]) =>
    !isTrue(() => guards[guard]({ context, event })) ? [] : reasons
      .filter(([, when]) => isTrue(() => when(context, event))).map(([says]) => `${name} ${guard}: ${says}`))
}

/** What the charts refuse. After a gap an object's chart begins anew with the next sight of it. */
const refused = (lines: ReadonlyArray<Line>): ReadonlyArray<string> => {
  const instances = new Map<string, Instance | "lost">()
  return lines.flatMap(({ actor, at_ms, chart: name, clock_ms, entity, event, seq }) => {
    if (name === "") {
      instances.set(entity, "lost")
      return []
    }
    const chart = chartNamed(name)
    const instance = instances.get(entity) ?? chart.start()
    if (instance === "lost") return []
    instances.set(entity, instance)
    const before = instance.configuration
    const judged = { seq, at_ms, clock_ms, actor, entity, ...event }
    const contradicted = contradictions(name, instance.context, judged)
    if (contradicted.length > 0) return contradicted
    if (chart.step(instance, judged)) {
      const of = `${JSON.stringify(before.value)} ${event.type} ${JSON.stringify(instance.configuration.value)}`
      walked.set(name, (walked.get(name) ?? new Set()).add(of))
      return []
    }
    const guards = chart.explain(before, event.type)
    instances.set(entity, "lost")
    const { key, revision } = event as { readonly key: string; readonly revision: number }
    return [`${name} ${key} ${revision} ${event.type} in ${JSON.stringify(before.value)}: `
      + reasonOf(name, guards, instance.context, judged)]
  })
}

describe.skipIf(recordings.length === 0)("a real Kubernetes' objects", () => {
  it.each(recordings)("live as their charts say: %s", (file) => {
    expect(refused(recordedLines(file))).toEqual([])
  })
  it("walk the charts of every kind that only they have", () => {
    for (const name of Object.keys(foreignCharts)) expect([name, walked.get(name)?.size ?? 0]).not.toEqual([name, 0])
    expect([...walked.get("job.job")!].filter((step) => step.includes("failing") || step.includes("succeeding"))
      .length).toBeGreaterThanOrEqual(4)
  })
})
