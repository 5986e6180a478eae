/** Two groups of machines are cut from each other, or deaf in one direction. */
import type { FaultEffects } from "#impl/sim/faults/effect.ts"

export const partitionEffects: FaultEffects<"network.partition"> = {
  "network.partition": {
    strike: (_, { network }) => network.reviewLinks(),
    isPartial: ({ oneWay }) => oneWay,
    onLink: (fault, { from, to }, { machineOf }) => {
      const holds = (names: ReadonlyArray<string>, machine: string): boolean =>
        names.some((name) => machineOf(name) === machine)
      return {
        blocked: (holds(fault.from, from) && holds(fault.to, to))
          || (!fault.oneWay && holds(fault.from, to) && holds(fault.to, from))
      }
    }
  }
}
