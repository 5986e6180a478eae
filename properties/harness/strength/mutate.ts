/**
 * How strong are the properties? Stryker mutates one component's implementation; the only tests are runs of the
 * cluster with properties and conformance listening (properties/harness/strength/mutation/). Prints the score, also
 * when interrupted; reports/survivors-COMPONENT.txt names each mutant that nothing noticed,
 * reports/mutation-COMPONENT.json holds all.
 */
import { globSync, readFileSync } from "node:fs"
import { Stryker } from "@stryker-mutator/core"
import { Results } from "#properties/harness/strength/mutation/again.ts"

interface Wish {
  readonly component: string
  readonly files: ReadonlyArray<string>
  readonly sample: number
  readonly jobs: number
  readonly again: boolean
}

const isCode = (file: string): boolean => !file.endsWith(".test.ts")
const filesOf = (component: string): ReadonlyArray<string> =>
  globSync([".ts", "/**/*.ts"].map((rest) => `impl/{,controllers/}${component}${rest}`)).filter(isCode).toSorted()

const refuse = (why: string): never => {
  const known = globSync("impl/{,controllers/}*.ts").filter(isCode)
    .map((file) => file.replace(/^impl\/(controllers\/)?/, "").slice(0, -3)).toSorted().join(", ")
  console.error(`mutate: ${why}\nusage: npm run mutate -- COMPONENT [--sample N] [--again] [--jobs N]\n` +
    "  --again     only the mutants of the last run, or sample, that survived, or were not reached\n" +
    "  --sample N  only the mutants on every N-th line: a quick estimate\n" +
    `  --jobs N    processes, 2 unless told\nCOMPONENT is one of ${known}`)
  process.exit(64)
}

const wished = (words: ReadonlyArray<string>): Wish => {
  const numbers = { "--sample": 1, "--jobs": 2 }
  let component: string | undefined
  let again = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word === "--sample" || word === "--jobs") {
      numbers[word] = Number(words[++i])
      if (!Number.isInteger(numbers[word]) || numbers[word] < 1) refuse(`${word} takes a whole number of at least 1`)
    } else if (word === "--again") again = true
    else if (word.startsWith("-") || component !== undefined) refuse(`"${word}" was not expected`)
    else component = word
  }
  if (component === undefined) return refuse("which component?")
  const files = filesOf(component)
  if (files.length === 0) refuse(`there is no component "${component}"`)
  return { component, files, sample: numbers["--sample"], jobs: numbers["--jobs"], again }
}

/** Whole files, or every `sample`-th line of them: always the same lines. */
const rangesOf = ({ files, sample }: Wish): ReadonlyArray<string> => sample === 1 ? files : files.flatMap((file) => {
  const count = readFileSync(file, "utf8").split("\n").length
  return Array.from({ length: Math.floor(count / sample) }, (_, i) => `${file}:${(i + 1) * sample}-${(i + 1) * sample}`)
})

const wish = wished(process.argv.slice(2))
const results = new Results(`reports/mutation-${wish.component}.json`, wish.files, wish.sample)
const noWayOn = wish.again ? results.goOn() : undefined
if (noWayOn !== undefined) refuse(noWayOn)
process.env["PLIMSOLL_MUTATE"] = wish.component
process.env["PLIMSOLL_MUTATE_DONE"] = [...results.statuses.keys()].join(",")
const { tally } = await import("#properties/harness/strength/mutation/tally.ts")
const say = (how: string): void => {
  results.save()
  console.log(`${tally.score(wish.component)}${wish.sample === 1 ? "" : `, every ${wish.sample}th line`}${how}`)
  console.log(`survivors: reports/survivors-${wish.component}.txt`)
}
tally.keepIn(results)
process.once("SIGINT", () => say(", interrupted"))
await new Stryker({
  mutate: [...rangesOf(wish)],
  plugins: ["./properties/harness/strength/mutation/runner.ts", "./properties/harness/strength/mutation/tally.ts"],
  testRunner: "cluster",
  testRunnerNodeArgs: ["--max-semi-space-size=64"],
  // Stryker needs TypeScript's old API when it finds a tsconfig; TypeScript 7 has none.
  tsconfigFile: "no-such-tsconfig.json",
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: wish.jobs,
  // Endless mutants are told by what they do (mutation/runner.ts); this is for what does nothing at all.
  timeoutMS: 8_000,
  timeoutFactor: 2,
  reporters: ["tally", "progress-append-only"],
  clearTextReporter: { allowColor: false },
  tempDirName: ".stryker-tmp",
  ignorePatterns: ["reports", "plimsoll-out"]
}).runMutationTest()
say("")
