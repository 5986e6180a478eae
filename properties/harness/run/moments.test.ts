/** Does what waits for a line come at its line, whatever else happens? */
import { describe, expect, it } from "vitest"
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import { legal } from "#properties/harness/draw/lawful.ts"
import { decodeRunInput, type RunInput } from "#properties/harness/draw/run-input.ts"
import { run } from "#properties/harness/run.ts"
import { aim } from "#properties/harness/run/aim.ts"
import { Moments, struckAt } from "#properties/harness/run/moments.ts"

const line = (actor: string, entity: string, type: string, at_ms = 5) =>
  ({ actor, at_ms, entity, chart: "a.b", event: { type } }) as unknown as Line
const upon = { actor: "kubelet", event: "podWorker.started", nth: 2, delay_ms: 3 }

describe("a moment", () => {
  const timesOf = (moment: typeof upon & { readonly of?: string }, lines: ReadonlyArray<Line>, from_ms = 0) => {
    const times: Array<number> = []
    const moments = new Moments()
    moments.wait(moment, from_ms, ({ at_ms }) => times.push(at_ms))
    for (const one of lines) moments.hear(one)
    return times
  }
  it("is the nth line of its type by its actor, or by any of its component, once", () => {
    const lines = [1, 2, 3].map((at_ms) => line(`kubelet/worker-${at_ms}`, "x", "podWorker.started", at_ms))
    expect(timesOf(upon, [line("kubelet/worker-1", "x", "podWorker.finished"), ...lines])).toEqual([2])
    expect(timesOf({ ...upon, actor: "kubelet/worker-2" }, lines)).toEqual([])
    expect(timesOf(upon, lines, 2)).toEqual([3])
  })
  it("counts within what it is about", () => {
    const lines = ["a", "b", "b", "a"].map((entity, i) => line("kubelet/worker-1", entity, "podWorker.started", i))
    expect(timesOf({ ...upon, of: "a" }, lines)).toEqual([3])
    expect(timesOf({ ...upon, of: "c" }, lines)).toEqual([])
  })
})

describe("a fault at a moment", () => {
  const struck = (fault: object, actor: string) =>
    struckAt({ id: 1, at_ms: 0, upon, ...fault } as Fault, line(actor, "x", "a"))
  it("strikes the writer, its neighbour or its machine when it names a component", () => {
    const crash = { type: "process.crash", restart_ms: 1 }
    expect(struck({ ...crash, process: "kubelet" }, "kubelet/worker-2"))
      .toMatchObject({ process: "kubelet/worker-2", at_ms: 8 })
    expect(struck({ ...crash, process: "container-runtime" }, "kubelet/worker-2"))
      .toMatchObject({ process: "container-runtime/worker-2" })
    expect(struck({ ...crash, process: "etcd" }, "scheduler/1")).toMatchObject({ process: "etcd/1" })
    expect(struck({ ...crash, process: "etcd/0" }, "scheduler/1")).toMatchObject({ process: "etcd/0" })
    expect(struck({ type: "machine.reboot", machine: "kubelet" }, "kubelet/worker-2"))
      .toMatchObject({ machine: "worker-2" })
  })
})

const input: RunInput = decodeRunInput({
  seed: 5, swarm: [], choices: [], safety_ms: 20_000, core_ms: 0, healed_ms: 0,
  topology: { etcds: 1, apiServers: 1, schedulers: 1, controllerManagers: 1,
    workers: [{ name: "worker-1", zone: "zone-a", capacity: { cpu: "4", memory: "4Gi", pods: "20" } }] },
  operations: [
    { id: 1, at_ms: 5_000, type: "pod.create", name: "solo-0",
      spec: { containers: [{ name: "main", image: "web:1", program: { kind: "server" } }] } },
    { id: 2, at_ms: 0, type: "pod.delete", name: "solo-0",
      upon: { actor: "kubelet", event: "containerStatus.started", of: "pods/default/solo-0/main", nth: 1,
        delay_ms: 1_000 } }
  ],
  faults: [{ id: 3, at_ms: 0, type: "process.crash", process: "container-runtime", restart_ms: 100,
    upon: { actor: "machine/worker-1", event: "process.started", of: "kubelet/worker-1", nth: 1, delay_ms: 0 } }]
})
const linesOf = (one: RunInput): ReadonlyArray<Line> => {
  const lines: Array<Line> = []
  run(one, { properties: [], patient: true, record: (line) => lines.push(line) })
  return lines
}
const at = (lines: ReadonlyArray<Line>, type: string, where: (line: Line) => boolean = () => true): number =>
  lines.find((line) => line.event.type === type && where(line))?.at_ms ?? NaN

describe("in a run", () => {
  it("operations and faults wait for their lines, whatever the chances", () => {
    expect(legal(input.faults, input.topology)).toEqual(input.faults)
    for (const seed of [5, 6, 7]) {
      const lines = linesOf({ ...input, seed })
      const invoked = at(lines, "operation.invoked", ({ entity }) => entity === "2")
      expect(invoked - at(lines, "containerStatus.started")).toBe(1_000)
      expect(at(lines, "process.crashed")).toBe(0)
      expect(at(lines, "fault.injected")).toBe(0)
    }
  })
  it("an instant is aimed at the line that it comes after for most seeds", () => {
    const started = at(linesOf(input), "containerStatus.started")
    const { upon: _, ...bare } = input.operations[1]!
    const timed = { ...bare, at_ms: started + 300 }
    const unaimed = { ...input, faults: [], operations: [input.operations[0]!, timed] } as RunInput
    /** The pod was deleted within a second of its start. */
    const comes = (one: RunInput) => {
      const lines = linesOf(one)
      const ran_ms = at(lines, "containerStatus.started")
      const deleted_ms = at(lines, "operation.invoked", ({ entity }) => entity === "2")
      return deleted_ms > ran_ms && deleted_ms < ran_ms + 1_000
    }
    const { input: aimed, before, after, seeds } = aim(unaimed, comes, { properties: [], patient: true }, () => false)
    expect(before).toBeLessThan(seeds)
    expect(after).toBe(seeds)
    expect(aimed.operations[1]).toMatchObject({ at_ms: 0, upon: { of: expect.stringContaining("solo-0") } })
  })
})
