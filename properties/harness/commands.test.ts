/** The command as a user meets it: mistakes get one clear sentence and exit 64, nothing is lost on Ctrl-C. */
import { spawn, spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { beforeAll, describe, expect, it } from "vitest"
import { charts } from "#model/cluster.ts"
import { mermaid } from "#model/draw.ts"
import { stale } from "#properties/harness/commands/draw.ts"

const main = fileURLToPath(new URL("../main.ts", import.meta.url))
const plimsoll = (...args: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" })
  return { status, stdout, stderr }
}
let directory = ""
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "plimsoll-"))
})

describe("a user's mistake", () => {
  const mistakes: ReadonlyArray<readonly [string, () => ReadonlyArray<string>, RegExp]> = [
    ["an unknown flag", () => ["check", "--sed", "1"], /Unrecognized flag: --sed/],
    ["an unknown command", () => ["chek"], /Unknown subcommand "chek"/],
    ["a number that is none", () => ["check", "--runs", "many"], /runs/],
    ["a number out of range", () => ["check", "--runs", "0"], /--runs 0: must be at least 1/],
    ["a missing file", () => ["replay", join(directory, "none.ndjson")], /there is no such file/],
    ["a file that is no trace", () => ["show", main], /is not JSON/],
    ["a directory instead of a file", () => ["show", directory], /it is a directory/],
    ["half of a recorded workload", () => ["check", "--nodes", "x.csv"], /--nodes and --pods go together/],
    ["a flag that needs another", () => ["check", "--machines", "3"], /--machines needs --nodes/],
    ["a planted bug that is none", () => ["bugs", "--only", "X-1"], /there is no such planted bug/],
    ["a scope that is none", () => ["model-check", "--scope", "x"], /there is no such scope/],
    ["a place that cannot be written", () => ["check", "--runs", "1", "--out", "/dev/null/x"],
      /cannot write to \/dev\/null\/x/]
  ]
  it.each(mistakes)("%s: exit 64 and a sentence", (_, args, sentence) => {
    const { status, stderr } = plimsoll(...args())
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(status).toBe(64)
  })
  it("a bad row: file, line, column, and what was expected", () => {
    const nodes = join(directory, "nodes.csv")
    const pods = join(directory, "pods.csv")
    writeFileSync(nodes, "sn,cpu_milli,memory_mib,gpu,model\nn-0,32000,lots,0,\n")
    writeFileSync(pods, "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time," +
      "deletion_time,scheduled_time\n")
    const { status, stderr } = plimsoll("check", "--nodes", nodes, "--pods", pods, "--out", directory)
    expect(stderr).toContain(`${nodes}:2: column memory_mib: expected a whole number`)
    expect(status).toBe(64)
  })
})

describe("a checkout", () => {
  it("without its packages says what to do, in a sentence", () => {
    const bare = mkdtempSync(join(tmpdir(), "plimsoll-bare-"))
    mkdirSync(join(bare, "properties"))
    const root = fileURLToPath(new URL("../../", import.meta.url))
    for (const file of ["package.json", "properties/plimsoll.js"]) copyFileSync(root + file, join(bare, file))
    const { status, stderr } = spawnSync(process.execPath, [join(bare, "properties/plimsoll.js")], { encoding: "utf8" })
    expect(stderr).toMatch(/^plimsoll: its packages are not installed: run "npm ci" in .*\n$/)
    expect(status).toBe(64)
  })
})

describe("a trace", () => {
  it("of a run that broke replays byte for byte, shows its causal past, and is judged as it was", () => {
    const recorded = fileURLToPath(new URL("../../traces/golden.ndjson", import.meta.url))
    const replayed = plimsoll("replay", recorded)
    expect(replayed.stderr).toBe("")
    expect(replayed.stdout).toMatch(/^same {2}\d+ lines, byte for byte/)
    expect(plimsoll("show", recorded, "--why").stdout).toContain("✗")
    expect(plimsoll("judge", recorded).status).toBeGreaterThan(0)
  })
  it("of another format version, cut short, or changed is refused or found out", () => {
    const recorded = readFileSync(fileURLToPath(new URL("../../traces/golden.ndjson", import.meta.url)), "utf8")
    const file = join(directory, "trace.ndjson")
    const given = (text: string) => {
      writeFileSync(file, text)
      return plimsoll("replay", file)
    }
    expect(given(recorded.replace("\"format\":1", "\"format\":2")))
      .toMatchObject({ status: 64, stderr: expect.stringContaining("format 2") })
    expect(given(recorded.slice(0, recorded.length - 40))).toMatchObject({ status: 64 })
    const changed = given(recorded.replace("\"seq\":0,\"at_ms\":0,", "\"seq\":0,\"at_ms\":1,"))
    expect(changed.status).toBe(4)
    expect(changed.stdout).toContain("differs  at line 0")
  })
})

describe("check", () => {
  it("says what it looked at, and the same seed says it again", () => {
    const once = plimsoll("check", "--seed", "3", "--runs", "1", "--no-examples", "--json", "--out", directory)
    const twice = plimsoll("check", "--seed", "3", "--runs", "1", "--no-examples", "--json", "--out", directory)
    const { wall_ms: _, times: __, ...first } = JSON.parse(once.stdout) as Record<string, unknown>
    const { wall_ms: ___, times: ____, ...second } = JSON.parse(twice.stdout) as Record<string, unknown>
    expect(first).toEqual(second)
    expect(first["lines"]).toBeGreaterThan(100)
  })
  it("keeps its results on Ctrl-C", async () => {
    const child = spawn(process.execPath,
      [main, "check", "--seed", "3", "--minutes", "5", "--json", "--out", directory])
    let text = ""
    child.stdout.on("data", (chunk: Buffer) => text += chunk.toString())
    // Loading takes a while; whenever the signal comes, the summary must come too.
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    child.kill("SIGINT")
    const status = await new Promise((resolve) => child.on("close", resolve))
    const summary = JSON.parse(text) as { readonly isAborted: boolean; readonly runs: number; readonly verdict: string }
    expect(summary.isAborted).toBe(true)
    expect(status).toBe(summary.runs === 0 ? 5 : { held: 0, unknown: 5 }[summary.verdict] ?? -1)
  })
})

describe("the drawn charts", () => {
  it("say what the charts say", async () => {
    expect(await stale(), "run npm run draw").toEqual([])
  })
  it("stand in the README as they are", () => {
    const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8")
    expect(readme).toContain(mermaid(charts["leader-election.elector"]!))
  })
})
