/**
 * The input of one run, expanded: whoever has it can repeat the run byte for byte. It stands in a trace's header.
 *
 * Everything that a run decides is here or is a draw keyed by `seed`. Operations and faults carry their ids, so taking
 * one away leaves the draws of the others as they were.
 */
import { Schema } from "effect"
import { Fault } from "#model/events/faults.ts"
import { Operation } from "#model/events/operations.ts"

const Strings = Schema.Record(Schema.String, Schema.String)

export const Worker = Schema.Struct({
  name: Schema.String,
  zone: Schema.String,
  capacity: Strings,
  labels: Schema.optionalKey(Strings)
})
export type Worker = typeof Worker.Type

export const Topology = Schema.Struct({
  etcds: Schema.Number,
  apiServers: Schema.Number,
  schedulers: Schema.Number,
  controllerManagers: Schema.Number,
  workers: Schema.Array(Worker),
  /** --etcd-compaction-interval of the API servers, if it is not the default. */
  etcdCompaction_ms: Schema.optionalKey(Schema.Number)
})
export type Topology = typeof Topology.Type

export const RunInput = Schema.Struct({
  seed: Schema.Number,
  topology: Topology,
  /** The swarm options that were on when the run was drawn: shown, and fed back by coverage; a replay ignores them. */
  swarm: Schema.Array(Schema.String),
  operations: Schema.Array(Operation),
  /** Users try again until they are answered: a recorded workload did take place. */
  persistentUsers: Schema.optionalKey(Schema.Boolean),
  faults: Schema.Array(Fault),
  /** Order of the run queue, `16 * step + which` each: see impl/sim/kernel.ts. None is first in, first out. */
  choices: Schema.Array(Schema.Number),
  /** Operations and faults together. */
  safety_ms: Schema.Number,
  /** Survivable core healed, the rest frozen in its faults. 0: no such phase. */
  core_ms: Schema.Number,
  /** Longest time, all healed, until every promise is kept and the cluster rests. 0: no such phase. */
  healed_ms: Schema.Number,
  /**
   * Of a failure by deadline that is being shrunk or was: the two later phases do not end because all is quiet before
   * this instant. When all listened, somebody had something to wait for; the one who broke alone might have not.
   */
  until_ms: Schema.optionalKey(Schema.Number)
})
export type RunInput = typeof RunInput.Type

/**
 * Decodes what a trace's header holds; throws a SchemaError that names the path of what is wrong. Its keys come out in
 * the order of the schema: operations and faults are journalled, so their bytes must not depend on who made them.
 */
export const decodeRunInput = Schema.decodeUnknownSync(RunInput)

/** Machines of the control plane: etcd/i, api-server/i, scheduler/i and controller-manager/i run on cp-i. */
export const controlPlane = (topology: Topology): ReadonlyArray<string> =>
  Array.from(
    { length: Math.max(topology.etcds, topology.apiServers, topology.schedulers, topology.controllerManagers) },
    (_, i) => `cp-${i}`
  )

/** Every process of the cluster by the machine that carries it. */
export const processesOf = (topology: Topology): ReadonlyMap<string, ReadonlyArray<string>> => {
  const on = new Map<string, string[]>(controlPlane(topology).map((machine) => [machine, []]))
  const groups = [
    ["etcd", topology.etcds], ["api-server", topology.apiServers], ["scheduler", topology.schedulers],
    ["controller-manager", topology.controllerManagers]
  ] as const
  for (const [component, count] of groups) {
    for (let i = 0; i < count; i++) on.get(`cp-${i}`)!.push(`${component}/${i}`)
  }
  for (const { name } of topology.workers) on.set(name, [`kubelet/${name}`, `container-runtime/${name}`])
  return on
}

/** Ids, times and amounts are sizes too: a run is smaller when it has less of anything. Used to compare candidates. */
export const sizeOf = (input: RunInput): number =>
  input.operations.length + input.faults.length + input.choices.reduce((n, choice) => n + (choice === 0 ? 0 : 1), 0)
