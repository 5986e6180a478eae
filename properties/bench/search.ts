/** The model checker on its largest scope. */
import { scopes } from "#model/cluster.ts"
import { search } from "#properties/model-check.ts"
import { cost_ms, type Measured } from "#properties/bench/measured.ts"

export const searchBench = (): ReadonlyArray<Measured> => scopes.map((scope) => {
  let rate = { states: 0, transitions: 0 }
  const cost = cost_ms(() => {
    rate = search(scope)
  })
  const isLarge = rate.states >= 1_000_000
  return {
    name: `${scope.name}: ${rate.states} states, ${rate.transitions} transitions`, value: rate.transitions / cost / 1000, unit: "M transitions/s",
    ...(isLarge ? { least: 5 } : {})
  }
})
