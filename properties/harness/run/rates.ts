/**
 * How often each `sometimes` comes, as `plimsoll rates` measured it (rates.json), and after how many runs it is missed.
 *
 * A campaign in which a rare situation did not come says nothing while it is short. A `sometimes` is missed when its
 * absence is no chance: at its rate fewer than one campaign of that length in a thousand would not see it. The rate is
 * the lower bound of what the measurement allows, since one that came twice may have been lucky.
 */
import { readFileSync } from "node:fs"

export interface Rates {
  readonly seed: number
  readonly runs: number
  /** `sometimes` → runs that reached it; only those that some run reached. */
  readonly reached: Readonly<Record<string, number>>
}

export const ratesFile = new URL("rates.json", import.meta.url)
const measured = JSON.parse(readFileSync(ratesFile, "utf8")) as Rates

const missedByChance = 1e-3 // ASSUMED: with some 150 situations, far below one false word in ten long campaigns.
const z = 2.576 // Of 99 %, two-sided.
/** A `sometimes` without a rate is new, or came in no measured run. */
export const runsWithoutRate = 2_000 // ASSUMED: what one run in three hundred does comes in all but 0.1 % of such.

/** Wilson's lower bound of a share. */
const atLeast = (reached: number, runs: number): number => {
  const share = reached / runs
  const spread = z * Math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
  return Math.max(0, (share + z * z / (2 * runs) - spread) / (1 + z * z / runs))
}

/** So many numbered runs must have seen it. */
export const demandedAfter = (name: string, { reached, runs }: Rates = measured): number => {
  const times = reached[name] ?? 0
  if (times === 0) return runsWithoutRate
  return Math.ceil(Math.log(missedByChance) / Math.log1p(-atLeast(times, runs)))
}
