/** Machines lose their power, panic and reboot. */
import { duration, fields, machine, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const powerKinds: FaultKinds<"machine.powerLoss" | "machine.kernelPanic" | "machine.reboot"> = {
  "machine.powerLoss": {
    draw: (targets) => fields("machine.powerLoss", { duration_ms: duration, machine: machine(targets) })
  },
  "machine.kernelPanic": { draw: (targets) => fields("machine.kernelPanic", { machine: machine(targets) }) },
  "machine.reboot": { draw: (targets) => fields("machine.reboot", { machine: machine(targets) }) }
}
