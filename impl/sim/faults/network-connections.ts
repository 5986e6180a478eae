/** Connections are reset, or go dead unnoticed. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const connectionEffects: FaultEffects<"network.reset" | "network.halfOpen"> = {
  "network.reset": {
    strike: ({ from, to }, { machineOf, network }) => network.breakConnections(machineOf(from), machineOf(to), "reset")
  },
  "network.halfOpen": {
    strike: ({ from, to }, { machineOf, network }) => network.breakConnections(machineOf(from), machineOf(to), "sever")
  }
}
