/**
 * The only tests of a mutation run (npm run mutate): a few runs of the whole cluster, properties and charts listening.
 * In `npm test` they are the regression test that these inputs hold.
 */
import { describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import type { Operation } from "#model/events/operations.ts"
import type { PodSpec, Program } from "#model/objects.ts"
import { properties } from "#properties/all.ts"
import { drawRun } from "#properties/arbitraries.ts"
import { features, type Weights } from "#properties/arbitraries/swarm.ts"
import { Conformance } from "#properties/conformance.ts"
import { run } from "#properties/harness.ts"
import type { RunInput } from "#properties/run-input.ts"

interface Kind {
  readonly weights: Weights
  readonly operations: number
  readonly faults: number
}
const every = (prefix: string, probability: number): ReadonlyArray<readonly [string, number]> =>
  [...features.keys()].filter((feature) => feature.startsWith(prefix)).map((feature) => [feature, probability])

/** Users do much and nothing breaks: a healthy cluster has promises of its own. */
const users: Kind = { operations: 50, faults: 0, weights: new Map([...every("operation:", 0.95), ...every("spec:", 0.7),
  ["spec:hugeRequests", 0.3], ["spec:badImages", 0.1], ["run:faults", 0], ["run:manyWorkers", 0.1]]) }
/** Some of everything. */
const mixed: Kind = { operations: 30, faults: 12, weights: new Map([...every("operation:", 0.9), ...every("spec:", 0.5),
  ...every("fault:", 0.4), ["run:faults", 1], ["run:manyWorkers", 0]]) }
/** Members are cut off, killed and lose what they had not synced. */
const split: Kind = { operations: 10, faults: 20, weights: new Map([...every("operation:", 0.5), ...every("fault:", 0),
  ...every("fault:network", 0.8), ...every("fault:process", 0.7), ...every("fault:disk", 0.7),
  ...every("scenario:", 0.1), ["run:faults", 1], ["run:manyWorkers", 0]]) }

const longest = { safety_ms: 150_000, healed_ms: 900_000 }
const short = (kind: Kind, index: number): RunInput => {
  const input = drawRun(20, index, kind)
  return { ...input, safety_ms: Math.min(input.safety_ms, longest.safety_ms), core_ms: 0,
    healed_ms: Math.min(input.healed_ms, longest.healed_ms) }
}

type Body<O> = O extends unknown ? Omit<O, "id" | "at_ms"> : never
const container = (program: Program, cpu: string) =>
  ({ containers: [{ name: "main", image: "web:1", program, resources: { requests: { cpu, memory: "64Mi" } } }] })
const server = container({ kind: "server", stop_ms: 10 }, "100m")
const set = (name: string, replicas: number, template: PodSpec): Body<Operation> =>
  ({ type: "replicaSet.create", name, replicas, template })
const scale = (name: string, replicas: number): Body<Operation> => ({ type: "replicaSet.scale", name, replicas })
const price = (name: string, cost: number): Body<Operation> => ({ type: "pod.price", name, cost })
const label = (name: string, to: string): Body<Operation> => ({ type: "pod.update", name, label: to })

/** Sets grow and shrink while their pods differ in all that decides who goes first; pods come to them and leave. */
const scaling = (): RunInput => {
  const bodies: ReadonlyArray<readonly [at_s: number, body: Body<Operation>]> = [
    [2, { ...set("web-0", 5, server), minReadySeconds: 20 } as Body<Operation>],
    [2, set("web-1", 4, container({ kind: "crasher", run_ms: 9_000 }, "100m"))],
    [3, set("web-2", 6, container({ kind: "server", stop_ms: 10 }, "1500m"))],
    [10, price("web-0/0", 2)], [10, price("web-0/3", -1)], [11, { type: "pod.create", name: "pod-0", spec: server }],
    [20, scale("web-0", 4)], [30, scale("web-0", 7)], [30.2, scale("web-0", 6)], [45, scale("web-2", 4)],
    [50, label("pod-0", "web-0")], [55, label("web-0/1", "other")], [60, scale("web-1", 2)], [70, scale("web-0", 3)],
    [75, label("web-2/0", "web-1")], [80, scale("web-2", 1)], [85, scale("web-1", 3)], [95, scale("web-1", 1)],
    [100, { type: "replicaSet.update", name: "web-0", template: container({ kind: "server", stop_ms: 9 }, "50m") }],
    [105, scale("web-0", 6)], [120, scale("web-0", 2)], [125, { type: "replicaSet.delete", name: "web-2" }],
    [126, { type: "pod.create", name: "pod-1", spec: server }], [138, label("pod-1", "web-0")]
  ]
  const operations = bodies.map(([at_s, body], i) => ({ ...body, id: i + 1, at_ms: at_s * 1000 }) as Operation)
  const workers = ["zone-a", "zone-b"].map((zone, i) =>
    ({ name: `worker-${i + 1}`, zone, capacity: { cpu: "4", memory: "8Gi", pods: "20" } }))
  return { seed: 1, topology: { etcds: 1, apiServers: 1, schedulers: 1, controllerManagers: 1, workers }, swarm: [],
    operations, faults: [], choices: [], safety_ms: 140_000, core_ms: 0, healed_ms: longest.healed_ms }
}

/** Few, short and rich: of ninety drawn those that reach most of the code and the charts for their time. */
const inputs = [
  scaling(),
  ...[16, 21, 22].map((index) => short(users, index)),
  ...[21, 23, 8, 14].map((index) => short(mixed, index)),
  ...[13, 14].map((index) => short(split, index))
]

describe("a run of the whole cluster", () => {
  it.each(inputs.map((input, index) => [index, input] as const))("%i holds", (_, input) => {
    const { verdict, broken } = run(input, { properties, judge: () => new Conformance({ charts }) })
    expect({ verdict, property: broken?.property, message: broken?.message.split("\n")[0] })
      .toEqual({ verdict: "held" })
  })
})
