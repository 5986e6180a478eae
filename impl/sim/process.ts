/**
 * A process: an address on the network, a program, and its life under a supervisor. Each start is a new incarnation
 * with a scheduler of its own. A crash runs nothing; a graceful stop interrupts, and kills after a time.
 */
import { Cause, Context, Effect, Exit, type Fiber } from "effect"
import type { StateOf, StateValue } from "#impl/journal.ts"
import { Journal } from "#impl/journal.ts"
import { Disk, Draws, ImageRegistry, Machine, Network, Process } from "#impl/ports.ts"
import { SimCell, SimMailbox } from "#impl/sim/mailbox.ts"
import type { SimMachine } from "#impl/sim/machine.ts"
import type { Address } from "#impl/sim/network.ts"
import { ProcessScheduler } from "#impl/sim/scheduler.ts"
import type { Surroundings } from "#impl/sim/surroundings.ts"
import type { Timer } from "#impl/sim/kernel.ts"
import type { Event, EventOf } from "#model/events.ts"
import type * as model from "#model/hardware.ts"
import * as limits from "#model/limits/hardware.ts"

/** What a program may ask of the world. */
export type Services = Process | Draws | Network | Disk | Machine | ImageRegistry | Journal
export type Program = Effect.Effect<unknown, never, Services>
type State = StateOf<typeof model.process>

/** What one incarnation consists of; it dies as a whole. */
interface Incarnation {
  readonly scheduler: ProcessScheduler
  readonly context: Context.Context<Services>
  readonly startedAt_us: number
  main: Fiber.Fiber<unknown> | undefined
  /** Root fibers that run: main, and those forked from plain code. */
  readonly fibers: Set<Fiber.Fiber<unknown>>
}

export class SimProcess {
  readonly name: string
  readonly machine: SimMachine
  state: State = "stopped"
  incarnation = 0
  readonly #world: Surroundings
  readonly #program: Program
  readonly #address: Address
  #current: Incarnation | undefined
  #restart: Timer | undefined
  #killer: Timer | undefined
  #failures = 0
  #restartAfterStop_ms: number | undefined

  constructor(world: Surroundings, machine: SimMachine, name: string, program: Program) {
    this.#world = world
    this.machine = machine
    this.name = name
    this.#program = program
    this.#address = world.network.addAddress(name, machine.name)
  }

  get restartIsPending(): boolean {
    return this.#restart !== undefined && this.#restart.index >= 0
  }

  start(): void {
    this.#restart?.cancel()
    if (this.state !== "stopped" || !this.machine.serves) return
    this.incarnation++
    const { kernel } = this.#world
    const scheduler = new ProcessScheduler(kernel, this.machine.clock, this.name, (error) => this.#panic(error))
    const current: Incarnation = {
      scheduler, context: this.#context(scheduler), startedAt_us: kernel.now_us, main: undefined, fibers: new Set()
    }
    this.#current = current
    this.#address.scheduler = scheduler
    this.#became("running", { type: "process.started", process: this.name, incarnation: this.incarnation })
    scheduler.schedule(() => {
      current.main = this.#run(current, this.#program)
    })
  }

  /** Ends it where it stands. `restart_ms`: when the supervisor starts it again; absent: with its usual back-off. */
  crash(reason: string, restart_ms?: number): void {
    if (this.state === "stopped") return
    const ran_us = this.#world.kernel.now_us - this.#current!.startedAt_us
    this.#failures = ran_us >= limits.restartDelayReset_ms * 1_000 ? 1 : this.#failures + 1
    this.#dispose(false)
    this.#became("stopped", { type: "process.crashed", process: this.name, reason })
    const backOff_ms = limits.restartDelay_ms * limits.restartDelayFactor ** (this.#failures - 1)
    this.#restartAfter(restart_ms ?? Math.min(backOff_ms, limits.restartDelay_ms_max))
    this.machine.processEnded()
  }

  /** It goes with the memory of its machine, which starts it again when it serves again. */
  vanish(reason: string): void {
    this.#restart?.cancel()
    this.#failures = 0
    if (this.state === "stopped") return
    this.#dispose(true)
    this.#became("stopped", { type: "process.crashed", process: this.name, reason })
  }

  /** SIGTERM. Without `restart_ms` it stays down until somebody starts it. */
  stop(restart_ms?: number): void {
    this.#restartAfterStop_ms = restart_ms
    if (this.state === "stopped") {
      this.#restart?.cancel()
      if (restart_ms !== undefined) this.#restartAfter(restart_ms)
      return
    }
    if (this.state === "terminating") return
    this.resume()
    this.#became("terminating", { type: "process.terminating", process: this.name })
    const current = this.#current!
    this.#killer = this.machine.firmware.after(limits.stopTimeout_ms, () => this.#killed())
    current.scheduler.schedule(() => {
      if (current.main === undefined) this.#stopped()
      else current.main.interruptUnsafe()
    })
  }

  pause(): void {
    if (this.state !== "running") return
    this.#current!.scheduler.pause()
    this.#became("paused", { type: "process.paused", process: this.name })
    this.#world.network.processPaused(this.#address)
  }

  resume(): void {
    if (this.state !== "paused") return
    this.#became("running", { type: "process.resumed", process: this.name })
    this.#current!.scheduler.resume()
    this.#world.network.processResumed(this.#address)
  }

  /** Runs a task as one of the living incarnation, if there is one. */
  schedule(task: () => void): void {
    this.#current?.scheduler.schedule(task)
  }

  #killed(): void {
    if (this.state !== "terminating") return
    this.#dispose(false)
    this.#became("stopped", { type: "process.crashed", process: this.name, reason: "killed" })
    this.#endOfStop()
  }

  #stopped(): void {
    this.#dispose(false)
    this.#became("stopped", { type: "process.stopped", process: this.name })
    this.#endOfStop()
  }

  #endOfStop(): void {
    if (this.#restartAfterStop_ms !== undefined) this.#restartAfter(this.#restartAfterStop_ms)
    this.machine.processEnded()
  }

  #dispose(machineIsLost: boolean): void {
    this.#killer?.cancel()
    this.#current!.scheduler.kill()
    this.#current = undefined
    this.machine.forgetHandlers(this.name)
    this.#world.network.processEnded(this.#address, machineIsLost)
  }

  #restartAfter(delay_ms: number): void {
    this.#restart = this.machine.firmware.after(delay_ms, () => this.start())
  }

  #panic(error: unknown): void {
    this.#world.panicked(this.name, error)
    this.crash("panic")
  }

  #run(current: Incarnation, effect: Effect.Effect<unknown, never, Services>): Fiber.Fiber<unknown> {
    const fiber = Effect.runForkWith(current.context)(effect)
    current.fibers.add(fiber)
    fiber.addObserver((exit) => this.#fiberEnded(current, fiber, exit))
    return fiber
  }

  #fiberEnded(current: Incarnation, fiber: Fiber.Fiber<unknown>, exit: Exit.Exit<unknown>): void {
    current.fibers.delete(fiber)
    if (current.scheduler.dead) return
    if (this.state === "terminating") {
      // A fiber that panics while it is stopped ends nonetheless.
      if (current.fibers.size === 0) this.#stopped()
      else if (current.main?.pollUnsafe() !== undefined) {
        for (const other of current.fibers) other.interruptUnsafe()
      }
      return
    }
    if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) this.#panic(Cause.squash(exit.cause))
    else if (fiber === current.main) this.crash("exited")
  }

  #became(state: State, event: EventOf<"process">): void {
    this.state = state
    this.machine.wroteProcess(this.name, event, state)
  }

  #context(scheduler: ProcessScheduler): Context.Context<Services> {
    const { machine, name } = this
    const world = this.#world
    const random = world.chance.stream("random", `${name} ${this.incarnation}`)
    return scheduler.context(random).pipe(
      Context.add(Process, this.#processPort(scheduler)),
      Context.add(Draws, world.draws),
      Context.add(Network, world.network.port(this.#address, scheduler)),
      Context.add(Disk, machine.disk.port(scheduler)),
      Context.add(Machine, machine.port(name, scheduler)),
      Context.add(ImageRegistry, world.registry.port(scheduler)),
      Context.add(Journal, {
        wrote: (chart: string, entity: string, event: Event, state: StateValue) => {
          if (scheduler.dead) return
          world.lines.wrote(name, machine.monotonic_ms, chart, entity, event, state)
        },
        committed: (revision, changes) => world.lines.committed(revision, changes)
      })
    )
  }

  #processPort(scheduler: ProcessScheduler): Process["Service"] {
    const { machine, name } = this
    const { kernel } = this.#world
    const current = (): Incarnation | undefined => this.#current?.scheduler === scheduler ? this.#current : undefined
    return {
      name,
      machine: machine.name,
      incarnation: this.incarnation,
      monotonic_ms: () => machine.clock.monotonic_ms(kernel.now_us),
      wall_ms: () => machine.clock.wall_ms(kernel.now_us),
      after: (delay_ms, task) => scheduler.after(delay_ms, task),
      fork: (effect) => scheduler.schedule(() => {
        const incarnation = current()
        if (incarnation !== undefined) this.#run(incarnation, effect)
      }),
      mailbox: <A>() => new SimMailbox<A>(scheduler),
      cell: <A, E>() => new SimCell<A, E>(scheduler),
      exit: (reason) => Effect.suspend(() => {
        if (!scheduler.dead) this.crash(reason)
        return Effect.never
      })
    }
  }
}
