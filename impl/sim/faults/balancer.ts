/** The load balancer knows one backend only. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const balancerEffects: FaultEffects<"balancer.pin"> = {
  "balancer.pin": {
    strike: (_, { inForce, network }) => {
      network.pins = inForce("balancer.pin").map(({ backend }) => backend)
    }
  }
}
