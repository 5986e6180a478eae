/** What the parts of the simulated world share: time, chance, the network, the registry, the journal. */
import type { Draws } from "#impl/ports.ts"
import type { Chance } from "#impl/sim/draws.ts"
import type { Lines } from "#impl/sim/journal.ts"
import type { Kernel } from "#impl/sim/kernel.ts"
import type { SimNetwork } from "#impl/sim/network.ts"
import type { Registry } from "#impl/sim/registry.ts"

export interface Surroundings {
  readonly kernel: Kernel
  readonly chance: Chance
  readonly draws: Draws["Service"]
  readonly network: SimNetwork
  readonly registry: Registry
  readonly lines: Lines
  /** A process met a defect in its own code. */
  readonly panicked: (process: string, error: unknown) => void
}
