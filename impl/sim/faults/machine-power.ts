/** Machines lose their power, panic and reboot. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const powerEffects: FaultEffects<"machine.powerLoss" | "machine.kernelPanic" | "machine.reboot"> = {
  "machine.powerLoss": {
    strike: (fault, { inForce, machine }) => {
      const hardware = machine(fault.machine)?.hardware
      if (inForce("machine.powerLoss").some((other) => other.machine === fault.machine)) hardware?.losePower()
      else hardware?.restorePower()
    }
  },
  "machine.kernelPanic": { strike: (fault, { machine }) => machine(fault.machine)?.hardware.panic() },
  "machine.reboot": { strike: (fault, { machine }) => machine(fault.machine)?.hardware.reboot() }
}
