import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { BadRow, gpuResource, modelLabel, openb } from "#properties/harness/draw/openb.ts"

const nodes = { file: "nodes.csv",
  text: "sn,cpu_milli,memory_mib,gpu,model\nn-0,32000,262144,0,\nn-1,64000,262144,2,P100\n" }
const header = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,"
  + "creation_time,deletion_time,scheduled_time"
const pods = (...rows: ReadonlyArray<string>) => ({ file: "pods.csv", text: [header, ...rows].join("\n") })
const good = "p-0,12000,16384,1,460,P100|T4,LS,Running,100,1100,100"

const failure = (rows: ReadonlyArray<string>): BadRow => {
  try {
    openb(nodes, pods(...rows), { seed: 1 })
  } catch (error) {
    if (error instanceof BadRow) return error
    throw error
  }
  throw new Error("it was accepted")
}

describe("openb", () => {
  it("reads nodes and pods; times are divided by the speed-up", () => {
    const { input, neverFit } = openb(nodes, pods(good, "p-1,1000,1024,0,0,,BE,Failed,1100,1200,"),
      { seed: 1, speedup: 10 })
    const [first, second] = input.operations
    expect(input.topology.workers[1])
      .toMatchObject({ capacity: { cpu: "64000m", [gpuResource]: "2" }, labels: { [modelLabel]: "P100" } })
    expect(second!.at_ms - first!.at_ms).toBe(100_000)
    expect(first).toMatchObject({ type: "pod.create", name: "p-0", spec: {
      restartPolicy: "Never", containers: [{ image: "job:1", args: ["--run-ms=100000", "--exit-code=0"],
        resources: { requests: { cpu: "12000m", memory: "16384Mi", [gpuResource]: "1" } } }] } })
    expect(JSON.stringify(first)).toContain('"values":["P100","T4"]')
    expect(neverFit).toEqual([])
    expect(input.faults.length).toBeGreaterThan(0)
  })

  it("names the pods that no node can ever carry", () => {
    const rows = [good, "big,99000,1,0,0,,LS,Running,0,1,0", "gpus,1,1,8,1000,,LS,Running,0,1,0",
      "model,1,1,1,1000,A10,LS,Running,0,1,0"]
    expect(openb(nodes, pods(...rows), { seed: 1 }).neverFit).toEqual(["big", "gpus", "model"])
  })

  it.each([
    ["a word for a number", [good, "p-1,many,1,0,0,,LS,Running,0,1,0"], 3, "cpu_milli", "whole number"],
    ["an end before the beginning", ["p-1,1,1,0,0,,LS,Running,5,1,0"], 2, "deletion_time",
      "not before creation_time (5)"],
    ["the same name twice", [good, good], 3, "name", "no other row"],
    ["a name that Kubernetes refuses", ["P_1,1,1,0,0,,LS,Running,0,1,0"], 2, "name", "lower-case"],
    ["a share of no GPU", ["p-1,1,1,0,500,,LS,Running,0,1,0"], 2, "num_gpu", "at least 1"],
    ["a row that is too short", [good, "p-1,1"], 3, "(the whole row)", "as many fields as the header"],
    ["no row", [], 2, "name", "at least one row"]
  ])("says where and what: %s", (_, rows, line, column, expected) => {
    const error = failure(rows)
    expect([error.file, error.line, error.column]).toEqual(["pods.csv", line, column])
    expect(error.expected).toContain(expected)
  })

  it("wants its columns", () => {
    expect(() => openb({ file: "n.csv", text: "sn,cpu_milli\na,1\n" }, pods(good), { seed: 1 }))
      .toThrow("n.csv:1: column memory_mib")
  })

  const data = new URL("../../../../shared/data/openb/", import.meta.url).pathname
  it.skipIf(!existsSync(data))("reads the whole recorded workload", () => {
    const table = (file: string) => ({ file, text: readFileSync(data + file, "utf8") })
    const { input } = openb(table("openb_node_list_all_node.csv"), table("openb_pod_list_default.csv"),
      { seed: 1, speedup: 1000 })
    expect([input.topology.workers.length, input.operations.length]).toEqual([1523, 8152])
  })
})
