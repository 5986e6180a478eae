/** The load balancer knows one backend only. */
import * as fc from "fast-check"
import { duration, fields, type FaultKinds } from "#properties/harness/draw/faults/kind.ts"

export const balancerKinds: FaultKinds<"balancer.pin"> = {
  "balancer.pin": {
    draw: ({ topology }) => fields("balancer.pin",
      { duration_ms: duration, backend: fc.nat(topology.apiServers - 1).map((i) => `api-server/${i}`) }),
    isOutage: false
  }
}
