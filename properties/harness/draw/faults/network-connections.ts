/** Connections are reset, or go dead unnoticed. */
import { pair, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const connectionKinds: FaultKinds<"network.reset" | "network.halfOpen"> = {
  "network.reset": { draw: (targets) => pair(targets).map((ends) => ({ type: "network.reset", ...ends })) },
  "network.halfOpen": { draw: (targets) => pair(targets).map((ends) => ({ type: "network.halfOpen", ...ends })) }
}
