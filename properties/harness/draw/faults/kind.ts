/** What a kind of fault is to the engine, and what all kinds are drawn from. */
import * as fc from "fast-check"
import type { Fault, FaultOf } from "#model/events/faults.ts"
import { defined, logUniform } from "#properties/harness/draw/numbers.ts"
import { controlPlane, processesOf, type Topology } from "#properties/harness/draw/run-input.ts"

type Body<F> = F extends unknown ? Omit<F, "id" | "at_ms"> : never
export type FaultBody = Body<Fault>

export interface FaultKind<F extends Fault> {
  readonly draw: (targets: Targets) => fc.Arbitrary<Body<F>>
  /** Simpler forms of its own, the boldest first; what all faults have is made simpler for all. */
  readonly simpler?: (fault: F) => ReadonlyArray<F>
  /** What is left of it on fewer machines, if it is not simply gone with one of them. */
  readonly within?: (fault: F, machines: ReadonlySet<string>) => F
  /** A limit that the cluster's own promises assume. */
  readonly isLawful?: (fault: F) => boolean
  /** Whose outage it is, if not that of all whom it concerns. */
  readonly sufferers?: (fault: F) => ReadonlyArray<string>
  /** False: it keeps nobody away, however long it lasts. */
  readonly isOutage?: false
}
export type FaultKinds<Type extends Fault["type"] = Fault["type"]> = { readonly [T in Type]: FaultKind<FaultOf<T>> }

const longest_ms = 400_000 // ASSUMED: longer than grace period + default eviction (50 s + 300 s).
/** From a blip to longer than any time-out; one in eight lasts until it is healed. */
export const duration: fc.Arbitrary<number | undefined> = fc.oneof(
  { weight: 7, arbitrary: logUniform(20, longest_ms) }, { weight: 1, arbitrary: fc.constant(undefined) }
)
export const restart_ms = logUniform(10, 60_000)

export interface Targets {
  readonly control: ReadonlyArray<string>
  readonly workers: ReadonlyArray<string>
  readonly machines: ReadonlyArray<string>
  readonly processes: ReadonlyArray<string>
  readonly topology: Topology
}
export const targetsOf = (topology: Topology): Targets => {
  const control = controlPlane(topology)
  const workers = topology.workers.map((worker) => worker.name)
  return {
    control, workers, topology, machines: [...control, ...workers],
    processes: [...processesOf(topology).values()].flat()
  }
}

/** Half of the control plane's processes, half of the nodes': otherwise many workers drown the few that decide. */
export const process = (targets: Targets): fc.Arbitrary<string> => {
  const ofWorkers = targets.workers.flatMap((name) => [`kubelet/${name}`, `container-runtime/${name}`])
  const ofControl = targets.processes.filter((name) => !ofWorkers.includes(name))
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ofControl) },
    { weight: 2, arbitrary: fc.constantFrom(...ofWorkers) })
}
export const machine = (targets: Targets): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom(...targets.control), fc.constantFrom(...targets.workers))
export const worker = (targets: Targets): fc.Arbitrary<string> => fc.constantFrom(...targets.workers)

interface Ends {
  readonly from: string
  readonly to: string
}
/** Two machines. */
export const pair = (targets: Targets): fc.Arbitrary<Ends> =>
  fc.tuple(machine(targets), machine(targets)).filter(([a, b]) => a !== b).map(([from, to]) => ({ from, to }))

/** A body of that type with the given fields, each drawn. */
export const fields = <T extends Fault["type"]>(
  type: T, rest: Readonly<Record<string, fc.Arbitrary<unknown>>>
): fc.Arbitrary<Body<FaultOf<T>>> =>
  fc.record({ type: fc.constant(type), ...rest }).map(defined) as fc.Arbitrary<Body<FaultOf<T>>>
