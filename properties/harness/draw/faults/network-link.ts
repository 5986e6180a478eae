/** The way between two machines is slow, or loses what is sent. */
import * as fc from "fast-check"
import { duration, pair, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"
import { defined, logUniform } from "#properties/harness/draw/numbers.ts"

export const linkKinds: FaultKinds<"network.loss" | "network.slow"> = {
  "network.loss": {
    draw: (targets) => fc.tuple(pair(targets), fc.constantFrom(0.01, 0.1, 0.5, 0.9), duration)
      .map(([ends, probability, duration_ms]) => defined({ type: "network.loss", ...ends, probability, duration_ms }))
  },
  "network.slow": {
    draw: (targets) => fc.tuple(pair(targets), logUniform(5, 20_000), duration)
      .map(([ends, latency_ms, duration_ms]) => defined({ type: "network.slow", ...ends, latency_ms, duration_ms }))
  }
}
