import { describe, expect, it } from "vitest"
import { Containers, endOf } from "#impl/container-runtime/containers.ts"
import type { Program } from "#model/objects/programs.ts"

const running = (program: Program, sigterm_ms?: number) =>
  ({ id: "c", program, started_ms: 1_000, sigterm_ms, exit: undefined, isTold: false })

describe("the end of a program", () => {
  it("comes by itself for jobs and crashers only", () => {
    expect(endOf(running({ kind: "job", run_ms: 500, exitCode: 3 }))).toMatchObject({ at_ms: 1_500, code: 3 })
    expect(endOf(running({ kind: "crasher", run_ms: 10 }))).toMatchObject({ at_ms: 1_010, code: 1 })
    expect(endOf(running({ kind: "server" }))).toBeUndefined()
    expect(endOf(running({ kind: "stubborn" }))).toBeUndefined()
  })
  it("comes by SIGTERM for whatever heeds it, unless it was over before", () => {
    expect(endOf(running({ kind: "server", stop_ms: 200 }, 2_000))).toMatchObject({ at_ms: 2_200, code: 0 })
    expect(endOf(running({ kind: "job", run_ms: 9_000 }, 2_000))).toMatchObject({ at_ms: 2_000, code: 143, signal: 15 })
    expect(endOf(running({ kind: "job", run_ms: 500 }, 2_000))).toMatchObject({ at_ms: 1_500, code: 0 })
    expect(endOf(running({ kind: "stubborn" }, 2_000))).toBeUndefined()
  })
})

describe("containers in memory", () => {
  it("are found ended by whoever looks later, with the time at which they ended", () => {
    let now = 0
    const containers = new Containers(() => now)
    const job = containers.start("a", { kind: "job", run_ms: 100 })
    expect(containers.settle(job)).toBeUndefined()
    now = 70_000
    expect(containers.settle(job)).toMatchObject({ at_ms: 100, code: 0, reason: "exited" })
  })
  it("are killed once: what ended before keeps its end", () => {
    let now = 0
    const containers = new Containers(() => now)
    containers.start("job", { kind: "job", run_ms: 100 })
    const server = containers.start("server", { kind: "server" })
    now = 200
    expect(containers.killAll()).toEqual(["job", "server"])
    expect(containers.byId.get("job")!.exit).toMatchObject({ at_ms: 100, code: 0 })
    expect(server.exit).toMatchObject({ at_ms: 200, code: 137, signal: 9, reason: "killed" })
    expect(containers.killAll()).toEqual([])
  })
})
