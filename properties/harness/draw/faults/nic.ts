/** A network card is down, or deaf, or dumb. */
import * as fc from "fast-check"
import { duration, fields, machine, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const nicKinds: FaultKinds<"nic.fail"> = {
  "nic.fail": {
    draw: (targets) => fields("nic.fail",
      { duration_ms: duration, machine: machine(targets), state: fc.constantFrom("down", "rxOnly", "txOnly") })
  }
}
