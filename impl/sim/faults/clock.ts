/** A machine's wall clock jumps; its clock gains or loses. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const clockEffects: FaultEffects<"clock.jump" | "clock.rate"> = {
  "clock.jump": { strike: (fault, { machine }) => machine(fault.machine)?.jumpClock(fault.by_ms) },
  "clock.rate": {
    strike: (fault, { inForce, machine }) => machine(fault.machine)?.setClockRate(
      inForce("clock.rate").findLast((other) => other.machine === fault.machine)?.rate ?? 1)
  }
}
