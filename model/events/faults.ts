/**
 * Faults: what the world does to the cluster. Each carries an `id`, drawn with it, that keys its draws: taking one
 * fault away leaves the others as they were. Times are world time in ms since the start of the run.
 *
 * `upon`: a moment of the run instead of a time, counted from `at_ms` on. What fails between two steps of one process
 * fails there. If it strikes a component by name, the process is meant that is on the machine of whoever wrote the
 * line: the writer itself, or its neighbour ("container-runtime", at a line of "kubelet").
 *
 * Of each kind: its schema in faults/, what it does in impl/sim/faults/, how it is drawn and made simpler in
 * properties/harness/draw/faults/, and a line in each table; the types say what is missing. A field that names a
 * machine or a process is called `machine`, `process`, `backend`, `from` or `to`.
 */
import { Schema } from "effect"
import { balancerFaults } from "#model/events/faults/balancer.ts"
import { clockFaults } from "#model/events/faults/clock.ts"
import { containerFaults } from "#model/events/faults/containers.ts"
import { diskFaults } from "#model/events/faults/disk.ts"
import { powerFaults } from "#model/events/faults/machine-power.ts"
import { pressureFaults } from "#model/events/faults/machine-pressure.ts"
import { connectionFaults } from "#model/events/faults/network-connections.ts"
import { linkFaults } from "#model/events/faults/network-link.ts"
import { partitionFaults } from "#model/events/faults/network-partition.ts"
import { nicFaults } from "#model/events/faults/nic.ts"
import { processFaults } from "#model/events/faults/process.ts"
import { registryFaults } from "#model/events/faults/registry.ts"
import { runtimeFaults } from "#model/events/faults/runtime.ts"

const kinds = [
  ...processFaults, ...powerFaults, ...pressureFaults, ...partitionFaults, ...linkFaults, ...connectionFaults,
  ...nicFaults, ...balancerFaults, ...diskFaults, ...clockFaults, ...registryFaults, ...containerFaults,
  ...runtimeFaults
] as const
export const Fault = Schema.Union(kinds)
export type Fault = typeof Fault.Type
export type FaultOf<Type extends Fault["type"]> = Extract<Fault, { readonly type: Type }>

/** Faults that go on until they end or are healed; the others strike and are over. */
export const lasting: ReadonlySet<Fault["type"]> = new Set(kinds.filter(({ fields }) => "duration_ms" in fields)
  .map(({ fields }) => fields.type.schema.literal))
