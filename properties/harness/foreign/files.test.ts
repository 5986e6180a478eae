import { existsSync, globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gunzipSync, gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { type Judged, judgeFiles } from "#properties/harness/foreign/files.ts"
import { defects } from "#properties/harness/foreign/defects.ts"

const ours = fileURLToPath(new URL("../../../traces/recordings/", import.meta.url))
const real = fileURLToPath(new URL("../../../../shared/data/real/", import.meta.url))
const recordings = existsSync(real) ? globSync("*.ndjson.gz", { cwd: real })
  .filter((file) => !/^(?:answers|decisions)\./.test(file)).toSorted() : []
const audits = existsSync(real) ? globSync("*.audit.log.gz", { cwd: real }).toSorted() : []
const scratch = mkdtempSync(join(tmpdir(), "plimsoll-judge-"))

const broken = ({ unknownCharts, verdicts }: Judged): ReadonlyArray<string> => [
  ...unknownCharts.map(({ message }) => message),
  ...verdicts.flatMap(({ breach, name }) => breach === undefined ? [] : [`${name}: ${breach.where} ${breach.message}`])
]
const met = ({ verdicts }: Judged, isChart: boolean): ReadonlyArray<string> => verdicts.flatMap(
  ({ kind, name, times }) => times > 0 && (kind === "chart") === isChart ? [name] : [])

interface Recorded { readonly type?: string; readonly resource?: string; readonly object?: any; readonly at?: string }
const linesIn = (file: string): ReadonlyArray<Recorded> => {
  const bytes = readFileSync(file)
  return gunzipSync(bytes).toString("utf8").trim().split("\n").map((line) => JSON.parse(line) as Recorded)
}
const write = (name: string, lines: ReadonlyArray<object>): string => {
  const file = join(scratch, name)
  writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`)
  return file
}

/** As kubectl get -w prints it: one file for each kind, without times. */
const asWatches = (lines: ReadonlyArray<Recorded>, name: string): ReadonlyArray<string> => {
  const byKind = new Map<string, Array<object>>()
  for (const { object, resource, type } of lines) {
    if (resource === undefined || object === undefined) continue
    const events = byKind.get(resource) ?? []
    byKind.set(resource, events)
    if (type === "LIST") {
      const own = { kind: object.kind.replace(/List$/, ""), apiVersion: object.apiVersion }
      for (const item of object.items ?? []) events.push({ type: "ADDED", object: { ...own, ...item } })
    } else if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") events.push({ type, object })
  }
  return [...byKind].filter(([, events]) => events.length > 0)
    .map(([kind, events]) => write(`${name}-${kind}.json`, events))
}

/** As a recorder that came late would have it. */
const fromTheMidst = (lines: ReadonlyArray<Recorded>, at: number, name: string): string => {
  const lists = new Map<string, { list: any; items: Map<string, object> }>()
  for (const { object, resource, type } of lines.slice(0, at)) {
    if (resource === undefined || object === undefined) continue
    if (type === "LIST") {
      lists.set(resource, { list: object, items: new Map((object.items ?? []).map((item: any) =>
        [item.metadata.uid, item])) })
    }
    const known = lists.get(resource)
    if (known === undefined || (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED")) continue
    if (type === "DELETED") known.items.delete(object.metadata.uid)
    else known.items.set(object.metadata.uid, object)
    known.list = { ...known.list, metadata: { resourceVersion: object.metadata.resourceVersion } }
  }
  const began = lines.slice(at).find((line) => line.at !== undefined)?.at
  return write(name, [lines[0]!, ...[...lists].map(([resource, { items, list }]) =>
    ({ at: began, resource, type: "LIST", object: { ...list, items: [...items.values()] } })), ...lines.slice(at)])
}

describe("recordings of the simulated cluster", () => {
  const files = globSync("*.ndjson.gz", { cwd: ours }).toSorted()
  it("are three", () => expect(files.length).toBe(3))
  it.each(files)("%s holds", async (file) => {
    const judged = await judgeFiles([ours + file])
    expect(broken(judged)).toEqual([])
    expect(met(judged, false).length).toBeGreaterThan(15)
    expect(met(judged, true)).toEqual(expect.arrayContaining(["pod.pod", "leader-election.lease"]))
  })
  it.each(files)("%s says the same as kubectl's output, and one that was cut short says so", async (file) => {
    const lines = linesIn(ours + file)
    expect(broken(await judgeFiles(asWatches(lines, file)))).toEqual([])
    const whole = lines.map((line) => JSON.stringify(line)).join("\n")
    const cut = join(scratch, "cut.ndjson.gz")
    writeFileSync(cut, gzipSync(whole.slice(0, whole.length / 2)))
    const judged = await judgeFiles([cut])
    expect([broken(judged), judged.notes]).toEqual([[], [expect.stringContaining("the file ends within a line")]])
  })
  it("is told to be odd where it is", async () => {
    const bad = async (name: string, text: string): Promise<unknown> => {
      writeFileSync(join(scratch, name), text)
      return judgeFiles([join(scratch, name)]).catch((error: unknown) => (error as Error).message)
    }
    expect(await bad("a", "")).toContain("is empty")
    expect(await bad("b", "hello\n")).toContain("is not JSON")
    expect(await bad("c", "{\"hello\":1}\n")).toContain("is neither a trace, nor a recording")
    expect(await bad("d", "{\"recording\":1}\nnonsense\n{\"at\":\"2026-01-01T00:00:00Z\",\"type\":\"END\"}\n"))
      .toContain("d:2 is not JSON")
    expect(await bad("e", "{\"recording\":1}\n{\"at\":\"soon\",\"type\":\"END\"}\n")).toContain("\"at\" is no time")
  })
})

describe.runIf(recordings.length > 0)("a real Kubernetes", () => {
  it("keeps what it is held to", async () => {
    const [promises, charts] = [new Set<string>(), new Set<string>()]
    const said: Array<string> = []
    for (const file of recordings) {
      const judged = await judgeFiles([real + file])
      for (const what of broken(judged)) if (!defects.some((defect) => defect.is(file, what))) said.push(what)
      for (const name of met(judged, false)) promises.add(name)
      for (const name of met(judged, true)) charts.add(name)
    }
    expect(said).toEqual([])
    expect(promises.size).toBeGreaterThanOrEqual(70)
    expect(charts.size).toBeGreaterThanOrEqual(11)
  })
  it("keeps it by the word of its audit logs, alone and beside a recording", async () => {
    for (const file of audits) {
      expect(broken(await judgeFiles([real + file]))).toEqual([])
      const beside = `${real}${file.replace(".audit.log.gz", ".ndjson.gz")}`
      if (!existsSync(beside)) continue
      const judged = await judgeFiles([beside, real + file])
      expect(broken(judged)).toEqual([])
      expect(met(judged, false)).toContain(
        "a pod that has a node is removed at once only when it has ended or somebody forced it")
    }
  })
  it("keeps it whenever somebody begins to look", async () => {
    for (const file of recordings) {
      const lines = linesIn(real + file)
      const first = lines.findIndex(({ type }) => type === "ADDED")
      for (const part of [0.3, 0.55, 0.8]) {
        const at = first + Math.floor((lines.length - first) * part)
        const judged = await judgeFiles([fromTheMidst(lines, at, "midst.ndjson")])
        expect([file, part, broken(judged)]).toEqual([file, part, []])
      }
    }
  })
  it("says as much to kubectl get -w", async () => {
    for (const file of recordings) {
      const judged = await judgeFiles(asWatches(linesIn(real + file), "real"))
      expect([file, broken(judged)]).toEqual([file, []])
      expect(judged.verdicts.find(({ name }) => name === "a pod is bound at most once")?.times).toBeGreaterThan(0)
    }
  })
  it("is judged by its own flags", async () => {
    const name = "a node without heartbeats becomes Unknown"
    const of = async (flags: ReadonlyArray<string>) => (await judgeFiles([`${real}chaos-1.ndjson.gz`], { flags }))
      .verdicts.find((one) => one.name === name)
    expect(await of([])).toMatchObject({ verdict: "held" })
    await expect(judgeFiles([`${real}chaos-1.ndjson.gz`], { flags: ["kube-controller-manager.node-monitor-period=x"] }))
      .rejects.toThrow("a duration as 12s")
  })
})

describe("lines of Plimsoll's own vocabulary", () => {
  it("are judged without the states that somebody else's program does not know, and without an input", async () => {
    const { drawRun } = await import("#properties/harness/draw.ts")
    const { run } = await import("#properties/harness/run.ts")
    const { properties } = await import("#properties/all.ts")
    const told: Array<object> = []
    run(drawRun(31, 4, { operations: 15, faults: 0 }), { properties, record: ({ state: _state, ...line }) => {
      told.push(line)
    } })
    const header = { plimsoll: "trace", format: 1, version: "0.1.0", why: "somebody else's" }
    const judged = await judgeFiles([write("own.ndjson", [header, ...told, { plimsoll: "end", lines: told.length }])])
    expect(broken(judged)).toEqual([])
    expect(met(judged, true).length).toBeGreaterThan(25)
    expect(judged.verdicts.filter(({ lacks }) => lacks?.includes("own run")).length).toBeGreaterThan(10)
  })
})
