/** What a promise says of what is owed: the line that it names is the one at which the premise came true. */
import { expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import { properties } from "#properties/all.ts"
import { drawRun } from "#properties/harness/draw.ts"
import { run } from "#properties/harness/run.ts"
import { isChange, History } from "#properties/history.ts"
import type { LeadsTo, Obligation } from "#properties/property.ts"

/** They work out the instant from several of the past, of which none is the line. */
const without = [
  "a node without heartbeats becomes Unknown", "the pods of an Unknown node become not ready",
  "the taints of a node come to say what its Ready condition says",
  "a pod on a node that stays not ready is Terminating when its tolerations have run out"
]

const hearsOf = ({ hears }: LeadsTo, { event }: Line): boolean => {
  const names = isChange(event) ? [event.type, event.type.replace("object", event.resource)] : [event.type]
  return hears === undefined || names.some((name) => hears.some((beginning) => name.startsWith(beginning)))
}

it("an obligation names the line that opened it, and who owes it is there", { timeout: 60_000 }, () => {
  const lines: Array<Line> = []
  const named = new Map<string, boolean>()
  for (const index of [0, 1, 2]) {
    lines.length = 0
    run(drawRun(4, index), { properties: [], record: (line) => lines.push(line) })
    const actors = new Set(lines.map(({ actor }) => actor))
    const history = new History()
    const promises = properties.filter((property): property is LeadsTo => property.kind === "leadsTo")
      .map((property) => ({ property, made: property.make(history) }))
    for (const line of lines) {
      history.settle()
      history.hear(line)
      for (const { property, made } of promises) {
        if (!hearsOf(property, line)) continue
        made.line?.(line)
        if (line.seq % 20 !== 0) continue
        for (const { by, seq, since_ms } of made.open() as Iterable<Obligation>) {
          if (by !== undefined) expect([property.name, by, actors.has(by)]).toEqual([property.name, by, true])
          if (seq !== undefined) expect([property.name, lines[seq]?.at_ms]).toEqual([property.name, since_ms])
          named.set(property.name, seq !== undefined)
        }
      }
    }
  }
  const silent = [...named].filter(([, isNamed]) => !isNamed).map(([name]) => name)
  expect(silent.filter((name) => !without.includes(name))).toEqual([])
  expect(named.size).toBeGreaterThan(12)
})
