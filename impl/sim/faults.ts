/**
 * Faults that are in force. What a fault does to a link or a machine is computed anew from all those in force
 * whenever one begins or ends, so overlapping faults never undo one another. What each kind does stands in faults/.
 */
import type { SimMachine } from "#impl/sim/machine.ts"
import type { Link } from "#impl/sim/network/link.ts"
import type { SimProcess } from "#impl/sim/process.ts"
import type { Surroundings } from "#impl/sim/surroundings.ts"
import { balancerEffects } from "#impl/sim/faults/balancer.ts"
import { clockEffects } from "#impl/sim/faults/clock.ts"
import { containerEffects } from "#impl/sim/faults/containers.ts"
import { diskEffects } from "#impl/sim/faults/disk.ts"
import type { Condition, FaultEffect, FaultEffects, Reach } from "#impl/sim/faults/effect.ts"
import { powerEffects } from "#impl/sim/faults/machine-power.ts"
import { pressureEffects } from "#impl/sim/faults/machine-pressure.ts"
import { connectionEffects } from "#impl/sim/faults/network-connections.ts"
import { linkEffects } from "#impl/sim/faults/network-link.ts"
import { partitionEffects } from "#impl/sim/faults/network-partition.ts"
import { nicEffects } from "#impl/sim/faults/nic.ts"
import { processEffects } from "#impl/sim/faults/process.ts"
import { registryEffects } from "#impl/sim/faults/registry.ts"
import { runtimeEffects } from "#impl/sim/faults/runtime.ts"
import { lasting, type Fault, type FaultOf } from "#model/events/faults.ts"

const effects: FaultEffects = {
  ...processEffects, ...powerEffects, ...pressureEffects, ...partitionEffects, ...linkEffects, ...connectionEffects,
  ...nicEffects, ...balancerEffects, ...diskEffects, ...clockEffects, ...registryEffects, ...containerEffects,
  ...runtimeEffects
}
const effectOf = (fault: Fault): FaultEffect<Fault> => effects[fault.type] as FaultEffect<Fault>

interface Active {
  readonly fault: Fault
  /** Machines that were healed while the fault goes on elsewhere: a link between two of them is free of it. */
  readonly healed: Set<string>
}

export class Faults {
  readonly #world: Surroundings
  readonly #machines: ReadonlyMap<string, SimMachine>
  readonly #processes: ReadonlyMap<string, SimProcess>
  readonly #reach: Reach
  #active: Array<Active> = []

  constructor(
    world: Surroundings, machines: ReadonlyMap<string, SimMachine>, processes: ReadonlyMap<string, SimProcess>
  ) {
    this.#world = world
    this.#machines = machines
    this.#processes = processes
    this.#reach = {
      network: world.network, registry: world.registry, machine: (name) => machines.get(name),
      process: (name) => processes.get(name), machineOf: (name) => processes.get(name)?.machine.name ?? name,
      inForce: <Type extends Fault["type"]>(type: Type) =>
        this.inForce.filter((fault): fault is FaultOf<Type> => fault.type === type)
    }
  }

  get inForce(): ReadonlyArray<Fault> {
    return this.#active.map(({ fault }) => fault)
  }

  begin(fault: Fault): void {
    const { kernel } = this.#world
    const cause = kernel.cause
    if (!lasting.has(fault.type)) {
      this.#wrote({ type: "fault.injected", fault }, fault, "over")
      this.#strike(fault)
    } else {
      this.#wrote({ type: "fault.injected", fault }, fault, "active")
      const active: Active = { fault, healed: new Set() }
      this.#active.push(active)
      if ("duration_ms" in fault && fault.duration_ms !== undefined) {
        kernel.at(kernel.now_us + Math.round(fault.duration_ms * 1_000), () => this.#end(active))
      }
      this.#strike(fault)
    }
    kernel.cause = cause
  }

  /**
   * Ends every fault on the given machines (absent: everywhere). A cut between one of them and another stays; a link
   * that is only slow, lossy or deaf in one direction is freed: who is half there is connected for all the others, and
   * Kubernetes promises nothing to those who are connected to it (etcd's client takes each connected member in turn).
   */
  heal(machines?: ReadonlyArray<string>): void {
    const healthy = new Set(machines ?? this.#machines.keys())
    for (const active of this.#active.slice()) {
      const concerned = this.#concerned(active.fault)
      for (const name of concerned) if (healthy.has(name)) active.healed.add(name)
      if (concerned.every((name) => active.healed.has(name))) this.#end(active)
      else if (effectOf(active.fault).onLink !== undefined) this.#world.network.reviewLinks()
    }
    for (const process of this.#processes.values()) {
      if (healthy.has(process.machine.name) && process.restartIsPending) process.start()
    }
  }

  /** What the faults in force make of a link. */
  condition(link: Link): Condition {
    const from = this.#machines.get(link.from)!.nic
    const to = this.#machines.get(link.to)!.nic
    let blocked = from === "down" || from === "rxOnly" || to === "down" || to === "txOnly"
    let extra_ms = 0
    let passes = 1
    for (const { fault, healed } of this.#active) {
      const { isPartial, onLink } = effectOf(fault)
      if (onLink === undefined || (healed.has(link.from) && healed.has(link.to))) continue
      if ((healed.has(link.from) || healed.has(link.to)) && isPartial?.(fault) === true) continue
      const part = onLink(fault, link, this.#reach)
      blocked ||= part.blocked ?? false
      extra_ms = Math.max(extra_ms, part.extra_ms ?? 0)
      passes *= 1 - (part.loss ?? 0)
    }
    return { blocked, extra_ms, loss: 1 - passes }
  }

  #end(active: Active): void {
    const i = this.#active.indexOf(active)
    if (i < 0) return
    this.#active.splice(i, 1)
    const { kernel } = this.#world
    const cause = kernel.cause
    this.#wrote({ type: "fault.ended", fault: active.fault }, active.fault, "over")
    this.#strike(active.fault)
    kernel.cause = cause
  }

  #wrote(
    event: { readonly type: "fault.injected" | "fault.ended"; readonly fault: Fault }, fault: Fault, state: string
  ): void {
    const clock_ms = Math.floor(this.#world.kernel.now_us / 1_000)
    this.#world.lines.wrote("world", clock_ms, "run.fault", String(fault.id), event, state)
  }

  #concerned(fault: Fault): ReadonlyArray<string> {
    const { machineOf } = this.#reach
    if ("machine" in fault) return [fault.machine]
    if ("process" in fault) return [machineOf(fault.process)]
    return "from" in fault ? [fault.from, fault.to].flat().map(machineOf) : []
  }

  #strike(fault: Fault): void {
    effectOf(fault).strike(fault, this.#reach)
  }
}
