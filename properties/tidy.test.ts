/** Is the house in order? What a linter cannot see: the import graph, parallel names, chart headers, sizes. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"

const root = new URL("../", import.meta.url).pathname
const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .split("\n").filter((file) => file !== "" && existsSync(root + file))
const sources = listed.filter((file) => /^(model|impl|properties|traces)\/.*\.ts$/.test(file))
const text = new Map(sources.map((file) => [file, readFileSync(root + file, "utf8")]))

interface Import { readonly file: string; readonly target: string; readonly typeOnly: boolean }
const importing = /^(import|export)\s+(type\s+)?(?:[^"';]*?from\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gms
const imports: ReadonlyArray<Import> = sources.flatMap((file) =>
  [...text.get(file)!.matchAll(importing)].map((match) => ({
    file,
    target: match[3] ?? match[4]!,
    typeOnly: match[2] !== undefined || /^import\s+\{(\s*type [^,}]+,?)+\s*\}/.test(match[0])
  })))

const wing = (path: string): string => path.replace(/^#/, "").split("/")[0]!
const local = (entry: Import): boolean => entry.target.startsWith("#")
const isTest = (file: string): boolean => file.endsWith(".test.ts")
/** "kubelet" for impl/kubelet.ts and impl/kubelet/anything.ts, "controllers/job" for impl/controllers/job/sync.ts. */
const component = (path: string): string => {
  const [, first, second] = path.replace(/^#/, "").split("/")
  return (first === "controllers" ? `${first}/${second!}` : first!).replace(/\.ts$/, "")
}
const name = (entry: Import): string => `${entry.file} imports ${entry.target}`
/** What the code of a wing, without its tests, imports of the house. */
const importsOf = (from: string): ReadonlyArray<Import> =>
  imports.filter((entry) => local(entry) && !isTest(entry.file) && wing(entry.file) === from)

/** Code without comments and strings, for a search of banned words. */
const code = (file: string): string =>
  text.get(file)!.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/[^\n]*/g, "").replace(/"(?:[^"\\\n]|\\.)*"/g, "\"\"")

const libraries = ["client", "informer", "work-queue", "leader-election", "controller"]
/** Each controller is found by its file: a new one is listed nowhere here. */
const controllers = sources.map((file) => /^impl\/(controllers\/[^/.]+)\.ts$/.exec(file)?.[1])
  .filter((one) => one !== undefined)
const components = [
  "hardware", "container-runtime", "kubelet", "etcd", "api-server", "client", "informer", "work-queue",
  "leader-election", "controller", "controller-manager", "scheduler", ...controllers
]
/** A life that several components write has no impl file of its own. */
const withoutImpl = ["pod"]
const shared = ["ports", "journal"]

describe("the import graph", () => {
  it("is not empty", () => {
    expect(sources.length).toBeGreaterThan(80)
    expect(imports.filter(local).length).toBeGreaterThan(200)
  })
  it("names the wing in every import", () => {
    expect(imports.filter((entry) => entry.target.startsWith(".")).map(name)).toEqual([])
  })
  it("runs down only", () => {
    const below: Readonly<Record<string, ReadonlyArray<string>>> = {
      model: ["model"], impl: ["impl", "model"], traces: ["traces", "model"],
      properties: ["properties", "traces", "impl", "model"]
    }
    const upwards = Object.entries(below).flatMap(([from, wings]) =>
      importsOf(from).filter(({ target }) => !wings.includes(wing(target))))
    expect(upwards.map(name)).toEqual([])
  })
  it("lets traces/ see the vocabulary and nothing else", () => {
    const seen = importsOf("traces").filter(({ target }) => wing(target) === "model" && target !== "#model/events.ts")
    expect(seen.map(name)).toEqual([])
  })
  it("lets impl/ import charts as types only", () => {
    const values = importsOf("impl").filter(({ target, typeOnly }) => wing(target) === "model" && !typeOnly &&
      !/^#model\/(events|objects|limits|kinds)(\/|\.ts$)/.test(target))
    expect(values.map(name)).toEqual([])
  })
  it("keeps components from each other", () => {
    expect(importsOf("impl").filter((entry) => {
      if (wing(entry.target) !== "impl") return false
      const [from, to] = [component(entry.file), component(entry.target)]
      if (from === to || from === "cluster" || shared.includes(to) || from === "sim" || from === "ports") return false
      return !libraries.includes(to)
    }).map(name)).toEqual([])
  })
  it("lets only the wiring see the simulated world", () => {
    const peeping = importsOf("impl").filter(({ file, target }) => /^#impl\/(sim|http)\//.test(target) &&
      !["sim", "http", "cluster"].includes(component(file)))
    expect(peeping.map(name)).toEqual([])
  })
  it("keeps the promises of a component blind to its code", () => {
    const promises = [...components, ...withoutImpl]
    expect(importsOf("properties").filter(({ file, target }) =>
      promises.includes(component(file)) && wing(target) === "impl").map(name)).toEqual([])
  })
})

describe("promises and engine", () => {
  const isEngine = (path: string): boolean => /^#?properties\/(harness\/|main\.ts$)/.test(path)
  it("are apart: a promise never imports the engine", () => {
    const guilty = importsOf("properties").filter(({ file, target }) => !isEngine(file) && isEngine(target))
    expect(guilty.map(name)).toEqual([])
  })
  it("run down within the engine: commands, then strength, search, run and bench, "
    + "then judge, users, draw, differential, record", () => {
    const floors = [["commands"], ["strength", "search", "run", "bench", "foreign"],
      ["judge", "users", "draw", "differential", "record"]]
    const floor = (path: string): number => {
      const part = /^#?properties\/harness\/([a-z-]+)/.exec(path)?.[1] ?? ""
      return floors.findIndex((parts) => parts.includes(part))
    }
    const engine = imports.filter((entry) => isEngine(entry.file) && isEngine(entry.target) && !isTest(entry.file))
    expect(engine.length).toBeGreaterThan(50)
    expect(engine.filter((entry) => floor(entry.file) > floor(entry.target)).map(name)).toEqual([])
  })
})

describe("time and chance", () => {
  it("come from the world in model/ and impl/", () => {
    const words = ["Date", "Math\\.random", "performance", "setTimeout", "setInterval", "setImmediate",
      "queueMicrotask", "crypto", "Promise", "async", "await", "globalThis", "process\\.(hrtime|nextTick)"]
    const banned = new RegExp(`\\b(${words.join("|")})\\b(?!:)`)
    // Between stamps and milliseconds one file converts, for all.
    const converts = "model/objects/time.ts"
    const guilty = sources
      .filter((file) => /^(model|impl)\//.test(file) && !/^impl\/(sim|http)\//.test(file) && !isTest(file)
        && file !== converts && !file.endsWith(".d.ts"))
      .flatMap((file) => {
        // `await` is also the name of Cell's effect; only a bare keyword is banned.
        const found = banned.exec(code(file).replace(/\.await\b|\bawait:/g, "").replace(/\bfiber\.await\b/gi, ""))
        return found === null ? [] : [`${file}: ${found[0]}; use Clock, Process or Draws`]
      })
    expect(guilty).toEqual([])
  })
})

describe("names", () => {
  it("are parallel in the three wings", () => {
    const missing = components.flatMap((one) => ["model", "impl", "properties"].map((dir) => `${dir}/${one}.ts`))
      .concat(withoutImpl.flatMap((one) => [`model/${one}.ts`, `properties/${one}.ts`]))
      .filter((file) => !text.has(file))
    expect(missing).toEqual([])
  })
  it("are kebab-case and say what they hold", () => {
    const kebab = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/
    const empty = /\/(utils?|common|helpers?|types|index|misc)\.ts$/
    const bad = sources.filter((file) => !kebab.test(file) || empty.test(file))
    expect(bad).toEqual([])
  })
})

describe("files", () => {
  it("say what they are in their first line", () => {
    expect(sources.filter((file) => !isTest(file) && !/^(#![^\n]*\n)?\/\*\*/.test(text.get(file)!))).toEqual([])
  })
  it("are at most 500 lines long", () => {
    const written = sources.filter((file) => !file.endsWith(".d.ts"))
    expect(written.filter((file) => text.get(file)!.split("\n").length > 500)).toEqual([])
  })
  it("are no barrels", () => {
    const onlyPassesOn = (file: string): boolean => {
      const lines = code(file).split("\n")
      const statements = lines.filter((line) => /^(import|export|const|class|interface|type)\b/.test(line))
      return statements.length > 0 && statements.every((line) => /^export (type )?\{.*from/.test(line))
    }
    expect(sources.filter((file) => /^export \* from/m.test(text.get(file)!) || onlyPassesOn(file))).toEqual([])
  })
  it("with charts open with States, Time, Errors and Source, and hide nothing", () => {
    const charts = sources.filter((file) =>
      file.startsWith("model/") && !isTest(file) && text.get(file)!.includes(".createMachine("))
    expect(charts.length).toBeGreaterThan(8)
    const bad = charts.flatMap((file) => {
      const head = text.get(file)!.split("*/")[0]!
      const missing = ["States:", "Time:", "Errors:", "Source:"].filter((label) => !head.includes(label))
      const hidden = /^\s*(after|invoke)\s*:|guard\s*:\s*\(|\b(and|or|not|stateIn|sendTo)\(/m.exec(code(file))
      return [...missing.map((label) => `${file} lacks "${label}"`),
        ...(hidden === null ? [] : [`${file} has ${hidden[0].trim()}`])]
    })
    expect(bad).toEqual([])
  })
})
