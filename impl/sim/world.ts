/**
 * The simulated world: machines, processes, network, disks, clocks, faults, under one kernel of virtual time. One
 * seed (and one list of choices) is one run, byte for byte.
 */
import type { StateValue } from "#impl/journal.ts"
import type { Parts as HardwareParts } from "#impl/hardware.ts"
import type { Draws } from "#impl/ports.ts"
import { Chance } from "#impl/sim/draws.ts"
import { Faults } from "#impl/sim/faults.ts"
import { type GroundTruth, Lines } from "#impl/sim/journal.ts"
import { Kernel, noCause } from "#impl/sim/kernel.ts"
import { SimMachine, type MachineConfig } from "#impl/sim/machine.ts"
import { SimNetwork } from "#impl/sim/network.ts"
import type { Program, SimProcess } from "#impl/sim/process.ts"
import { Registry } from "#impl/sim/registry.ts"
import type { Surroundings } from "#impl/sim/surroundings.ts"
import type { Event, Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"

export type { GroundTruth } from "#impl/sim/journal.ts"
export { Livelock } from "#impl/sim/kernel.ts"
export type { MachineConfig } from "#impl/sim/machine.ts"
export type { Program, Services } from "#impl/sim/process.ts"

export interface WorldOptions {
  readonly seed: number
  /** Which of the first sixteen queued tasks runs next, one each time that several wait; then first in, first out. */
  readonly choices?: ReadonlyArray<number>
  /** Hears every line. Absent: nothing is journalled. */
  readonly listen?: ((line: Line) => void) | undefined
  /** How a committed change reads as a line of actor "etcd". */
  readonly groundTruth?: GroundTruth
  /** Freezes every message that crosses a process boundary. Slow. */
  readonly freeze?: boolean
  /** What a planted bug replaces in the life of machines. */
  readonly hardware?: Partial<HardwareParts>
  /** Bound on the steps within one second of virtual time, beyond which a Livelock is thrown. */
  readonly stepsPerSecond?: number
}

export interface ProcessConfig {
  readonly name: string
  readonly machine: string
  readonly program: Program
}

/** A process met a defect in its own code, and crashed. */
export interface Panic {
  readonly at_ms: number
  readonly process: string
  readonly error: unknown
}

export class World {
  readonly kernel: Kernel
  readonly chance: Chance
  readonly machines = new Map<string, SimMachine>()
  readonly processes = new Map<string, SimProcess>()
  /** Defects in the code of processes. A harness should look: they are seldom meant. */
  readonly panics: Array<Panic> = []
  readonly #surroundings: Surroundings
  readonly #faults: Faults
  readonly #hardware: Partial<HardwareParts>
  #started = false

  constructor(options: WorldOptions) {
    const kernel = this.kernel = new Kernel(options.choices, options.stepsPerSecond)
    const chance = this.chance = new Chance(options.seed)
    const draws: Draws["Service"] = {
      below: (stream, identity, n) => chance.stream(stream, identity).below(n),
      unit: (stream, identity) => chance.stream(stream, identity).unit(),
      uuid: (stream, identity) => chance.uuid(stream, identity)
    }
    const network = new SimNetwork(kernel, chance, options.freeze ?? false, {
      answers: (machine) => this.machines.get(machine)!.isOnline,
      reachable: (machine) => {
        const { isOnline, nic } = this.machines.get(machine)!
        return isOnline && nic === "up"
      },
      condition: (link) => this.#faults.condition(link)
    })
    this.#surroundings = {
      kernel, chance, draws, network,
      registry: new Registry(chance),
      lines: new Lines(kernel, options.listen, options.groundTruth),
      panicked: (process, error) => {
        this.panics.push({ at_ms: this.now_ms, process, error })
      }
    }
    this.#faults = new Faults(this.#surroundings, this.machines, this.processes)
    this.#hardware = options.hardware ?? {}
  }

  // Building it.

  addMachine(config: MachineConfig): SimMachine {
    if (this.machines.has(config.name)) throw new Error(`there is a machine ${config.name} already`)
    const machine = new SimMachine(this.#surroundings, config, this.#hardware)
    this.machines.set(config.name, machine)
    return machine
  }

  addProcess({ name, machine, program }: ProcessConfig): SimProcess {
    const host = this.machines.get(machine)
    if (host === undefined) throw new Error(`there is no machine ${machine} for the process ${name}`)
    if (this.processes.has(name)) throw new Error(`there is a process ${name} already`)
    const process = host.addProcess(name, program)
    this.processes.set(name, process)
    return process
  }

  addBalancer(name: string, backends: ReadonlyArray<string>): void {
    this.#surroundings.network.addBalancer(name, backends)
  }

  // Running it.

  /** Every machine is up already, as it is when one starts to look at a cluster; its processes start now. */
  start(): void {
    this.#started = true
    for (const machine of this.machines.values()) {
      this.kernel.cause = noCause
      machine.hardware.join()
    }
    this.kernel.cause = noCause
  }

  /**
   * Runs until the world's time, inclusive, or about so many steps towards it: false when there is more to do.
   * Synchronous. Throws Livelock.
   */
  run(until_ms: number, steps = Infinity): boolean {
    this.kernel.cause = noCause
    return this.kernel.run(Math.round(until_ms * 1_000), steps)
  }

  /** A task of the world at a time of the world. */
  at(at_ms: number, task: () => void): void {
    this.kernel.at(Math.round(at_ms * 1_000), task)
  }

  /** At its own time, or now when that has passed, but never before the machines are up. */
  inject(fault: Fault): void {
    const begin = (): void => this.#faults.begin(fault)
    if (!this.#started || fault.at_ms > this.kernel.now_us / 1_000) this.at(fault.at_ms, begin)
    else begin()
  }

  /** Ends every fault on the given machines and between them, and starts what waits for its supervisor. */
  heal(machines?: ReadonlyArray<string>): void {
    this.#faults.heal(machines)
  }

  /** A line of actor "world": phases, operations. */
  wrote(chart: string, entity: string, event: Event, state: StateValue): void {
    this.#surroundings.lines.wrote("world", Math.floor(this.now_ms), chart, entity, event, state)
  }

  // Looking at it.

  get now_ms(): number {
    return this.kernel.now_us / 1_000
  }
  get lines(): number {
    return this.#surroundings.lines.written
  }
  get steps(): number {
    return this.kernel.steps
  }
  get choicesUsed(): number {
    return this.kernel.choicesUsed
  }
  get faultsInForce(): ReadonlyArray<Fault> {
    return this.#faults.inForce
  }
}
