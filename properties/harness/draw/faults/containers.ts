/** All containers of a worker are killed. */
import { fields, worker, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const containerKinds: FaultKinds<"containers.kill"> = {
  "containers.kill": { draw: (targets) => fields("containers.kill", { machine: worker(targets) }) }
}
