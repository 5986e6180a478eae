/**
 * The model checker on the scopes that it searches every time: all the transitions of a search by the time that its
 * one thread was on a core. Demanded is a speed on one scope, by name: the largest, where a search spends its time.
 * In a scope of a thousand states it is the charts that take the time, which are compiled and asked once.
 */
import { scopes } from "#model/cluster.ts"
import { search } from "#properties/harness/search.ts"
import { cost_ms, type Measured } from "#properties/harness/bench/measured.ts"

const measure = { scope: "raft-election", states: 1_000_000, least: 5 } as const

export const searchBench = (): ReadonlyArray<Measured> => scopes.map((scope) => {
  let rate = { states: 0, transitions: 0 }
  const cost = cost_ms(() => {
    rate = search(scope)
  })
  const isMeasure = scope.name === measure.scope
  if (isMeasure && rate.states < measure.states) throw new Error(`${scope.name} is too small to be the measure`)
  return {
    name: `${scope.name}: ${rate.states} states, ${rate.transitions} transitions`,
    value: rate.transitions / cost / 1000, unit: "M transitions/s", ...(isMeasure ? { least: measure.least } : {})
  }
})
