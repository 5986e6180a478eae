/** A machine's wall clock jumps; its clock gains or loses. */
import * as fc from "fast-check"
import { duration, fields, machine, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"
import { logUniform } from "#properties/harness/draw/numbers.ts"

// Leader election's stated assumption (client-go leaderelection.go: "clock skew rate"): renewDeadline 10 s against
// leaseDuration 15 s. Rates strictly between these two are less than 1.5 apart.
const slowest = 0.8
const fastest = 1.2

const mostRate = 1.2 // With its inverse less than 1.5 apart.
const rate = fc.oneof(fc.constantFrom(0.99, 1.01, 0.9, 1.1),
  fc.nat(1_000).map((draw) => 1 / mostRate + (mostRate - 1 / mostRate) * draw / 1_000))
/** Minutes to hours, both ways: what NTP corrections, suspended machines and wrong time zones do. */
const jump = fc.tuple(fc.boolean(), logUniform(10, 4_000_000)).map(([back, by]) => back ? -by : by)

export const clockKinds: FaultKinds<"clock.jump" | "clock.rate"> = {
  "clock.jump": { draw: (targets) => fields("clock.jump", { machine: machine(targets), by_ms: jump }) },
  "clock.rate": {
    draw: (targets) => fields("clock.rate", { duration_ms: duration, machine: machine(targets), rate }),
    isLawful: (fault) => fault.rate > slowest && fault.rate < fastest,
    isOutage: false
  }
}
