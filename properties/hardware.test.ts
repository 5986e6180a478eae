import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { transition, type AnyStateMachine, type AnyMachineSnapshot } from "xstate"
import { Disk, Machine, Process } from "#impl/ports.ts"
import { World, type WorldOptions } from "#impl/sim/world.ts"
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import { charts } from "#model/hardware.ts"
import { Monitors } from "#properties/harness/run/monitors.ts"
import { properties } from "#properties/hardware.ts"

const run = (faults: ReadonlyArray<Fault>, until_ms: number, options: Partial<WorldOptions> = {}) => {
  const lines: Array<Line> = []
  const world = new World({ seed: 3, listen: (line) => void lines.push(line), ...options })
  for (const name of ["a", "b"]) {
    world.addMachine({ name, role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: `idle/${name}`, machine: name, program: Effect.never })
    world.addProcess({ name: `busy/${name}`, machine: name, program: Effect.forever(Effect.sleep(1_000)) })
  }
  for (const fault of faults) world.inject(fault)
  world.start()
  world.run(until_ms)
  expect(world.panics).toEqual([])
  return { lines, world }
}

/** The first line that the charts refuse. */
const refused = (lines: ReadonlyArray<Line>): string | undefined => {
  const instances = new Map<string, AnyMachineSnapshot>()
  for (const { event, chart, actor, entity, seq, at_ms, clock_ms, state } of lines) {
    const machine = (charts as Readonly<Record<string, AnyStateMachine>>)[chart]
    if (machine === undefined) continue
    const key = `${actor} ${chart} ${entity}`
    const before = instances.get(key) ?? machine.getInitialSnapshot({} as never, {})
    const judged = { ...event, seq, at_ms, clock_ms, actor, entity }
    if (!before.can(judged)) return `${seq} ${entity}: ${event.type} in ${JSON.stringify(before.value)}`
    const [after] = transition(machine, before, judged)
    if (JSON.stringify(after.value) !== JSON.stringify(state)) return `${seq}: ${JSON.stringify([after.value, state])}`
    instances.set(key, after)
  }
  return undefined
}

const broken = (lines: ReadonlyArray<Line>): ReadonlyArray<string> =>
  new Monitors(properties).hear(lines).map(({ message }) => message)

let ids = 0
const fault = (type: Fault["type"], at_ms: number, fields: object): Fault =>
  ({ id: ids++, type, at_ms, ...fields }) as Fault
const onA = (type: Fault["type"], at_ms: number, fields: object = {}): Fault =>
  fault(type, at_ms, { machine: "a", ...fields })

const everything: ReadonlyArray<Fault> = [
  onA("machine.powerLoss", 5_000, { duration_ms: 20_000 }), onA("machine.powerLoss", 10_000, { duration_ms: 40_000 }),
  onA("machine.kernelPanic", 200_000), onA("machine.reboot", 400_000), onA("disk.lose", 600_000),
  onA("machine.pressure", 10, { resource: "disk", duration_ms: 5 }), onA("machine.pressure", 12, { resource: "pid" }),
  onA("nic.fail", 20, { state: "rxOnly", duration_ms: 100 }),
  onA("nic.fail", 50, { state: "txOnly", duration_ms: 100 }),
  onA("disk.fail", 30, { state: "slow", duration_ms: 500 }), onA("disk.fail", 40, { state: "io", duration_ms: 20 }),
  onA("clock.jump", 60, { by_ms: -5_000 }), onA("clock.rate", 195_000, { rate: 1.2, duration_ms: 150_000 }),
  fault("process.crash", 300, { process: "busy/a", restart_ms: 40 }),
  fault("process.restart", 900, { process: "busy/a", restart_ms: 40 }),
  fault("process.pause", 1_500, { process: "busy/a", duration_ms: 1_000 }),
  fault("process.pause", 2_000, { process: "busy/a", duration_ms: 1_000 }),
  fault("process.restart", 2_200, { process: "busy/a", restart_ms: 70 })
]

describe("hardware", () => {
  it("lives as the charts say, through every fault", () => {
    const { lines } = run(everything, 900_000)
    expect(refused(lines)).toBeUndefined()
    expect(broken(lines)).toEqual([])
    const types = new Set(lines.map(({ event: { type } }) => type))
    for (const type of [
      "machine.joined", "machine.powerLost", "machine.bmcStarted", "machine.poweredOn", "machine.postPassed",
      "machine.kernelLoaded", "machine.initStarted", "machine.unitsStarted", "machine.panicked",
      "machine.panicTimedOut", "machine.shutdownBegan", "machine.reset", "machine.diskReplaced", "machine.nicChanged",
      "machine.diskChanged", "machine.pressureChanged", "machine.clockJumped", "machine.clockRateChanged",
      "process.crashed", "process.terminating", "process.stopped", "process.paused", "process.resumed"
    ] as const) expect(types, type).toContain(type)
  })

  it("stays off until the last of overlapping power losses ends", () => {
    const { lines } = run(everything.slice(0, 2), 900_000)
    const back = lines.find(({ event }) => event.type === "machine.bmcStarted")!
    expect(back.at_ms).toBeGreaterThan(50_000)
    expect(lines.filter(({ event }) => event.type === "machine.powerLost")).toHaveLength(1)
  })

  it("is refused with a boot id that does not change, and the property says so", () => {
    const { lines } = run(everything.slice(0, 1), 300_000, { hardware: { bootId: () => "always the same" } })
    expect(refused(lines)).toMatch(/machine.kernelLoaded/)
    expect(broken(lines).join()).toMatch(/which machine\/a had been/)
  })

  it("is refused when processes outlive the power", () => {
    const { lines } = run(everything.slice(0, 1), 300_000, { hardware: { powerLost: () => {} } })
    expect(broken(lines).join()).toMatch(/ran on/)
  })

  it("keeps the disk and loses memory", () => {
    const seen: Array<unknown> = []
    const world = new World({ seed: 1 })
    world.addMachine({ name: "m", role: "worker", capacity: {}, labels: {} })
    world.addProcess({ name: "writer/0", machine: "m", program: Effect.gen(function* () {
      const disk = yield* Disk
      const machine = yield* Machine
      const process = yield* Process
      const counter = machine.memory("counter", () => ({ starts: 0 }), () => seen.push("killed"))
      seen.push([process.incarnation, ++counter.starts, (yield* disk.read("file")).length])
      yield* disk.append("file", { data: "x", checksum: 1 }, 1)
      yield* disk.sync("file")
      return yield* Effect.never
    }).pipe(Effect.orDie) })
    world.inject(fault("process.crash", 1_000, { process: "writer/0", restart_ms: 10 }))
    world.inject(fault("machine.powerLoss", 2_000, { machine: "m", duration_ms: 1_000 }))
    world.start()
    world.run(300_000)
    expect(seen).toEqual([[1, 1, 0], [2, 2, 1], "killed", [3, 1, 2]])
  })
})
