/** Size: 500 nodes and 15,000 pods from create to Running, against a tenth of it. */
import type { Line } from "#model/events.ts"
import type { Operation } from "#model/events/operations.ts"
import type { Pod } from "#model/objects/pod.ts"
import { cost_ms, type Measured } from "#properties/harness/bench/measured.ts"
import { run } from "#properties/harness/run.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

const podsPerNode = 30
const perSet = 250

const inputOf = (nodes: number): RunInput => {
  const workers = Array.from({ length: nodes }, (_, i) =>
    ({ name: `worker-${i}`, zone: `zone-${i % 3}`, capacity: { cpu: "32", memory: "128Gi" } }))
  const template = {
    containers: [{ name: "main", image: "web:1", resources: { requests: { cpu: "100m", memory: "64Mi" } } }]
  }
  const sets = Math.ceil(nodes * podsPerNode / perSet)
  const operations = Array.from({ length: sets }, (_, i): Operation =>
    ({ type: "replicaSet.create", id: i, at_ms: 60_000 + i * 1_000, name: `web-${i}`,
      replicas: Math.min(perSet, nodes * podsPerNode - i * perSet), template }))
  return {
    seed: 1, topology: { etcds: 3, apiServers: 2, schedulers: 2, controllerManagers: 2, workers }, swarm: ["bench"],
    operations, faults: [], choices: [], safety_ms: 3_600_000, core_ms: 0, healed_ms: 0
  }
}

interface Sized { readonly pods: number; readonly cost: number; readonly heap_MB: number; readonly virtual_s: number }

/** Until the last pod runs; what happens afterwards is not counted. */
export const sized = (nodes: number): Sized => {
  const wanted = nodes * podsPerNode
  let running = 0
  let heap_MB = 0
  let done_ms = 0
  const hear = (line: Line): void => {
    const { event } = line
    if (event.type !== "object.updated" || event.resource !== "pods") return
    if ((event.object as Pod).status.phase !== "Running" || (event.previous as Pod).status.phase === "Running") return
    running++
    if (running % 1000 === 0) heap_MB = Math.max(heap_MB, process.memoryUsage().heapUsed / 2 ** 20)
    if (running === wanted) done_ms = line.at_ms
  }
  const cost = cost_ms(() => {
    run(inputOf(nodes), { properties: [{
      kind: "always", name: "all pods run", invariants: [], make: () => (line) => {
        hear(line)
        return done_ms > 0 ? "done" : undefined
      }
    }] })
  })
  heap_MB = Math.max(heap_MB, process.memoryUsage().heapUsed / 2 ** 20)
  return { pods: running, cost, heap_MB, virtual_s: done_ms / 1000 }
}

export const sizeBench = (): ReadonlyArray<Measured> => {
  sized(10)
  const small = sized(50)
  const large = sized(500)
  const growth = (large.cost / large.pods) / (small.cost / small.pods)
  return [
    { name: "50 nodes, 1,500 pods: create to Running", value: small.pods / (small.cost / 1000), unit: "pods/s" },
    { name: "500 nodes, 15,000 pods: create to Running", value: large.pods / (large.cost / 1000), unit: "pods/s" },
    { name: "pods that run of 15,000", value: large.pods, unit: "pods", least: 15_000 },
    { name: "simulated time until they run", value: large.virtual_s, unit: "s" },
    { name: "heap in use at the most", value: large.heap_MB, unit: "MB" },
    { name: "cost per pod at 500 nodes / at 50 nodes", value: growth, unit: "ratio", most: 2 }
  ]
}
