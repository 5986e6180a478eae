/** A network card is down, or deaf, or dumb. */
import type { Nic } from "#impl/hardware.ts"
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const nicEffects: FaultEffects<"nic.fail"> = {
  "nic.fail": {
    strike: (fault, { inForce, machine, network }) => {
      const struck = machine(fault.machine)
      if (struck === undefined) return
      const here = inForce("nic.fail").filter((other) => other.machine === fault.machine)
      struck.setNic(together(here.map(({ state }) => state)))
      network.reviewLinks()
    }
  }
}

/** Several failures of one card: what any of them stops is stopped. */
const together = (states: ReadonlyArray<Exclude<Nic, "up">>): Nic => {
  const [first] = states
  if (first === undefined) return "up"
  return states.every((state) => state === first) ? first : "down"
}
