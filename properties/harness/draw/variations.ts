/**
 * Runs near a known one: some of what it does is left out, moved a little in time, or joined by other faults and
 * another order; one in three stays as it was but for these and its chances.
 */
import * as fc from "fast-check"
import type { Fault } from "#model/events/faults.ts"
import type { Moment } from "#model/events/moment.ts"
import { logUniform } from "#properties/harness/draw/numbers.ts"
import { legal } from "#properties/harness/draw/lawful.ts"
import type { RunInput } from "#properties/harness/draw/run-input.ts"

const nudge_ms = 3_000 // ASSUMED: what happens to an object is mostly decided within seconds.

interface Nudge {
  readonly isKept: boolean
  readonly by_ms: number
}
const still: Nudge = { isKept: true, by_ms: 0 }
/** One in ten is left out, one in three is moved. */
const nudge: fc.Arbitrary<Nudge> = fc.record({
  draw: fc.nat(9), isMoved: fc.constantFrom(false, false, true), far_ms: logUniform(1, nudge_ms), isLater: fc.boolean()
}).map(({ draw, isMoved, far_ms, isLater }) =>
  ({ isKept: draw > 0, by_ms: !isMoved ? 0 : isLater ? far_ms : -far_ms }))

type Placed = { readonly at_ms: number; readonly upon?: Moment }
/** What waits for a line comes longer or shorter after it. */
const moved = <T extends Placed>(one: T, by_ms: number, latest_ms: number): T => one.upon === undefined
  ? { ...one, at_ms: Math.min(latest_ms, Math.max(0, one.at_ms + by_ms)) }
  : { ...one, upon: { ...one.upon, delay_ms: Math.max(0, one.upon.delay_ms + by_ms) } }

const nudged = <T extends Placed>(
  all: ReadonlyArray<T>, nudges: ReadonlyArray<Nudge>, latest_ms: number
): ReadonlyArray<T> => all.flatMap((one, i) => {
  const { isKept, by_ms } = nudges[i] ?? still
  return isKept ? [moved(one, by_ms, latest_ms)] : []
}).sort((a, b) => a.at_ms - b.at_ms)

export interface Other {
  /** Further faults for that input. */
  readonly faults: (input: RunInput) => fc.Arbitrary<ReadonlyArray<Fault>>
  readonly choices: fc.Arbitrary<ReadonlyArray<number>>
}

/** Also an input that was shrunk to what broke it goes through all phases. */
export const variation = (
  known: RunInput, { faults, choices }: Other, phases: Pick<RunInput, "core_ms" | "healed_ms">
): fc.Arbitrary<RunInput> => {
  const exactly = (n: number) => ({ minLength: n, maxLength: n })
  return fc.record({
    isStill: fc.constantFrom(true, false, false),
    seed: fc.oneof(fc.constant(known.seed), fc.nat(0x7fff_ffff)), order: fc.oneof(fc.constant(known.choices), choices),
    ofOperations: fc.array(nudge, exactly(known.operations.length)),
    ofFaults: fc.array(nudge, exactly(known.faults.length)), more: fc.oneof(fc.constant([]), faults(known))
  }).map(({ isStill, seed, order, ofOperations, ofFaults, more }): RunInput => {
    const { until_ms: _, ...kept } = known
    const { safety_ms, topology } = kept
    const operations = nudged(known.operations, isStill ? [] : ofOperations, safety_ms)
    const old = nudged(known.faults, isStill ? [] : ofFaults, safety_ms)
    return { ...kept, ...phases, seed, choices: order, operations, faults: legal([...old, ...more], topology) }
  })
}
