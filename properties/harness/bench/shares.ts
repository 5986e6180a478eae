/**
 * Where the time of listening goes: the lines of a run, kept in memory, are heard once more by the charts alone and by
 * the properties of one component at a time.
 */
import { charts } from "#model/cluster.ts"
import type { Line } from "#model/events.ts"
import { byComponent } from "#properties/all.ts"
import { cost_ms, median, type Measured } from "#properties/harness/bench/measured.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { batch, run } from "#properties/harness/run.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import type { Property } from "#properties/property.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

const rounds = 5
const named = 10

const heardBy = (properties: ReadonlyArray<Property>, batches: ReadonlyArray<ReadonlyArray<Line>>) => (): void => {
  const monitors = new Monitors(properties)
  for (const lines of batches) monitors.hear(lines)
}

const judged = (batches: ReadonlyArray<ReadonlyArray<Line>>) => (): void => {
  const conformance = new Conformance({ charts })
  for (const lines of batches) for (const line of lines) conformance.line(line)
}

export const shares = (input: RunInput): ReadonlyArray<Measured> => {
  const lines: Array<Line> = []
  run(input, { properties: [], record: (line) => void lines.push(line) })
  const batches = Array.from({ length: Math.ceil(lines.length / batch) }, (_, i) =>
    lines.slice(i * batch, (i + 1) * batch))
  const listeners = [
    { name: "the charts (conformance)", listen: judged(batches) },
    ...Object.entries(byComponent).map(([component, properties]) =>
      ({ name: `${properties.length} properties of ${component}`, listen: heardBy(properties, batches) }))
  ]
  const cost = (listen: () => void): number => {
    listen()
    return median(Array.from({ length: rounds }, () => cost_ms(listen)))
  }
  /** Of going through the lines: shared in a run, and no component's. */
  const empty = cost(heardBy([], batches))
  const costs = listeners.map(({ name, listen }) => ({ name, cost: Math.max(0, cost(listen) - empty) }))
    .sort((a, b) => b.cost - a.cost)
  const sum = costs.reduce((total, one) => total + one.cost, 0)
  const share = (name: string, cost: number): Measured =>
    ({ name: `of listening: ${name}`, value: 100 * cost / sum, unit: "%" })
  const rest = costs.slice(named)
  return [
    ...costs.slice(0, named).map((one) => share(one.name, one.cost)),
    share(`${rest.length} other components`, rest.reduce((total, one) => total + one.cost, 0))
  ]
}
