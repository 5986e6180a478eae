/** The way between two machines is slow, or loses what is sent. */
import type { FaultEffects, Reach } from "#impl/sim/faults/effect.ts"
import type { Link } from "#impl/sim/network/link.ts"

interface Ends {
  readonly from: string
  readonly to: string
}
const isMeant = (fault: Ends, link: Link, { machineOf }: Pick<Reach, "machineOf">): boolean => {
  const a = machineOf(fault.from)
  const b = machineOf(fault.to)
  return (link.from === a && link.to === b) || (link.from === b && link.to === a)
}

export const linkEffects: FaultEffects<"network.loss" | "network.slow"> = {
  "network.loss": {
    strike: (_, { network }) => network.reviewLinks(),
    isPartial: () => true,
    onLink: (fault, link, reach) => isMeant(fault, link, reach) ? { loss: fault.probability } : {}
  },
  "network.slow": {
    strike: (_, { network }) => network.reviewLinks(),
    isPartial: () => true,
    onLink: (fault, link, reach) => isMeant(fault, link, reach) ? { extra_ms: fault.latency_ms } : {}
  }
}
