/** All containers of a machine are killed. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const containerEffects: FaultEffects<"containers.kill"> = {
  "containers.kill": { strike: (fault, { machine }) => machine(fault.machine)?.killContainers() }
}
