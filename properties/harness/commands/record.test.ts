/** plimsoll record as a user meets it: its end on a signal, its sentences for mistakes. */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { TestServer } from "#properties/harness/record/test-server.ts"

const main = fileURLToPath(new URL("../../main.ts", import.meta.url))
const server = new TestServer()
let directory = ""
let kubeconfig = ""
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "plimsoll-record-"))
  kubeconfig = join(directory, "config")
  writeFileSync(kubeconfig, `
current-context: here
contexts: [{name: here, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "${await server.start()}/"}}]
users: [{name: u, user: {}}]
`)
})
afterAll(() => server.stop())

/** Not spawnSync: the server is in this process. */
const plimsoll = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [main, "record", ...args])
  const said = { stdout: "", stderr: "" }
  child.stdout.on("data", (chunk: Buffer) => said.stdout += chunk.toString())
  child.stderr.on("data", (chunk: Buffer) => said.stderr += chunk.toString())
  const ended = new Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>(
    (resolve) => child.on("close", (status) => resolve({ status, ...said })))
  return { child, ended }
}

describe("record", () => {
  it("ends its file on a signal, and says what is in it", async () => {
    server.put("pods", "a")
    const out = join(directory, "run.ndjson.gz")
    const { child, ended } = plimsoll("--kubeconfig", kubeconfig, "--resources", "pods", "--out", out)
    while (server.watches("pods") === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    child.kill("SIGTERM")
    const { status, stderr, stdout } = await ended
    expect(stderr).toContain("recording 1 kind of here, v1.36.3; Ctrl-C ends it")
    expect(stdout).toMatch(/^recorded {2}here for \d+ s: 1 kind, \d lines → /)
    expect(status).toBe(0)
    const lines = gunzipSync(readFileSync(out)).toString("utf8").trimEnd().split("\n")
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: "END" })
  })
  it("keeps what it has when there is no more room, and says so", async () => {
    if (!existsSync("/dev/full")) return
    const { ended } = plimsoll("--kubeconfig", kubeconfig, "--resources", "pods", "--out", "/dev/full")
    const { status, stderr } = await ended
    expect(stderr).toMatch(/plimsoll: cannot write \/dev\/full any more: the disk is full; .* is kept\n$/)
    expect(status).toBe(64)
  })
  it("of what may not be listed records nothing, and says why", async () => {
    server.refuse("nodes", { code: 403, times: Infinity })
    const out = join(directory, "none.ndjson")
    const { status, stderr } = await plimsoll("--kubeconfig", kubeconfig, "--resources", "nodes", "--out", out).ended
    expect(stderr).toMatch(/plimsoll: nothing was recorded: no nodes now \(403\)\n$/)
    expect(status).toBe(64)
  })
})

describe("a mistake", () => {
  const mistakes: ReadonlyArray<readonly [string, () => ReadonlyArray<string>, RegExp]> = [
    ["a kubeconfig that is not there", () => ["--kubeconfig", join(directory, "no")],
      /cannot read the kubeconfig .*no: there is no such file/],
    ["one that is something else", () => ["--kubeconfig", main], /cannot read the kubeconfig/],
    ["a context that is not in it", () => ["--kubeconfig", kubeconfig, "--context", "x"],
      /has no context x; choose one with --context: here/],
    ["a duration that is none", () => ["--kubeconfig", kubeconfig, "--for", "5"], /--for 5: expected a duration/]
  ]
  it.each(mistakes)("%s: exit 64 and a sentence", (_, args, sentence) => {
    const { status, stderr } = spawnSync(process.execPath, [main, "record", "--out", join(directory, "x"), ...args()],
      { encoding: "utf8" })
    expect(stderr).toMatch(sentence)
    expect(stderr.trimEnd().split("\n")).toHaveLength(1)
    expect(status).toBe(64)
  })
})
