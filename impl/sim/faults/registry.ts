/** Images cannot be pulled. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const registryEffects: FaultEffects<"registry.fail"> = {
  "registry.fail": {
    strike: (_, { inForce, registry }) => {
      registry.isDown = inForce("registry.fail").length > 0
    }
  }
}
