/**
 * Faults that are in force. What a fault does to a link or a machine is computed anew from all those in force
 * whenever one begins or ends, so overlapping faults never undo one another.
 */
import type { Nic } from "#impl/hardware.ts"
import type { SimMachine } from "#impl/sim/machine.ts"
import type { Link } from "#impl/sim/network/link.ts"
import type { SimProcess } from "#impl/sim/process.ts"
import type { Surroundings } from "#impl/sim/surroundings.ts"
import type { Fault } from "#model/events/faults.ts"

type FaultOf<Type extends Fault["type"]> = Extract<Fault, { readonly type: Type }>

interface Active {
  readonly fault: Fault
  /** Machines that were healed while the fault goes on elsewhere: a link between two of them is free of it. */
  readonly healed: Set<string>
}

/** Faults that end; the others happen and are over. */
const lasting: ReadonlySet<Fault["type"]> = new Set([
  "process.pause", "machine.powerLoss", "machine.pressure", "network.partition", "network.loss", "network.slow",
  "nic.fail", "balancer.pin", "disk.fail", "clock.rate", "registry.fail", "runtime.slow"
])

const isPartial = (fault: Fault): boolean =>
  fault.type === "network.slow" || fault.type === "network.loss" || (fault.type === "network.partition" && fault.oneWay)

export class Faults {
  readonly #world: Surroundings
  readonly #machines: ReadonlyMap<string, SimMachine>
  readonly #processes: ReadonlyMap<string, SimProcess>
  #active: Array<Active> = []

  constructor(
    world: Surroundings, machines: ReadonlyMap<string, SimMachine>, processes: ReadonlyMap<string, SimProcess>
  ) {
    this.#world = world
    this.#machines = machines
    this.#processes = processes
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
      else if ("from" in active.fault) this.#world.network.reviewLinks()
    }
    for (const process of this.#processes.values()) {
      if (healthy.has(process.machine.name) && process.restartIsPending) process.start()
    }
  }

  /** What the faults in force make of a link. */
  condition(link: Link): { readonly blocked: boolean; readonly extra_ms: number; readonly loss: number } {
    const from = this.#machines.get(link.from)!.nic
    const to = this.#machines.get(link.to)!.nic
    let blocked = from === "down" || from === "rxOnly" || to === "down" || to === "txOnly"
    let extra_ms = 0
    let passes = 1
    for (const { fault, healed } of this.#active) {
      if (healed.has(link.from) && healed.has(link.to)) continue
      if (isPartial(fault) && (healed.has(link.from) || healed.has(link.to))) continue
      if (fault.type === "network.partition") blocked ||= this.#parts(fault, link)
      if (fault.type !== "network.slow" && fault.type !== "network.loss") continue
      const a = this.#machineOf(fault.from), b = this.#machineOf(fault.to)
      if (!((link.from === a && link.to === b) || (link.from === b && link.to === a))) continue
      if (fault.type === "network.slow") extra_ms = Math.max(extra_ms, fault.latency_ms)
      else passes *= 1 - fault.probability
    }
    return { blocked, extra_ms, loss: 1 - passes }
  }

  #parts(fault: FaultOf<"network.partition">, { from, to }: Link): boolean {
    const holds = (names: ReadonlyArray<string>, machine: string): boolean =>
      names.some((name) => this.#machineOf(name) === machine)
    return (holds(fault.from, from) && holds(fault.to, to))
      || (!fault.oneWay && holds(fault.from, to) && holds(fault.to, from))
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

  /** A process's name stands for its machine wherever a machine is meant. */
  #machineOf(name: string): string {
    return this.#processes.get(name)?.machine.name ?? name
  }

  #concerned(fault: Fault): ReadonlyArray<string> {
    if ("machine" in fault) return [fault.machine]
    if ("process" in fault) return [this.#machineOf(fault.process)]
    if (fault.type === "network.partition") return [...fault.from, ...fault.to].map((name) => this.#machineOf(name))
    if ("from" in fault) return [this.#machineOf(fault.from), this.#machineOf(fault.to)]
    return []
  }

  #inForceOn<Type extends Fault["type"]>(type: Type, isMeant: (fault: FaultOf<Type>) => boolean) {
    return this.#active.map(({ fault }) => fault)
      .filter((fault): fault is FaultOf<Type> => fault.type === type && isMeant(fault as FaultOf<Type>))
  }

  /** Makes the world what the faults in force say, wherever this one (begun, ended or narrowed) has a say. */
  #strike(fault: Fault): void {
    if ("machine" in fault) {
      const machine = this.#machines.get(fault.machine)
      if (machine !== undefined) this.#strikeMachine(machine, fault)
    } else if ("process" in fault) {
      const process = this.#processes.get(fault.process)
      if (process !== undefined) this.#strikeProcess(process, fault)
    } else this.#strikeNetwork(fault)
  }

  #strikeProcess(process: SimProcess, fault: Extract<Fault, { readonly process: string }>): void {
    switch (fault.type) {
      case "process.crash": return process.crash("killed", fault.restart_ms)
      case "process.restart": return process.stop(fault.restart_ms)
      case "process.pause": {
        const pauses = this.#inForceOn("process.pause", (other) => other.process === fault.process)
        // Only a beginning pauses: an incarnation that was started since runs, however many pauses are in force.
        if (pauses.includes(fault)) process.pause()
        else if (pauses.length === 0) process.resume()
      }
    }
  }

  #strikeMachine(machine: SimMachine, fault: Extract<Fault, { readonly machine: string }>): void {
    const { hardware } = machine
    const here = (other: { readonly machine: string }): boolean => other.machine === fault.machine
    switch (fault.type) {
      case "machine.powerLoss":
        if (this.#inForceOn("machine.powerLoss", here).length > 0) hardware.losePower()
        else hardware.restorePower()
        return
      case "machine.kernelPanic": return hardware.panic()
      case "machine.reboot": return hardware.reboot()
      case "machine.pressure": {
        const isPresent = this.#inForceOn("machine.pressure", (other) =>
          here(other) && other.resource === fault.resource).length > 0
        return machine.setPressure(fault.resource, isPresent)
      }
      case "nic.fail":
        machine.setNic(together(this.#inForceOn("nic.fail", here).map(({ state }) => state)))
        return this.#world.network.reviewLinks()
      case "disk.fail": return machine.setDisk(this.#inForceOn("disk.fail", here).at(-1)?.state ?? "ok")
      case "disk.lose": return hardware.loseDisk()
      case "clock.jump": return machine.jumpClock(fault.by_ms)
      case "clock.rate": return machine.setClockRate(this.#inForceOn("clock.rate", here).at(-1)?.rate ?? 1)
      case "containers.kill": return machine.killContainers()
      case "runtime.slow":
        machine.runtimeLatency_ms = Math.max(0, ...this.#inForceOn("runtime.slow", here).map((f) => f.latency_ms))
    }
  }

  #strikeNetwork(fault: Exclude<Fault, { readonly machine: string } | { readonly process: string }>): void {
    const { network, registry } = this.#world
    switch (fault.type) {
      case "network.partition":
      case "network.loss":
      case "network.slow": return network.reviewLinks()
      case "network.reset":
        return network.breakConnections(this.#machineOf(fault.from), this.#machineOf(fault.to), "reset")
      case "network.halfOpen":
        return network.breakConnections(this.#machineOf(fault.from), this.#machineOf(fault.to), "sever")
      case "balancer.pin":
        network.pins = this.#inForceOn("balancer.pin", () => true).map(({ backend }) => backend)
        return
      case "registry.fail":
        registry.isDown = this.#inForceOn("registry.fail", () => true).length > 0
    }
  }
}

/** Several failures of one card: what any of them stops is stopped. */
const together = (states: ReadonlyArray<Exclude<Nic, "up">>): Nic => {
  const [first] = states
  if (first === undefined) return "up"
  return states.every((state) => state === first) ? first : "down"
}
