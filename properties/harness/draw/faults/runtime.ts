/** A worker's container runtime answers late. */
import { duration, fields, worker, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"
import { logUniform } from "#properties/harness/draw/numbers.ts"

export const runtimeKinds: FaultKinds<"runtime.slow"> = {
  "runtime.slow": {
    draw: (targets) => fields("runtime.slow",
      { duration_ms: duration, machine: worker(targets), latency_ms: logUniform(10, 60_000) })
  }
}
