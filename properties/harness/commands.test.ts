/** The command as a user meets it: mistakes get one clear sentence and exit 64, nothing is lost on Ctrl-C. */
import { spawn, spawnSync } from "node:child_process"
import {
  copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
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

describe("an input without lines", () => {
  it("is recorded by replay --to, and only so", () => {
    const golden = readFileSync(fileURLToPath(new URL("../../traces/golden.ndjson", import.meta.url)), "utf8")
    const file = join(directory, "no-lines.ndjson")
    writeFileSync(file, `${golden.split("\n")[0]!}\n{"plimsoll":"end","lines":0}\n`)
    expect(plimsoll("replay", file)).toMatchObject({ status: 64, stderr: expect.stringContaining("--to FILE") })
    expect(plimsoll("replay", file, "--to", file)).toMatchObject({ status: 0 })
    expect(readFileSync(file, "utf8")).toBe(golden)
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

describe("a campaign in shares", () => {
  const shares = [join(tmpdir(), "unset"), join(tmpdir(), "unset")]
  const results = (of: string) => readdirSync(of).filter((file) => file.startsWith("results-"))
  beforeAll(() => {
    for (const i of [0, 1]) {
      shares[i] = mkdtempSync(join(tmpdir(), "plimsoll-share-"))
      const { status } = plimsoll("check", "--seed", "3", "--runs", "4", "--no-examples", "--jobs", "1",
        "--shard", `${i + 1}/2`, "--out", shares[i]!)
      expect(status).toBe(0)
    }
  })
  const merge = (...args: ReadonlyArray<string>) => plimsoll("merge", ...args, "--out", directory)

  it("is one campaign when it is put together, with JUnit for who wants it", () => {
    const file = join(directory, "junit.xml")
    const { status, stdout } = merge(...shares, "--json", "--junit", file)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "held", runs: 4, seed: 3, failures: [], unfinished: [] })
    expect(status).toBe(0)
    const xml = readFileSync(file, "utf8")
    expect(xml).toMatch(/<testsuites tests="\d+" failures="0" errors="0" skipped="\d+"/)
    expect(xml).toContain("<testcase classname=\"plimsoll.campaign\" name=\"the campaign is complete\"/>")
  })
  it("of which one is missing, or did not come to its end, is unknown", () => {
    const missing = merge(shares[0]!)
    expect([missing.status, missing.stdout]).toEqual([5, expect.stringContaining("share 2 of 2 is missing")])
    const cut = mkdtempSync(join(tmpdir(), "plimsoll-cut-"))
    const [name] = results(shares[1]!)
    const text = readFileSync(join(shares[1]!, name!), "utf8")
    // Killed while it wrote the line of its second run.
    const lines = text.split("\n")
    const first = lines.findIndex((line) => line.includes("\"ran\""))
    writeFileSync(join(cut, name!), `${lines.slice(0, first + 1).join("\n")}\n${lines[first + 1]!.slice(0, 50)}`)
    const half = merge(shares[0]!, cut, "--json")
    expect([half.status, JSON.parse(half.stdout)]).toMatchObject([5,
      { runs: 3, verdict: "unknown", unfinished: ["share 2 of 2 did not come to its end"] }])
  })
  it("may have been run by machines of different size", () => {
    const two = mkdtempSync(join(tmpdir(), "plimsoll-two-"))
    plimsoll("check", "--seed", "3", "--runs", "4", "--no-examples", "--jobs", "2", "--shard", "2/2", "--out", two)
    expect(results(two)).toEqual(["results-2-of-2.1-of-2.ndjson", "results-2-of-2.2-of-2.ndjson"])
    expect(JSON.parse(merge(shares[0]!, two, "--json").stdout)).toMatchObject({ verdict: "held", runs: 4 })
  })
  it("refuses what does not belong together", () => {
    expect(merge(shares[0]!, shares[0]!).stderr).toContain("that share is there twice")
    const other = mkdtempSync(join(tmpdir(), "plimsoll-other-"))
    const [name] = results(shares[1]!)
    writeFileSync(join(other, name!), readFileSync(join(shares[1]!, name!), "utf8").replace("\"seed\":3", "\"seed\":4"))
    expect(merge(shares[0]!, other)).toMatchObject({ status: 64, stderr: expect.stringContaining("another campaign") })
    expect(merge(mkdtempSync(join(tmpdir(), "plimsoll-none-")))).toMatchObject({ status: 64 })
    expect(plimsoll("check", "--shard", "3/2", "--seed", "1")).toMatchObject({ status: 64,
      stderr: expect.stringContaining("--shard 3/2: expected I/N") })
    expect(plimsoll("check", "--shard", "1/2")).toMatchObject({ status: 64 })
  })
  it("loses nothing that was over when it is killed", async () => {
    const out = mkdtempSync(join(tmpdir(), "plimsoll-killed-"))
    const child = spawn(process.execPath, [main, "check", "--seed", "3", "--minutes", "5", "--no-examples",
      "--jobs", "1", "--out", out])
    const written = (): number => results(out).map((file) =>
      readFileSync(join(out, file), "utf8").split("\n").filter((line) => line.includes("\"ran\"")).length)
      .reduce((a, b) => a + b, 0)
    while (written() < 4) await new Promise((resolve) => setTimeout(resolve, 100))
    child.kill("SIGKILL")
    await new Promise((resolve) => child.on("close", resolve))
    const { status, stdout } = merge(out, "--json")
    const summary = JSON.parse(stdout) as { readonly runs: number; readonly unfinished: unknown }
    expect([status, summary.unfinished]).toEqual([5, ["share 1 of 1 did not come to its end"]])
    expect(summary.runs).toBeGreaterThanOrEqual(3)
  })
  it("ends its processes when the one that shares it is killed", async () => {
    const out = mkdtempSync(join(tmpdir(), "plimsoll-orphans-"))
    const parent = spawn(process.execPath, [main, "check", "--seed", "3", "--minutes", "5", "--no-examples",
      "--jobs", "2", "--out", out], { stdio: "ignore" })
    const all = () => results(out).map((file) => readFileSync(join(out, file), "utf8"))
    const until = async (isSo: () => boolean) => {
      while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await until(() => all().length === 2 && all().every((text) => text.includes("\"ran\"")))
    parent.kill("SIGKILL")
    await until(() => all().every((text) => text.includes("the campaign was stopped")))
  })
})

describe("a scope of somebody's own", () => {
  const scope = (limit: number) => `
    export const mine = {
      name: "mine", says: "pods end",
      components: {}, channels: {}, always: { "one is less than ${limit}": () => 1 < ${limit} }
    }`
  it("is searched, and breaks what it breaks", () => {
    const file = join(directory, "scope.ts")
    writeFileSync(file, scope(2))
    const searched = plimsoll("model-check", "--file", file)
    expect(searched).toMatchObject({ status: 0, stdout: expect.stringContaining("mine") })
    writeFileSync(file, scope(1))
    expect(plimsoll("model-check", "--file", file)).toMatchObject({ status: 1 })
  })
  it("is asked for in a sentence where there is none", () => {
    const file = join(directory, "no-scope.ts")
    writeFileSync(file, "export const x = 1\n")
    expect(plimsoll("model-check", "--file", file)).toMatchObject({ status: 64,
      stderr: expect.stringContaining("exports no scope") })
    writeFileSync(file, "export const x = \n")
    expect(plimsoll("model-check", "--file", file)).toMatchObject({ status: 64,
      stderr: expect.stringContaining("cannot be loaded") })
    expect(plimsoll("model-check", "--file", join(directory, "nowhere.ts"))).toMatchObject({ status: 64 })
  })
})

describe("the Indexed Job", () => {
  const root = fileURLToPath(new URL("../../", import.meta.url))
  const manifest = readFileSync(`${root}deploy/job.yaml`, "utf8")
  it("gives each index its share, and what its pods print is merged", () => {
    const script = /args:\n +- \|\n((?: {14}.*\n)+)/.exec(manifest)![1]!.replaceAll(/^ {14}/gm, "")
    const out = mkdtempSync(join(tmpdir(), "plimsoll-job-"))
    for (const index of ["0", "1"]) {
      const env = { ...process.env, SEED: "3", SHARDS: "2", LENGTH: "--runs 2 --no-examples",
        JOB_COMPLETION_INDEX: index, RESULTS: mkdtempSync(join(tmpdir(), "plimsoll-pod-")),
        PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` }
      const { status, stdout } = spawnSync("sh", ["-c", script], { cwd: root, env, encoding: "utf8" })
      expect(status).toBe(0)
      writeFileSync(join(out, `results-pod-${index}.ndjson`), stdout)
    }
    const { status, stdout } = plimsoll("merge", out, "--json", "--out", directory)
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { runs: 2, seed: 3, verdict: "held" }])
  })
  it("names as many shares as it has completions", () => {
    const shares = /name: SHARDS, value: "(\d+)"/.exec(manifest)![1]
    expect([/completions: (\d+)/.exec(manifest)![1], /parallelism: (\d+)/.exec(manifest)![1]]).toEqual([shares, shares])
  })
  it("has an image with all that the command reads", () => {
    const recipe = readFileSync(`${root}deploy/Containerfile`, "utf8")
    const image = mkdtempSync(join(tmpdir(), "plimsoll-image-"))
    const copied = [...recipe.matchAll(/^COPY (?:(.+) \.\/|(\S+) \2)$/gm)]
      .flatMap(([, files, directory]) => (files ?? directory!).split(" "))
    for (const one of copied) cpSync(root + one, join(image, one), { recursive: true })
    symlinkSync(`${root}node_modules`, join(image, "node_modules"))
    const { status, stdout } = spawnSync(process.execPath, [join(image, "properties/main.ts"), "check", "--seed", "3",
      "--runs", "1", "--out", join(image, "out")], { cwd: image, encoding: "utf8" })
    expect([status, stdout]).toEqual([0, expect.stringContaining("held")])
  })
})
