/**
 * How strong are the properties? Stryker mutates one component's implementation; the only tests are runs of the
 * cluster with properties and conformance listening (properties/mutation.test.ts).
 *
 * Usage: npm run mutate -- COMPONENT [--sample N]   N: every N-th line only, for a quick estimate.
 */
import { globSync, readFileSync } from "node:fs"
import { Stryker } from "@stryker-mutator/core"

const [component, flag, every] = process.argv.slice(2)
const sample = flag === "--sample" ? Number(every) : 1
const files = component === undefined ? [] :
  globSync([`impl/${component}.ts`, `impl/${component}/**/*.ts`]).filter((file) => !file.endsWith(".test.ts")).toSorted()
if (component === undefined || files.length === 0 || (flag !== undefined && !(Number.isInteger(sample) && sample > 0))) {
  const known = globSync("impl/*.ts").map((file) => file.slice(5, -3)).toSorted().join(", ")
  console.error(`mutate: usage: npm run mutate -- COMPONENT [--sample N], COMPONENT one of ${known}`)
  process.exit(64)
}

/** Whole files, or every `sample`-th line of them: always the same lines. */
const ranges = sample === 1 ? files : files.flatMap((file) => {
  const count = readFileSync(file, "utf8").split("\n").length
  return Array.from({ length: Math.floor(count / sample) }, (_, i) => `${file}:${(i + 1) * sample}-${(i + 1) * sample}`)
})

process.env["PLIMSOLL_MUTATE"] = component
const results = await new Stryker({
  mutate: ranges,
  testRunner: "vitest",
  // Every run reaches every component: asking what is related costs seconds a mutant and leaves nothing out.
  vitest: { configFile: "vitest.mutate.config.ts", related: false },
  // Stryker needs TypeScript's old API when it finds a tsconfig; TypeScript 7 has none.
  tsconfigFile: "no-such-tsconfig.json",
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 8_000,
  reporters: ["clear-text", "json", "progress"],
  jsonReporter: { fileName: `reports/mutation-${component}.json` },
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
  tempDirName: ".stryker-tmp"
}).runMutationTest()

const killed = results.filter((one) => one.status === "Killed" || one.status === "Timeout" || one.status === "RuntimeError").length
const counted = results.filter((one) => ["Killed", "Timeout", "RuntimeError", "Survived", "NoCoverage"].includes(one.status)).length
console.log(`${component}: ${killed} of ${counted} mutants killed, ${counted === 0 ? "no" : `${((100 * killed) / counted).toFixed(1)} %`} score` +
  (sample === 1 ? "" : ` (every ${sample}th line)`))
