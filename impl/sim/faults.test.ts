import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { Machine, Network, Process } from "#impl/ports.ts"
import { World } from "#impl/sim/world.ts"
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"

/** Three machines; on each a beacon that sends a datagram to every other each 100 ms. */
const play = (faults: ReadonlyArray<object>, until_ms: number, during?: (world: World) => void) => {
  const lines: Array<Line> = []
  const heard: Array<{ readonly path: string; readonly at_ms: number }> = []
  const world = new World({ seed: 2, listen: (line) => void lines.push(line) })
  const names = ["a", "b", "c"]
  for (const name of names) {
    world.addMachine({ name, role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: `beacon/${name}`, machine: name, program: Effect.gen(function* () {
      const network = yield* Network
      network.receive((from) => {
        heard.push({ path: `${from.slice(-1)}${name}`, at_ms: world.now_ms })
      })
      for (;;) {
        yield* Effect.sleep(100)
        for (const to of names) if (to !== name) network.send(`beacon/${to}`, {}, "beacon")
      }
    }) })
  }
  faults.forEach((fault, id) => world.inject({ id, ...fault } as Fault))
  world.start()
  during?.(world)
  world.run(until_ms)
  expect(world.panics).toEqual([])
  /** The paths on which something arrived in the time. */
  const paths = (from_ms: number, to_ms: number): string =>
    [...new Set(heard.flatMap(({ path, at_ms }) => at_ms > from_ms && at_ms < to_ms ? [path] : []))]
      .toSorted().join(" ")
  const types = lines.map(({ event, at_ms }) => `${at_ms} ${event.type}`)
  return { paths, types, world, lines }
}
const all = "ab ac ba bc ca cb"

describe("faults", () => {
  it("overlap without undoing one another early", () => {
    const { paths } = play([
      { type: "network.partition", at_ms: 1_000, from: ["a"], to: ["b", "c"], oneWay: true, duration_ms: 3_000 },
      { type: "network.partition", at_ms: 2_000, from: ["a"], to: ["b"], oneWay: false, duration_ms: 3_000 },
      { type: "nic.fail", at_ms: 6_000, machine: "c", state: "rxOnly", duration_ms: 2_000 },
      { type: "nic.fail", at_ms: 7_000, machine: "c", state: "txOnly", duration_ms: 2_000 }
    ], 10_000)
    expect(paths(0, 1_000)).toBe(all)
    expect(paths(1_010, 2_000)).toBe("ba bc ca cb")
    expect(paths(2_010, 4_000)).toBe("bc ca cb")
    expect(paths(4_010, 5_000)).toBe("ac bc ca cb")
    expect(paths(5_010, 6_000)).toBe(all)
    expect(paths(6_010, 7_000)).toBe("ab ac ba bc")
    expect(paths(7_010, 8_000)).toBe("ab ba")
    expect(paths(8_010, 9_000)).toBe("ab ba ca cb")
    expect(paths(9_010, 10_000)).toBe(all)
  })

  it("begin when the machines are up, not before", () => {
    const { types } = play([{ type: "machine.powerLoss", at_ms: 0, machine: "a" }], 1_000)
    expect(types.indexOf("0 machine.powerLost")).toBeGreaterThan(types.lastIndexOf("0 machine.joined"))
    expect(types.filter((type) => type.endsWith("process.started"))).toHaveLength(2)
  })

  it("are healed between the healed machines and stay where one of the two is frozen", () => {
    const { paths, types } = play(
      [{ type: "network.partition", at_ms: 1_000, from: ["a"], to: ["b", "c"], oneWay: false }], 6_000,
      (world) => {
        world.at(3_000, () => world.heal(["a", "b"]))
        world.at(5_000, () => world.heal())
      })
    expect(paths(1_010, 3_000)).toBe("bc cb")
    expect(paths(3_010, 5_000)).toBe("ab ba bc cb")
    expect(paths(5_010, 6_000)).toBe(all)
    expect(types.filter((type) => type.includes("fault"))).toEqual(["1000 fault.injected", "5000 fault.ended"])
  })

  it("do not pause again what was started anew when something else is healed", () => {
    const { world } = play([
      { type: "process.pause", at_ms: 1_000, process: "beacon/c" },
      { type: "process.crash", at_ms: 2_000, process: "beacon/c", restart_ms: 10 }
    ], 4_000, (w) => w.at(3_000, () => w.heal(["a"])))
    expect(world.processes.get("beacon/c")!.state).toBe("running")
  })

  it("end early when healed, and a crashed process is started at once", () => {
    const { types } = play([
      { type: "process.crash", at_ms: 1_000, process: "beacon/a", restart_ms: 60_000 },
      { type: "machine.powerLoss", at_ms: 1_000, machine: "b", duration_ms: 500_000 }
    ], 200_000, (world) => world.at(2_000, () => world.heal()))
    expect(types).toContain("2000 process.started")
    expect(types.filter((type) => type.includes("unitsStarted"))).toHaveLength(1)
  })

  it("pass unheeded where they find nothing to strike", () => {
    const { types } = play([
      { type: "machine.powerLoss", at_ms: 1_000, machine: "a" },
      { type: "machine.kernelPanic", at_ms: 2_000, machine: "a" },
      { type: "machine.reboot", at_ms: 2_000, machine: "a" },
      { type: "process.crash", at_ms: 2_000, process: "beacon/a", restart_ms: 1 },
      { type: "process.pause", at_ms: 2_000, process: "beacon/a" }
    ], 5_000)
    expect(types.filter((type) => type.includes("machine.") || type.includes("process.")).slice(6)).toEqual(
      ["1000 machine.powerLost", "1000 process.crashed"])
  })

  it("name their cause: what a fault did points at the fault", () => {
    const { lines } = play([{ type: "machine.powerLoss", at_ms: 1_000, machine: "a", duration_ms: 10 }], 2_000)
    const chain = lines.filter(({ at_ms }) => at_ms >= 1_000).map(({ event, cause, seq }) => [seq, event.type, cause])
    expect(chain).toEqual([
      [6, "fault.injected", undefined], [7, "machine.powerLost", 6], [8, "process.crashed", 7], [9, "fault.ended", 6]
    ])
  })

  it("tell whoever asked that containers were killed, and slow the runtime while they last", () => {
    const seen: Array<unknown> = []
    const world = new World({ seed: 1 })
    world.addMachine({ name: "a", role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: "runtime/a", machine: "a", program: Effect.gen(function* () {
      const machine = yield* Machine
      const process = yield* Process
      machine.onContainersKilled(() => seen.push(["killed", process.monotonic_ms(), machine.runtimeLatency_ms()]))
      return yield* Effect.never
    }) })
    const faults = [
      { type: "containers.kill", at_ms: 10, machine: "a" },
      { type: "runtime.slow", at_ms: 15, machine: "a", latency_ms: 70, duration_ms: 10 },
      { type: "runtime.slow", at_ms: 16, machine: "a", latency_ms: 30, duration_ms: 20 },
      ...[20, 30, 40].map((at_ms) => ({ type: "containers.kill", at_ms, machine: "a" }))
    ]
    faults.forEach((fault, id) => world.inject({ id, ...fault } as Fault))
    world.start()
    world.run(100)
    expect(seen).toEqual([["killed", 10, 0], ["killed", 20, 70], ["killed", 30, 30], ["killed", 40, 0]])
  })

  it("let a process that does not stop be killed after the time-out", () => {
    const lines: Array<string> = []
    const world = new World({ seed: 1, listen: ({ at_ms, event }) => lines.push(`${at_ms} ${event.type}`) })
    world.addMachine({ name: "a", role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: "stubborn/0", machine: "a", program: Effect.ensuring(Effect.never, Effect.never) })
    world.addProcess({ name: "tidy/0", machine: "a", program: Effect.ensuring(Effect.never, Effect.sleep(20)) })
    for (const [id, process] of ["stubborn/0", "tidy/0"].entries()) {
      world.inject({ id, type: "process.restart", at_ms: 1_000, process, restart_ms: 50 })
    }
    world.start()
    world.run(100_000)
    expect(lines.slice(3).filter((line) => line.includes("process."))).toEqual([
      "1000 process.terminating", "1000 process.terminating", "1020 process.stopped", "1070 process.started",
      "91000 process.crashed", "91050 process.started"
    ])
  })

  it("let a defect crash its process, tell the harness, and restart it with a growing delay", () => {
    const lines: Array<string> = []
    const world = new World({ seed: 1, listen: ({ at_ms, event }) => lines.push(`${at_ms} ${event.type}`) })
    world.addMachine({ name: "a", role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: "buggy/0", machine: "a", program: Effect.gen(function* () {
      const process = yield* Process
      process.after(10, () => { throw new Error("a defect") })
      return yield* Effect.never
    }) })
    world.start()
    world.run(8_000)
    expect(lines.slice(1)).toEqual([
      "0 process.started", "10 process.crashed", "1010 process.started", "1020 process.crashed",
      "3020 process.started", "3030 process.crashed", "7030 process.started", "7040 process.crashed"
    ])
    expect(world.panics.map(({ at_ms, process }) => `${at_ms} ${process}`)).toEqual(
      ["10 buggy/0", "1020 buggy/0", "3030 buggy/0", "7040 buggy/0"])
  })
})
