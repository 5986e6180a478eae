/** Where in a run a group of faults strikes: at a time, or at some line of some process. */
import * as fc from "fast-check"
import type { Fault } from "#model/events/faults.ts"
import type { Moment } from "#model/events/moment.ts"
import {
  defaultTolerationSeconds_s, http2PingTimeout_ms, http2ReadIdle_ms, leaseDuration_ms, nodeMonitorGracePeriod_ms
} from "#model/limits.ts"
import { machineOf } from "#properties/faults.ts"
import { process, type FaultBody, type Targets } from "#properties/harness/draw/faults/kind.ts"
import { eventsOf, writesOf } from "#properties/harness/draw/lines.ts"
import { id, logUniform } from "#properties/harness/draw/numbers.ts"

/** A fault before its place in time: `after_ms` counts from the beginning of the scenario that it belongs to. */
export type Placed = FaultBody & { readonly after_ms: number }

/** An actor's line to strike at, instead of a time: mostly while it writes, since a write is never alone. */
export const moment = (targets: Targets): fc.Arbitrary<Moment> =>
  process(targets).chain((actor) => fc.record({
    actor: fc.constant(actor),
    event: fc.oneof(fc.constantFrom(...writesOf(actor)), fc.constantFrom(...eventsOf(actor))),
    nth: logUniform(1, mostLines), delay_ms: fc.oneof(fc.constant(0), logUniform(1, soon_ms))
  }))
const mostLines = 40 // ASSUMED: most actors write fewer lines of a type before an ordinary run is over.
const soon_ms = 50 // ASSUMED: some round trips.

/** Strikes the actor itself or its machine, if it can strike either: a fault and its moment are mostly of one place. */
const athome = (body: Placed, actor: string): Placed => {
  if ("process" in body) return { ...body, process: actor }
  return "machine" in body ? { ...body, machine: machineOf(actor) } : body
}

export interface Placing {
  readonly group: fc.Arbitrary<ReadonlyArray<Placed>>
  readonly moments: fc.Arbitrary<Moment | undefined>
  readonly operationTimes: ReadonlyArray<number>
  /** Nothing strikes before: clusters are mostly up before they fail. */
  readonly calm_ms: number
  readonly safety_ms: number
  readonly maxLength: number
  readonly minLength?: number
  /** Groups with lines of their own wait for them from the beginning; otherwise half of them do. */
  readonly waits?: boolean
}
const anchorSpread_ms = 5_000 // ASSUMED: what happens to an object is mostly decided within seconds.
/** How long after a failure others act on it: a lease is taken over, a connection given up, a node, its pods. */
const consequences_ms = [leaseDuration_ms, http2ReadIdle_ms + http2PingTimeout_ms, nodeMonitorGracePeriod_ms,
  nodeMonitorGracePeriod_ms + 1000 * defaultTolerationSeconds_s]
const consequenceSpread_ms = 10_000 // ASSUMED: a renewal interval before or after, as the last sign of life was.

/**
 * Places each group in time: anywhere (rather early, so that consequences have their time), within seconds of an
 * operation or of the group before it, when others act on that group, or at some line of some process. Correlation in
 * time is what makes two failures one problem. A group with lines of its own waits for them from the beginning, half of
 * the time: what is rare happens once.
 */
export const placed = (
  { group, moments, operationTimes, calm_ms, safety_ms, maxLength, minLength = 0, waits = false }: Placing
): fc.Arbitrary<ReadonlyArray<Fault>> => {
  const one = fc.record({
    group, place: fc.nat(10_000), which: fc.nat(10_000), upon: moments, isAtHome: fc.boolean(),
    anchor: fc.constantFrom("anywhere", "operation", "previous", "consequence", "line"),
    offset: logUniform(1, anchorSpread_ms), isEarly: fc.boolean(),
    consequence: fc.tuple(fc.constantFrom(...consequences_ms),
      fc.integer({ min: -consequenceSpread_ms, max: consequenceSpread_ms })),
    ids: fc.array(id, { minLength: 32, maxLength: 32 })
  })
  return fc.array(one, { minLength, maxLength, size: "max" }).map((drawn) => {
    const seen = new Set<number>()
    const made: Fault[] = []
    let previous = 0
    for (const { group, place, anchor, which, offset, consequence, isEarly, ids, upon, isAtHome } of drawn) {
      const operation = operationTimes[which % Math.max(1, operationTimes.length)]
      const begin = anchor === "operation" && operation !== undefined ? operation + offset
        : anchor === "previous" ? previous + offset
        : anchor === "consequence" ? previous + consequence[0] + consequence[1]
        : calm_ms + Math.round((safety_ms - calm_ms) * (place / 10_000) ** 2)
      const isWaiting = (waits || isEarly) && group.every((one) => one.upon !== undefined)
      group.forEach((drawnBody, i) => {
        // A group may strike hundreds of machines at once; the drawn ids lie far apart.
        const key = ids[i % ids.length]! + Math.floor(i / ids.length)
        const atLine = anchor === "line" ? upon : undefined
        const { after_ms, ...body } = atLine !== undefined && isAtHome && group.length === 1
          ? athome(drawnBody, atLine.actor) : drawnBody
        const at_ms = Math.max(calm_ms, isWaiting ? 0 : atLine === undefined ? begin + after_ms : begin)
        if (seen.has(key) || at_ms > safety_ms) return
        seen.add(key)
        const moment = atLine === undefined || body.upon !== undefined ? {}
          : { upon: { ...atLine, delay_ms: atLine.delay_ms + after_ms } }
        made.push({ ...body, id: key, at_ms, ...moment } as Fault)
        previous = at_ms
      })
    }
    return made.sort((a, b) => a.at_ms - b.at_ms)
  })
}
