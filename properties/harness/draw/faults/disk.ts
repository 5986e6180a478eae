/** A disk is slow, full, read-only or broken, or an empty one takes its place. */
import * as fc from "fast-check"
import { duration, fields, machine, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const diskKinds: FaultKinds<"disk.fail" | "disk.lose"> = {
  "disk.fail": {
    draw: (targets) => fields("disk.fail", { duration_ms: duration, machine: machine(targets),
      state: fc.constantFrom("slow", "full", "readonly", "io") })
  },
  "disk.lose": { draw: (targets) => fields("disk.lose", { machine: machine(targets) }) }
}
