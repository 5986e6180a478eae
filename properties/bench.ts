/**
 * npm run bench: where the time goes. Ratios within one run are the verdict; absolute numbers depend on the machine.
 *
 * Usage: npm run bench [-- --json] [-- --only kernel|cluster|size|search]
 */
import { kernelBench } from "#properties/bench/kernel.ts"
import { clusterBench } from "#properties/bench/cluster.ts"

import { searchBench } from "#properties/bench/search.ts"
import { sizeBench } from "#properties/bench/size.ts"
import type { Measured } from "#properties/bench/measured.ts"

const benches: Readonly<Record<string, () => ReadonlyArray<Measured>>> = {
  kernel: kernelBench, cluster: clusterBench, size: sizeBench, search: searchBench
}

const args = process.argv.slice(2)
const asJson = args.includes("--json")
const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : undefined
if (only !== undefined && benches[only] === undefined) {
  console.error(`bench: --only ${only}: there are ${Object.keys(benches).join(", ")}`)
  process.exit(64)
}

const results = Object.entries(benches).filter(([name]) => only === undefined || name === only)
  .flatMap(([group, bench]) => bench().map((one) => ({ group, ...one })))
const ok = ({ value, least, most }: Measured): boolean => (least === undefined || value >= least) && (most === undefined || value <= most)
const number = (value: number): string => value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3)

if (asJson) console.log(JSON.stringify(results.map((one) => ({ ...one, ok: ok(one) })), null, 1))
else {
  for (const one of results) {
    const demand = one.least !== undefined ? `at least ${number(one.least)}` : one.most !== undefined ? `at most ${number(one.most)}` : ""
    console.log(`${one.group.padEnd(8)} ${one.name.padEnd(62)} ${number(one.value).padStart(12)} ${one.unit.padEnd(18)} ${demand}${demand === "" ? "" : ok(one) ? "  ok" : "  NOT REACHED"}`)
  }
}
process.exitCode = results.every(ok) ? 0 : 1
