/**
 * npm run bench: where the time goes. Ratios within one run are the verdict; absolute numbers depend on the machine.
 * Time is the time that the one thread was on a core (properties/harness/bench/measured.ts).
 *
 * Usage: npm run bench [-- --json] [-- --only kernel|cluster|size|answers|judge|search]
 */
import "#impl/sim/plain-fibers.ts"
import type { Measured } from "#properties/harness/bench/measured.ts"

const args = process.argv.slice(2)
const asJson = args.includes("--json")

/** Loaded when its turn comes: what one bench brings along must not slow the others down. */
const print = (line: string): void => {
  if (!asJson) console.log(line)
}
const benches: Readonly<Record<string, () => Promise<ReadonlyArray<Measured>>>> = {
  kernel: async () => (await import("#properties/harness/bench/kernel.ts")).kernelBench(),
  cluster: async () => (await import("#properties/harness/bench/cluster.ts")).clusterBench(),
  size: async () => (await import("#properties/harness/bench/size.ts")).sizeBench(),
  answers: async () => (await import("#properties/harness/bench/answers.ts")).answersBench(print),
  judge: async () => (await import("#properties/harness/bench/judge.ts")).judgeBench(),
  search: async () => (await import("#properties/harness/bench/search.ts")).searchBench()
}

const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : undefined
if (only !== undefined && benches[only] === undefined) {
  console.error(`bench: --only ${only}: there are ${Object.keys(benches).join(", ")}`)
  process.exit(64)
}

const results: Array<Measured & { readonly group: string }> = []
for (const [group, bench] of Object.entries(benches)) {
  if (only === undefined || group === only) results.push(...(await bench()).map((one) => ({ group, ...one })))
}
const ok = ({ value, least, most }: Measured): boolean =>
  (least === undefined || value >= least) && (most === undefined || value <= most)
const number = (value: number): string => value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3)

if (asJson) console.log(JSON.stringify(results.map((one) => ({ ...one, ok: ok(one) })), null, 1))
else {
  for (const one of results) {
    const demand = one.least !== undefined ? `at least ${number(one.least)}`
      : one.most !== undefined ? `at most ${number(one.most)}` : ""
    const spread = one.spread === undefined ? "" : `  (${number(one.spread[0])} to ${number(one.spread[1])})`
    const verdict = demand === "" ? "" : ok(one) ? "  ok" : "  NOT REACHED"
    const value = `${number(one.value).padStart(12)} ${one.unit.padEnd(18)}`
    console.log(`${one.group.padEnd(8)} ${one.name.padEnd(62)} ${value} ${demand}${verdict}${spread}`)
  }
}
process.exitCode = results.every(ok) ? 0 : 1
