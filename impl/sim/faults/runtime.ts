/** A machine's container runtime answers late. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const runtimeEffects: FaultEffects<"runtime.slow"> = {
  "runtime.slow": {
    strike: (fault, { inForce, machine }) => {
      const struck = machine(fault.machine)
      if (struck === undefined) return
      const here = inForce("runtime.slow").filter((other) => other.machine === fault.machine)
      struck.runtimeLatency_ms = Math.max(0, ...here.map(({ latency_ms }) => latency_ms))
    }
  }
}
