/** What a kind of fault does to the world. */
import type { Link } from "#impl/sim/network/link.ts"
import type { SimMachine } from "#impl/sim/machine.ts"
import type { SimProcess } from "#impl/sim/process.ts"
import type { Surroundings } from "#impl/sim/surroundings.ts"
import type { Fault, FaultOf } from "#model/events/faults.ts"

/** What a fault can lay hands on. */
export interface Reach {
  readonly network: Surroundings["network"]
  readonly registry: Surroundings["registry"]
  readonly machine: (name: string) => SimMachine | undefined
  readonly process: (name: string) => SimProcess | undefined
  /** A process's name stands for its machine wherever a machine is meant. */
  readonly machineOf: (name: string) => string
  /** The newest last. */
  readonly inForce: <Type extends Fault["type"]>(type: Type) => ReadonlyArray<FaultOf<Type>>
}

/** What faults make of a link. */
export interface Condition {
  readonly blocked: boolean
  readonly extra_ms: number
  readonly loss: number
}

export interface FaultEffect<F extends Fault> {
  /** Makes the world what the faults in force say, wherever this one (begun, ended or narrowed) has a say. */
  readonly strike: (fault: F, reach: Reach) => void
  /** Its part in the condition of a link. */
  readonly onLink?: (fault: F, link: Link, reach: Pick<Reach, "machineOf">) => Partial<Condition>
  /** A link is free of it as soon as one of its ends is healed, since it was never quite cut. */
  readonly isPartial?: (fault: F) => boolean
}
export type FaultEffects<Type extends Fault["type"] = Fault["type"]> =
  { readonly [T in Type]: FaultEffect<FaultOf<T>> }
