/** Processes crash, stop and stand still. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const processEffects: FaultEffects<"process.crash" | "process.restart" | "process.pause"> = {
  "process.crash": { strike: (fault, { process }) => process(fault.process)?.crash("killed", fault.restart_ms) },
  "process.restart": { strike: (fault, { process }) => process(fault.process)?.stop(fault.restart_ms) },
  "process.pause": {
    strike: (fault, { inForce, process }) => {
      const pauses = inForce("process.pause").filter((other) => other.process === fault.process)
      // Only a beginning pauses: an incarnation that was started since runs, however many pauses are in force.
      if (pauses.includes(fault)) process(fault.process)?.pause()
      else if (pauses.length === 0) process(fault.process)?.resume()
    }
  }
}
