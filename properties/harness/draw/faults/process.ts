/** Processes crash, stop and stand still. */
import { duration, fields, process, restart_ms, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const processKinds: FaultKinds<"process.crash" | "process.restart" | "process.pause"> = {
  "process.crash": { draw: (targets) => fields("process.crash", { process: process(targets), restart_ms }) },
  "process.restart": { draw: (targets) => fields("process.restart", { process: process(targets), restart_ms }) },
  "process.pause": {
    draw: (targets) => fields("process.pause", { duration_ms: duration, process: process(targets) })
  }
}
