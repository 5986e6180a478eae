/** The recorder against a server of the test's own, which breaks as servers and networks do. Nothing waits for time. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough, Readable, Writable } from "node:stream"
import { gunzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { linesOf } from "#properties/harness/record/lines.ts"
import { membersOf, revisionOf } from "#properties/harness/record/raw.ts"
import { record, type Progress, type Recorded } from "#properties/harness/record/recorder.ts"
import { TestServer } from "#properties/harness/record/test-server.ts"
import { Writer } from "#properties/harness/record/writer.ts"

interface Line {
  readonly type: string; readonly resource?: string; readonly code?: number; readonly resourceVersion?: string
  readonly at: string; readonly why?: string
  readonly object?: { readonly metadata: { readonly name?: string; readonly resourceVersion: string }
    readonly items?: ReadonlyArray<{ readonly metadata: { readonly name: string } }> }
}

let server = new TestServer()
let address = ""
let directory = ""
let running: Running | undefined
beforeEach(async () => {
  server = new TestServer()
  address = await server.start()
  directory = mkdtempSync(join(tmpdir(), "plimsoll-record-"))
})
afterEach(async () => {
  await running?.stop().catch(() => undefined)
  running = undefined
  server.stop()
})

const kubeconfig = (user: object = {}): string => {
  const file = join(directory, "kubeconfig")
  // YAML is a superset of JSON.
  writeFileSync(file, JSON.stringify({
    "current-context": "here", contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: address } }], users: [{ name: "u", user }]
  }))
  return file
}

interface Running {
  readonly progress: Progress
  readonly waits: ReadonlyArray<number>
  readonly tally: (resource: string) => Progress["watches"][number]["tally"]
  readonly isWatched: (resource: string) => boolean
  readonly until: (isSo: () => boolean) => Promise<void>
  readonly stop: () => Promise<{ readonly recorded: Recorded; readonly text: string; readonly lines: ReadonlyArray<Line>
    readonly header: Record<string, unknown> }>
}

/** Pauses are over at once, and told. */
const begin = async (
  resources: ReadonlyArray<string>, given: { readonly out?: string; readonly user?: object
    readonly flags?: ReadonlyArray<string> } = {}
): Promise<Running> => {
  const stop = new AbortController()
  const out = join(directory, given.out ?? "run.ndjson")
  const waits: Array<number> = []
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const begun = Promise.withResolvers<Progress>()
  const ended = record({
    kubeconfig: kubeconfig(given.user), context: undefined, out, resources, flags: given.flags ?? [], scenario: "",
    why: "", by: "test"
  }, {
    now: Date.now, chance: () => 0, stop: stop.signal, begun: begun.resolve,
    wait: async (ms) => {
      waits.push(ms)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  const progress = await Promise.race([begun.promise, ended.then(() => begun.promise)])
  const tally: Running["tally"] = (resource) => progress.watches.find(({ kind }) => kind.resource === resource)!.tally
  running = {
    progress, waits, until, tally,
    // Both have to say so: the recorder may not have noticed yet that its watch has ended.
    isWatched: (resource) => server.watches(resource) === 1 && tally(resource).isOpen,
    stop: async () => {
      stop.abort()
      const recorded = await ended
      const text = (out.endsWith(".gz") ? gunzipSync(readFileSync(out)) : readFileSync(out)).toString("utf8")
      const [header, ...lines] = text.trimEnd().split("\n").map((line) => JSON.parse(line) as unknown)
      return { recorded, text, header: header as Record<string, unknown>, lines: lines as ReadonlyArray<Line> }
    }
  }
  return running
}
const shapes = (lines: ReadonlyArray<Line>): ReadonlyArray<string> => lines.map(({ object, resourceVersion, type }) =>
  [type, resourceVersion ?? object?.items?.map(({ metadata }) => metadata.name).join("+") ??
    object?.metadata?.name ?? ""].join(" ").trim())

describe("a recording", () => {
  it("is a header, a list and a watch of each kind, what came, and an end", async () => {
    server.put("pods", "a")
    const one = await begin(["pods", "nodes"], { out: "run.ndjson.gz" })
    await one.until(() => one.isWatched("pods") && one.isWatched("nodes"))
    server.put("nodes", "n")
    server.put("pods", "b")
    server.remove("pods", "a")
    server.bookmark("pods")
    await one.until(() => one.tally("pods").bookmarks === 1 && one.tally("nodes").changes === 1)
    const { header, lines, recorded } = await one.stop()
    expect(header).toMatchObject({ recording: 1, scenario: "here", flags: {}, versions: { apiserver: "v1.36.3" } })
    expect(shapes(lines.filter(({ resource }) => resource === "pods"))).toEqual(
      ["LIST a", "OPENED 101", "ADDED b", "DELETED a", "BOOKMARK"])
    expect(shapes(lines.filter(({ resource }) => resource === "nodes"))).toEqual(["LIST", "OPENED 101", "ADDED n"])
    expect(lines.at(-1)).toEqual({ at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), type: "END" })
    expect(recorded).toMatchObject({ failed: undefined, lines: lines.length + 1, missing: [] })
    expect(server.count("allowWatchBookmarks=true&resourceVersion=101&timeoutSeconds=300")).toBe(2)
  })
  it("keeps bodies as they came", async () => {
    const odd = ",\"z\":1,\"10\":12345678901234567890,\"2\":1.0e3,\"s\":\"}{\\\"]\\u00e9\u00e9\\\\\",\"n\":null"
    server.put("pods", "a", odd)
    const one = await begin(["pods"])
    await one.until(() => one.isWatched("pods"))
    server.put("pods", "b", odd)
    await one.until(() => one.tally("pods").changes === 1)
    const { text } = await one.stop()
    expect(text).toContain(`"items":[{"metadata":{"name":"a","resourceVersion":"101"}${odd}}]}}\n`)
    expect(text).toContain(`"type":"ADDED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"b",` +
      `"resourceVersion":"102"}${odd}}}\n`)
  })
  it("has a large list on one line", async () => {
    for (let i = 0; i < 7; i++) server.put("pods", `p${i}`)
    server.page = 3
    const one = await begin(["pods"])
    await one.until(() => one.isWatched("pods"))
    const { lines } = await one.stop()
    expect(shapes(lines)).toEqual(["LIST p0+p1+p2+p3+p4+p5+p6", "OPENED 107", "END"])
    expect(lines[0]!.object!.metadata).toEqual({ resourceVersion: "107" })
    expect(server.count("limit=500&continue=")).toBe(2)
  })
  it("begins a list anew when its snapshot is compacted between two pages", async () => {
    for (let i = 0; i < 4; i++) server.put("pods", `p${i}`)
    server.page = 2
    server.beforeNextPage = () => {
      server.beforeNextPage = undefined
      server.put("pods", "p4")
      server.compact()
    }
    const one = await begin(["pods"])
    await one.until(() => one.isWatched("pods"))
    const { lines } = await one.stop()
    expect(shapes(lines)).toEqual(["FAILED", "LIST p0+p1+p2+p3+p4", "OPENED 105", "END"])
  })
})

describe("a watch that ends", () => {
  it.each(["end", "cut"] as const)("(%s) goes on from where it stood, without loss and without a second time",
    async (how) => {
      const one = await begin(["pods"])
      await one.until(() => one.isWatched("pods"))
      server.put("pods", "a")
      await one.until(() => one.tally("pods").changes === 1)
      server.close("pods", how)
      server.put("pods", "b")
      server.put("pods", "a")
      await one.until(() => one.tally("pods").changes === 3)
      const { lines } = await one.stop()
      expect(shapes(lines)).toEqual(
        ["LIST", "OPENED 100", "ADDED a", "CLOSED 101", "OPENED 101", "ADDED b", "MODIFIED a", "END"])
      expect(one.tally("pods")).toMatchObject({ lists: 1, resumed: 1 })
    })
  it("goes on from the bookmark when that came last", async () => {
    const one = await begin(["pods", "nodes"])
    await one.until(() => one.isWatched("pods"))
    server.put("nodes", "n")
    server.bookmark("pods")
    await one.until(() => one.tally("pods").bookmarks === 1)
    server.compact()
    server.close("pods", "cut")
    await one.until(() => one.isWatched("pods"))
    const { lines } = await one.stop()
    expect(shapes(lines.filter(({ resource }) => resource === "pods"))).toEqual(
      ["LIST", "OPENED 100", "BOOKMARK", "CLOSED 101", "OPENED 101"])
  })
  it.each([["the code", ["FAILED 101"]], ["an event", ["OPENED 101", "ERROR", "CLOSED 101"]]] as const)(
    "at a revision that is compacted (told by %s): listed anew, so that the difference shows",
    async (tells, between) => {
      server.tells410 = tells === "the code" ? "code" : "event"
      const one = await begin(["pods"])
      await one.until(() => one.isWatched("pods"))
      server.put("pods", "a")
      await one.until(() => one.tally("pods").changes === 1)
      server.close("pods", "cut")
      server.put("pods", "b")
      server.remove("pods", "a")
      server.compact()
      await one.until(() => one.tally("pods").lists === 2 && one.isWatched("pods"))
      server.put("pods", "c")
      await one.until(() => one.tally("pods").changes === 2)
      const { lines } = await one.stop()
      expect(shapes(lines)).toEqual(
        ["LIST", "OPENED 100", "ADDED a", "CLOSED 101", ...between, "LIST b", "OPENED 103", "ADDED c", "END"])
      expect(one.tally("pods")).toMatchObject({ lists: 2, resumed: 0 })
      if (tells === "the code") expect(lines.find(({ code }) => code === 410)).toMatchObject({ type: "FAILED" })
    })
})

describe("a server that refuses", () => {
  it("is asked again, ever later, and not before it wants to be", async () => {
    server.refuse("pods", { code: 503, times: 4, retryAfter_s: 3 })
    const one = await begin(["pods"])
    await one.until(() => one.isWatched("pods"))
    expect(one.waits).toEqual([3_000, 3_000, 3_000, 4_000])
    server.put("pods", "a")
    await one.until(() => one.tally("pods").changes === 1)
    server.refuse("pods", { code: 500, times: 8, of: "watch=true" })
    server.close("pods", "end")
    await one.until(() => one.isWatched("pods"))
    expect(one.waits.slice(4)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    const { lines } = await one.stop()
    expect(lines[0]).toMatchObject({ type: "FAILED", code: 503, why: "no pods now (503)" })
    expect(lines.filter(({ type }) => type === "LIST")).toHaveLength(1)
  })
  it("is not pressed when it forgets each revision at once", async () => {
    server.refuse("pods", { code: 410, times: 5, of: "watch=true" })
    const one = await begin(["pods"])
    await one.until(() => one.isWatched("pods"))
    expect(one.waits).toEqual([1_000, 2_000, 4_000, 8_000])
    await one.stop()
  })
  it("is not pressed when it ends each watch at once", async () => {
    const one = await begin(["pods"])
    for (let i = 0; i < 3; i++) {
      await one.until(() => one.isWatched("pods"))
      server.close("pods", "end")
    }
    await one.until(() => one.isWatched("pods"))
    expect(one.waits).toEqual([500, 1_000, 2_000])
    await one.stop()
  })
  it("one kind for good: it is left out, and the others go on", async () => {
    server.refuse("nodes", { code: 403, times: Infinity })
    const one = await begin(["pods", "nodes"])
    await one.until(() => one.isWatched("pods") && one.tally("nodes").trouble !== undefined)
    server.put("pods", "a")
    await one.until(() => one.tally("pods").changes === 1)
    const { lines } = await one.stop()
    expect(lines.filter(({ resource }) => resource === "nodes")).toMatchObject([{ type: "FAILED", code: 403 }])
    expect(server.count("GET /api/v1/nodes?limit=500")).toBe(2) // what the cluster is, and the one list
  })
})

describe("who asks", () => {
  it("is a plugin's token, asked for anew when it is no longer accepted", async () => {
    server.token = "first"
    const token = join(directory, "token")
    writeFileSync(token, "first")
    const script = "process.stdout.write(JSON.stringify({kind:'ExecCredential',status:{token:" +
      "require('node:fs').readFileSync(process.argv[1],'utf8')}}))"
    const one = await begin(["pods"], { user: { exec: {
      apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: ["-e", script, token] } } })
    await one.until(() => one.isWatched("pods"))
    server.token = "second"
    writeFileSync(token, "second")
    server.close("pods", "end")
    await one.until(() => one.isWatched("pods"))
    const { lines } = await one.stop()
    expect(shapes(lines)).toEqual(["LIST", "OPENED 100", "CLOSED 100", "FAILED 100", "OPENED 100", "END"])
    expect(lines.find(({ type }) => type === "FAILED")).toMatchObject({ code: 401 })
  })
})

describe("the header", () => {
  it("has versions, and flags that differ, read where one may and given where not", async () => {
    const pod = (name: string, tag: string, command: ReadonlyArray<string>) =>
      ({ metadata: { name }, spec: { containers: [{ image: `registry:5000/x:${tag}`, command }] } })
    server.extra.set("/api/v1/namespaces/kube-system/pods", { items: [
      pod("kube-controller-manager-a", "v1.36.3", ["kube-controller-manager", "--leader-elect=true",
        "--node-monitor-grace-period=0m12s", "--node-monitor-period=5000ms", "--kubeconfig=/etc/kubernetes/x.conf"]),
      pod("etcd-a", "3.6.16-0", ["sh", "-c", "exec /usr/bin/etcd --heartbeat-interval 250 --data-dir=/var/lib"]),
      pod("coredns-x", "v1.14", ["/coredns"])
    ] })
    server.extra.set("/api/v1/nodes/n/proxy/configz",
      { kubeletconfig: { nodeStatusUpdateFrequency: "20s", maxPods: 110, syncFrequency: "1m0s" } })
    server.put("nodes", "n", ",\"status\":{\"nodeInfo\":{\"kubeletVersion\":\"v1.36.1\"}}")
    const one = await begin(["pods"], { flags: ["kube-scheduler.kube-api-qps=5000",
      "kube-controller-manager.node-monitor-grace-period=13s"] })
    const { header, recorded } = await one.stop()
    expect(header["flags"]).toEqual({
      "kube-controller-manager": "--node-monitor-grace-period=13s", etcd: "--heartbeat-interval=250",
      kubelet: "--node-status-update-frequency=20s", "kube-scheduler": "--kube-api-qps=5000"
    })
    expect(header["versions"]).toEqual(
      { apiserver: "v1.36.3", "kube-controller-manager": "v1.36.3", etcd: "3.6.16-0" })
    expect(header["nodes"]).toBe("1 kubelet v1.36.1")
    expect(recorded.notes).toEqual([expect.stringContaining("no pod of kube-scheduler, kube-apiserver")])
  })
  it("cannot be had of what is no cluster, and nothing is written", async () => {
    server.refuse("version", { code: 401, times: 1 })
    await expect(begin(["pods"])).rejects.toThrow(/does not accept the credentials/)
    server.refuse("version", { code: 404, times: 1 })
    await expect(begin(["pods"])).rejects.toThrow(/is no API server/)
    await expect(begin(["deployment"])).rejects.toThrow(/known are configmaps, .*deployments/)
    await expect(begin(["jobs"])).rejects.toThrow(/serves none of these kinds: jobs/)
    await expect(begin(["pods"], { flags: ["x=1"] })).rejects.toThrow(/COMPONENT\.FLAG=VALUE/)
    server.stop()
    await expect(begin(["pods"])).rejects.toThrow(/cannot reach .*: the connection was refused/)
    expect(() => readFileSync(join(directory, "run.ndjson"))).toThrow(/ENOENT/)
  })
})

describe("the file", () => {
  it("that has something in it is never written over", async () => {
    writeFileSync(join(directory, "run.ndjson"), "x")
    await expect(begin(["pods"])).rejects.toThrow(/is there already/)
    await expect(begin(["pods"], { out: "none/run.ndjson" })).rejects.toThrow(/there is no such file/)
  })
  it("that has no more room ends the recording, and what is there stays", async () => {
    const kept: Array<string> = []
    const full = new Writable({
      write: (chunk: Buffer, _, done) => {
        if (kept.length === 2) return done(Object.assign(new Error("write"), { code: "ENOSPC" }))
        kept.push(chunk.toString())
        done()
      }
    })
    const failed = Promise.withResolvers<void>()
    const writer = new Writer(full, false, () => 0, failed.resolve)
    writer.header({ recording: 1 })
    void writer.mark({ type: "LIST" }, ["{}"])
    await failed.promise
    await writer.mark({ type: "END" })
    await writer.end()
    expect(writer.failed).toBe("the disk is full")
    expect(kept.join("")).toBe("{\"recording\":1}\n{\"at\":\"1970-01-01T00:00:00.000Z\",\"type\":\"LIST\",\"object\":")
  })
  it("waits for a disk that is slow", async () => {
    const slow = new PassThrough({ highWaterMark: 10 })
    const writer = new Writer(slow, false, () => 0, () => undefined)
    let isWritten = false
    const waiting = writer.mark({ type: "LIST" }, ["x".repeat(100)])!.then(() => {
      isWritten = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isWritten).toBe(false)
    slow.resume()
    await waiting
    await writer.end()
  })
})

describe("text", () => {
  it("is cut into lines of bytes, and what does not end is none", async () => {
    const bytes = Buffer.from("é\n\nzwei\nrest")
    const chunks = [...bytes].map((byte) => Buffer.from([byte]))
    const lines: Array<string> = []
    for await (const line of linesOf(Readable.from(chunks))) lines.push(line)
    expect(lines).toEqual(["é", "", "zwei"])
  })
  it("that is an object is cut into its members", () => {
    expect([...membersOf(" { \"a\" : [1, {\"}\":2}] ,\"b\\\"\":\"x\\\\\",\"c\":-1e3 } \n")!])
      .toEqual([["a", "[1, {\"}\":2}]"], ["b\"", "\"x\\\\\""], ["c", "-1e3"]])
    for (const text of ["", "[]", "{", "{\"a\":}", "{\"a\":1", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":1}x", "{\"a\":\"}"]) {
      expect(membersOf(text), text).toBeUndefined()
    }
    expect(revisionOf("{\"spec\":{\"metadata\":{}},\"metadata\":{\"resourceVersion\":\"7\"}}")).toBe("7")
  })
})
