/**
 * A machine as the world carries it: clocks, disk, memory, network card, processes. Its life (boot chain, power) is
 * impl/hardware.ts, which runs on the machine's firmware: a scheduler that outlives every crash.
 */
import { Effect } from "effect"
import { Hardware, type Nic, type Parts, type Resource } from "#impl/hardware.ts"
import type { Machine } from "#impl/ports.ts"
import type { Chassis } from "#impl/ports/hardware.ts"
import { MachineClock } from "#impl/sim/clock.ts"
import { MachineDisk } from "#impl/sim/disk.ts"
import type { Program } from "#impl/sim/process.ts"
import { SimProcess } from "#impl/sim/process.ts"
import { ProcessScheduler } from "#impl/sim/scheduler.ts"
import type { Surroundings } from "#impl/sim/surroundings.ts"
import type { StateValue } from "#impl/journal.ts"
import type { EventOf } from "#model/events.ts"
import * as limits from "#model/limits/hardware.ts"

export interface MachineConfig {
  readonly name: string
  /** "outside": where users sit; a machine like any other, but no part of the cluster. */
  readonly role: "control-plane" | "worker" | "outside"
  readonly capacity: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly region?: string
  /** Wall clock at the start of the run minus the world's, ms. */
  readonly skew_ms?: number
}

export class SimMachine {
  readonly name: string
  readonly config: MachineConfig
  readonly clock = new MachineClock()
  readonly disk: MachineDisk
  readonly hardware: Hardware
  readonly firmware: ProcessScheduler
  readonly processes: Array<SimProcess> = []
  /** Whether its kernel answers packets. */
  isOnline = false
  nic: Nic = "up"
  runtimeLatency_ms = 0
  readonly #world: Surroundings
  readonly #memory = new Map<string, { readonly value: unknown; readonly kill: (value: never) => void }>()
  readonly #pressures = new Set<Resource>()
  /** By process: whom to tell that the containers were killed. */
  readonly #containerHandlers = new Map<string, ReadonlyArray<() => void>>()
  #allStopped: (() => void) | undefined

  constructor(world: Surroundings, config: MachineConfig, parts: Partial<Parts>) {
    this.#world = world
    this.config = config
    this.name = config.name
    this.clock.offset_ms += config.skew_ms ?? 0
    this.disk = new MachineDisk(config.name, world.chance)
    this.firmware = new ProcessScheduler(world.kernel, this.clock, `machine/${config.name}`, (error) => {
      // The firmware is Plimsoll's own: a defect in it is no event of the world.
      throw error
    })
    this.hardware = new Hardware(this.#chassis(), parts)
  }

  get serves(): boolean {
    return this.hardware.power === "serving"
  }
  get monotonic_ms(): number {
    return this.clock.monotonic_ms(this.#world.kernel.now_us)
  }

  addProcess(name: string, program: Program): SimProcess {
    const process = new SimProcess(this.#world, this, name, program)
    this.processes.push(process)
    return process
  }

  wroteProcess(process: string, event: EventOf<"process">, state: StateValue): void {
    this.#world.lines.wrote(`machine/${this.name}`, this.monotonic_ms, "hardware.process", process, event, state)
  }

  processEnded(): void {
    if (this.processes.every(({ state }) => state === "stopped")) this.#allStopped?.()
  }

  forgetHandlers(process: string): void {
    this.#containerHandlers.delete(process)
  }

  killContainers(): void {
    for (const process of this.processes) {
      for (const handler of this.#containerHandlers.get(process.name) ?? []) process.schedule(handler)
    }
  }

  setNic(nic: Nic): void {
    this.nic = nic
    this.hardware.setNic(nic)
  }
  setPressure(resource: Resource, present: boolean): void {
    if (present) this.#pressures.add(resource)
    else this.#pressures.delete(resource)
    this.hardware.setPressure(resource, present)
  }
  setDisk(state: MachineDisk["state"]): void {
    this.disk.state = state
    this.hardware.setDisk(state)
  }
  jumpClock(by_ms: number): void {
    this.clock.offset_ms += by_ms
    this.hardware.clockJumped(by_ms)
  }
  /** Timers that are armed keep the reading of the clock at which they are due. */
  setClockRate(rate: number): void {
    if (rate === this.clock.rate) return
    const { kernel } = this.#world
    const due = new Map<object, number>()
    const isHere = (owner: object): boolean => owner instanceof ProcessScheduler && owner.clock === this.clock
    kernel.retime(isHere, (timer) => {
      due.set(timer, this.clock.monotonic_us(timer.time_us))
      return timer.time_us
    })
    this.clock.setRate(rate, kernel.now_us)
    kernel.retime(isHere, (timer) => this.clock.instantOf(due.get(timer)!))
    this.hardware.clockRateChanged(rate)
  }

  /** The port, as one incarnation of a process sees it. */
  port(process: string, scheduler: ProcessScheduler): Machine["Service"] {
    return {
      name: this.name,
      bootId: () => this.hardware.bootId,
      capacity: this.config.capacity,
      labels: this.config.labels,
      pressure: () => ({
        memory: this.#pressures.has("memory"), disk: this.#pressures.has("disk"), pid: this.#pressures.has("pid")
      }),
      runtimeLatency_ms: () => this.runtimeLatency_ms,
      onContainersKilled: (task) => {
        if (scheduler.dead) return
        this.#containerHandlers.set(process, [...this.#containerHandlers.get(process) ?? [], task])
      },
      memory: <A>(key: string, make: () => A, kill: (value: A) => void): A => {
        const kept = this.#memory.get(key)
        if (kept !== undefined) return kept.value as A
        const value = make()
        this.#memory.set(key, { value, kill })
        return value
      }
    }
  }

  /** What happens to several processes at once has one cause; none of them is the cause of the next. */
  #eachProcess(task: (process: SimProcess) => void): void {
    const { kernel } = this.#world
    const { cause } = kernel
    for (const process of this.processes) {
      kernel.cause = cause
      task(process)
    }
    kernel.cause = cause
  }

  #clearMemory(): void {
    const values = [...this.#memory.values()]
    this.#memory.clear()
    for (const { value, kill } of values) kill(value as never)
  }

  #chassis(): Chassis {
    const { name } = this
    const world = this.#world
    const draws = (what: string) => world.chance.stream(`hardware/${what}`, name)
    return {
      name,
      run: (effect) => {
        const fiber = Effect.runForkWith(this.firmware.context(draws("random")))(effect)
        return { interrupt: () => fiber.interruptUnsafe() }
      },
      draw: (what, min, max) => draws(what).between(min, max),
      newBootId: () => world.chance.uuid("hardware/bootId", name),
      wrote: (event, state) =>
        world.lines.wrote(`machine/${name}`, this.monotonic_ms, "hardware.machine", name, event, state),
      online: (answers) => {
        this.isOnline = answers
      },
      loseMemory: (reason) => {
        this.#allStopped = undefined
        this.#eachProcess((process) => process.vanish(reason))
        this.#clearMemory()
        this.disk.loseCache()
      },
      startUnits: () => {
        for (const process of this.processes) {
          const delay_ms = world.kernel.now_us === 0 ? 0
            : world.chance.stream("hardware/unit", process.name).below(limits.unitStart_ms_max)
          this.firmware.after(delay_ms, () => process.start())
        }
      },
      stopUnits: Effect.callback<void>((resume) => {
        this.#allStopped = () => {
          this.#allStopped = undefined
          this.#clearMemory()
          this.firmware.schedule(() => resume(Effect.void))
        }
        this.#eachProcess((process) => process.stop())
        this.processEnded()
      }),
      emptyDisk: () => this.disk.replaceByEmpty()
    }
  }
}
