/** Images cannot be pulled. */
import { duration, fields, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const registryKinds: FaultKinds<"registry.fail"> = {
  "registry.fail": { draw: () => fields("registry.fail", { duration_ms: duration }) }
}
