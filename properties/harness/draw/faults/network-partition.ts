/** Two groups of machines cannot talk. */
import * as fc from "fast-check"
import type { FaultOf } from "#model/events/faults.ts"
import { duration, machine, type FaultKinds, type Targets } from "#properties/harness/draw/faults/kind.ts"
import { defined } from "#properties/harness/draw/numbers.ts"

type Partition = FaultOf<"network.partition">
type Sides = Pick<Partition, "from" | "to">

/** One machine from the rest, a random split, or two machines. */
const split = (targets: Targets): fc.Arbitrary<Sides> =>
  fc.oneof(
    machine(targets).map((one) => ({ from: [one], to: targets.machines.filter((other) => other !== one) })),
    fc.tuple(...targets.machines.map(() => fc.boolean())).map((sides) => ({
      from: targets.machines.filter((_, i) => sides[i]), to: targets.machines.filter((_, i) => !sides[i])
    })).filter(({ from, to }) => from.length > 0 && to.length > 0),
    fc.tuple(machine(targets), machine(targets)).filter(([a, b]) => a !== b).map(([a, b]) => ({ from: [a], to: [b] }))
  )

/** One machine less on either side. */
const narrower = (fault: Partition): ReadonlyArray<Partition> => (["from", "to"] as const).flatMap((side) =>
  fault[side].length === 1 ? []
    : fault[side].map((name) => ({ ...fault, [side]: fault[side].filter((other) => other !== name) })))

export const partitionKinds: FaultKinds<"network.partition"> = {
  "network.partition": {
    draw: (targets) => fc.tuple(split(targets), fc.boolean(), duration).map(([sides, oneWay, duration_ms]) =>
      defined({ type: "network.partition", ...sides, oneWay, duration_ms })),
    simpler: narrower,
    within: (fault, machines) => ({
      ...fault, from: fault.from.filter((name) => machines.has(name)), to: fault.to.filter((name) => machines.has(name))
    }),
    // A cut between one machine and the rest is that machine's.
    sufferers: ({ from, to }) => from.length === to.length ? [...from, ...to] : from.length < to.length ? from : to
  }
}
