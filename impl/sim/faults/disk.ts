/** A disk is slow, full, read-only or broken, or an empty one takes its place. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const diskEffects: FaultEffects<"disk.fail" | "disk.lose"> = {
  "disk.fail": {
    strike: (fault, { inForce, machine }) => machine(fault.machine)?.setDisk(
      inForce("disk.fail").findLast((other) => other.machine === fault.machine)?.state ?? "ok")
  },
  "disk.lose": { strike: (fault, { machine }) => machine(fault.machine)?.hardware.loseDisk() }
}
