/** The standard cluster: 3 etcd, 2 API servers, 2 schedulers, 2 controller-managers, 5 workers, 50 pods, faults on. */
import { charts } from "#model/cluster.ts"
import type { Operation } from "#model/events/operations.ts"
import { properties } from "#properties/all.ts"
import { drawFaults } from "#properties/harness/draw.ts"
import { cost_ms, measured, type Measured } from "#properties/harness/bench/measured.ts"
import { shares } from "#properties/harness/bench/shares.ts"
import { Conformance } from "#properties/harness/judge.ts"
import { run, type Options } from "#properties/harness/run.ts"
import type { RunInput, Topology } from "#properties/harness/draw/run-input.ts"

const topology: Topology = {
  etcds: 3, apiServers: 2, schedulers: 2, controllerManagers: 2,
  workers: [1, 2, 3, 4, 5].map((i) =>
    ({ name: `worker-${i}`, zone: `zone-${i % 3}`, capacity: { cpu: "8", memory: "32Gi" } }))
}
const sets = 5
const minutes = 30

/** Ten pods each in five sets, scaled and partly deleted now and then. */
const operations = (): ReadonlyArray<Operation> => {
  const template = {
    containers: [{ name: "main", image: "web:1", args: ["--stop-ms=500"],
      resources: { requests: { cpu: "100m", memory: "64Mi" } } }]
  }
  const created = Array.from({ length: sets }, (_, i): Operation =>
    ({ type: "replicaSet.create", id: i, at_ms: 10_000 + i * 500, name: `web-${i}`, replicas: 10, template }))
  const scaled = Array.from({ length: minutes - 2 }, (_, i): Operation =>
    ({ type: "replicaSet.scale", id: 100 + i, at_ms: (i + 2) * 60_000, name: `web-${i % sets}`,
      replicas: i % 2 === 0 ? 8 : 10 }))
  return [...created, ...scaled]
}

export const standardRun = (seed: number): RunInput => {
  const ops = operations()
  const safety_ms = minutes * 60_000
  return {
    seed, topology, swarm: ["bench"], operations: ops, choices: [], safety_ms, core_ms: 90_000, healed_ms: 1_500_000,
    faults: drawFaults(seed, topology, ops.map(({ at_ms }) => at_ms), safety_ms, 30)
  }
}

export const clusterBench = (): ReadonlyArray<Measured> => {
  const inputs = [11, 12, 13].map(standardRun)
  const time = (options: Options): { readonly times: number; readonly cost: number } => {
    let virtual_ms = 0
    const cost = cost_ms(() => {
      for (const input of inputs) virtual_ms += run(input, options).counts.virtual_ms
    })
    return { times: virtual_ms / cost, cost: cost / virtual_ms }
  }
  const listening: Options = { properties, judge: () => new Conformance({ charts }), collect: true }
  const silent: Options = { properties: [], collect: true }
  // A campaign runs for minutes: what it costs is told once all is compiled.
  for (let i = 0; i < 3; i++) for (const options of [listening, silent]) time(options)
  const rounds = [0, 1, 2, 3, 4].map(() => ({ silent: time(silent), listening: time(listening) }))
  const all = measured(rounds.map((round) => round.listening.times))
  const alone = measured(rounds.map((round) => round.silent.times))
  const ratio = measured(rounds.map((round) => round.listening.cost / round.silent.cost - 1))
  return [
    { name: "simulated time / time on one core, faults on, all listening", ...all, unit: "times", least: 1000 },
    { name: "the same, nobody listening", ...alone, unit: "times" },
    { name: "cost of listening / cost of running", ...ratio, unit: "ratio", most: 1 },
    ...shares(inputs[0]!)
  ]
}
