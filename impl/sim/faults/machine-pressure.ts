/** A machine runs short of memory, disk or process ids. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const pressureEffects: FaultEffects<"machine.pressure"> = {
  "machine.pressure": {
    strike: ({ machine: name, resource }, { inForce, machine }) => machine(name)?.setPressure(resource,
      inForce("machine.pressure").some((other) => other.machine === name && other.resource === resource))
  }
}
