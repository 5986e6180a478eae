import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { drawRun } from "#properties/harness/draw.ts"
import { faultKinds } from "#properties/harness/draw/faults.ts"
import { Feedback, features } from "#properties/harness/draw/swarm.ts"
import { machineOf } from "#properties/faults.ts"
import { frozenAfter, legal, survivable, survivableCore } from "#properties/harness/draw/lawful.ts"
import { controlPlane, decodeRunInput, RunInput } from "#properties/harness/draw/run-input.ts"
import { operationKinds } from "#properties/harness/users/table.ts"

const runs = Array.from({ length: 150 }, (_, i) => drawRun(7, i))

describe("arbitraries", () => {
  it("draws runs that survive the round trip through JSON", () => {
    const encode = Schema.encodeUnknownSync(RunInput)
    for (const run of runs) expect(decodeRunInput(JSON.parse(JSON.stringify(encode(run))))).toEqual(run)
  })

  it("is a function of the seed and the index", () => {
    expect(drawRun(7, 3)).toEqual(runs[3])
    expect(drawRun(8, 3)).not.toEqual(runs[3])
  })

  it("draws every kind of operation and fault, in order of time, with ids of their own", () => {
    const operations = new Set(runs.flatMap((run) => run.operations.map(({ type }) => type)))
    const faults = new Set(runs.flatMap((run) => run.faults.map(({ type }) => type)))
    expect([...operations].sort()).toEqual(Object.keys(operationKinds).sort())
    expect(Object.keys(faultKinds).filter((kind) => !faults.has(kind as never))).toEqual([])
    for (const { operations, faults, safety_ms } of runs) {
      for (const list of [operations, faults]) {
        expect(new Set(list.map(({ id }) => id)).size).toBe(list.length)
        expect(list.every(({ at_ms }, i) => at_ms <= safety_ms && (i === 0 || list[i - 1]!.at_ms <= at_ms))).toBe(true)
      }
    }
  })

  it("draws faults that are lawful and name what exists", () => {
    for (const { faults, topology } of runs) {
      expect(legal(faults, topology)).toEqual(faults)
      const carriers = controlPlane(topology).slice(0, topology.etcds)
      const lost = new Set(faults.flatMap((fault) => fault.type === "disk.lose" ? [fault.machine] : []))
      const left = carriers.filter((machine) => !lost.has(machine))
      expect(left.length).toBeGreaterThan(carriers.length / 2)
      const core = survivableCore(topology, faults, lost)
      expect(left.filter((machine) => core.machines.has(machine)).length).toBeGreaterThan(carriers.length / 2)
    }
  })

  it("makes long runs of both: half a run's operations and faults are not a handful", () => {
    const mean = (numbers: ReadonlyArray<number>) => numbers.reduce((a, b) => a + b, 0) / numbers.length
    expect(mean(runs.map(({ operations }) => operations.length))).toBeGreaterThan(20)
    expect(mean(runs.map(({ faults }) => faults.length))).toBeGreaterThan(8)
  })
})

describe("coverage feedback", () => {
  it("makes features likelier whose runs take what is rare, and leaves the others about where they are", () => {
    const feedback = new Feedback()
    for (let i = 0; i < 200; i++) {
      feedback.learn(i % 2 === 0 ? ["fault:clock.jump", "run:choices"] : ["fault:disk.lose", "run:choices"],
        i % 2 === 0 ? 3 : 0.1)
    }
    const weights = feedback.frozen()
    expect(weights.get("fault:clock.jump")!).toBeGreaterThan(1.5 * features.get("fault:clock.jump")!)
    expect(weights.get("fault:disk.lose")!).toBeLessThan(features.get("fault:disk.lose")! / 1.5)
    expect(Math.abs(weights.get("run:choices")! - features.get("run:choices")!)).toBeLessThan(0.1)
    expect(Math.min(...weights.values())).toBeGreaterThan(0.01)
  })
})

describe("faults", () => {
  it("knows on which machine a process runs, and what stays frozen", () => {
    expect(machineOf("etcd/1")).toBe("cp-1")
    expect(machineOf("kubelet/worker-3")).toBe("worker-3")
    const crash = { type: "process.crash", id: 1, at_ms: 5, process: "etcd/0", restart_ms: 1 } as const
    expect(frozenAfter(crash, 0)).toBe(crash)
    const registry = { type: "registry.fail", id: 1, at_ms: 5, duration_ms: 10 } as const
    expect(frozenAfter(registry, 100)).toBe(registry)
    expect(frozenAfter(registry, 10)).toEqual({ type: "registry.fail", id: 1, at_ms: 5 })
  })
})

describe("survivable faults", () => {
  const down = (id: number, machine: string, duration_ms?: number) =>
    ({ type: "machine.powerLoss", id, at_ms: id, machine,
      ...(duration_ms === undefined ? {} : { duration_ms }) }) as const
  const topology = runs.find((run) => run.topology.etcds === 3)!.topology

  it("leaves a minority of the control plane its long outages and cuts the others short", () => {
    const faults = [down(1, "cp-0"), down(2, "cp-1", 1_000), down(3, "cp-1"), down(4, "cp-0", 60_000),
      down(5, "worker-1")]
    const kept = survivable(faults, topology)
    expect([kept[0], kept[1], kept[3], kept[4]]).toEqual([faults[0], faults[1], faults[3], faults[4]])
    expect(kept[2]).toEqual({ ...faults[2], duration_ms: 4 })
  })

  it("takes a cut between one machine and the rest as that machine's outage", () => {
    const cut = { type: "network.partition", id: 1, at_ms: 1, from: ["cp-2"], to: ["cp-0", "cp-1"],
      oneWay: false } as const
    expect(survivable([cut, down(2, "cp-2")], topology)).toEqual([cut, down(2, "cp-2")])
  })
})
