/** A worker runs short of memory, disk or process ids. */
import * as fc from "fast-check"
import { duration, fields, worker, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const pressureKinds: FaultKinds<"machine.pressure"> = {
  "machine.pressure": {
    draw: (targets) => fields("machine.pressure",
      { duration_ms: duration, machine: worker(targets), resource: fc.constantFrom("memory", "disk", "pid") })
  }
}
