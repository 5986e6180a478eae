/**
 * The kernel of virtual time: a heap of timers and one run queue. Time is counted in whole microseconds.
 *
 * Two sorts of timed work. A task without an owner belongs to the world and runs directly at its instant (a message
 * arrives, a fault strikes). A task with an owner belongs to a process and goes through the run queue, where a
 * choice may put it before up to fifteen others; without choices the queue is first in, first out.
 */
import { Schema } from "effect"
import { Heap, type Scheduled } from "#impl/sim/heap.ts"

export type Task = () => void

/** The process incarnation that a task belongs to. */
export interface Owner {
  readonly name: string
  readonly dead: boolean
  readonly paused: boolean
  readonly hold: (task: Task, cause: number) => void
  /** A task of the owner threw. */
  readonly failed: (error: unknown) => void
}

/** More was done within one second of virtual time than any lawful run does: a circle, or a storm of messages. */
export class Livelock extends Schema.TaggedError<Livelock>()("Livelock", {
  at_ms: Schema.Number,
  count: Schema.Number,
  of: Schema.Literals(["steps", "lines"]),
  /** Who ran in the last steps and how often, busiest first: "kubelet/worker-1 × 63". */
  running: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `${this.count} ${this.of} within one second of virtual time, at ${this.at_ms} ms; ` +
      `running: ${this.running.join(", ")}`
  }
}

/** The cause of work that nothing led to. */
export const noCause = -1
/**
 * How many queued tasks a choice reaches. A choice is a whole number, `16 * step + which`: at the contested step of
 * that number (one at which several tasks are queued) the task at place `which` runs next. Each names its own step, so
 * taking one away leaves the others where they are.
 */
export const reach = 16
/** Far above what fifteen thousand pods do in one second of virtual time (measured: 62,664 steps, 25,254 lines). */
const stepsPerSecond_max = 2_000_000
const linesPerSecond_max = 1_000_000
const second_us = 1_000_000
/** The last steps before the bound, over which a livelock names who ran. */
const stepsSampled = 1_000

const ring = <A>(size: number, empty: A): Array<A> => Array.from({ length: size }, () => empty)

class Timer implements Scheduled {
  time_us: number
  readonly order: number
  index = -1
  task: Task
  readonly owner: Owner | undefined
  readonly cause: number
  readonly #heap: Heap<Timer>
  constructor(heap: Heap<Timer>, time_us: number, order: number, task: Task, owner: Owner | undefined, cause: number) {
    this.#heap = heap
    this.time_us = time_us
    this.order = order
    this.task = task
    this.owner = owner
    this.cause = cause
  }
  cancel(): void {
    if (this.index >= 0) this.#heap.remove(this)
  }
}
export type { Timer }

export class Kernel {
  now_us = 0
  /** Tasks run so far. */
  steps = 0
  /** Choices made so far. */
  choicesUsed = 0
  /** Steps at which more than one task was queued: the places of choices. */
  #contested = 0
  #nextChoiceAt: number
  /** The seq of the last journalled line on this causal thread. */
  cause = noCause
  readonly #timers = new Heap<Timer>()
  readonly #choices: ReadonlyArray<number>
  readonly #bound: number
  #order = 0
  /** Steps and lines of this second of virtual time, and where it ends. */
  #stepsNow = 0
  #linesNow = 0
  #secondEnds_us = second_us
  /** A task was stopped in its midst for writing too much: the world ends with the next step. */
  #overrun: Livelock | undefined
  #sample: Map<string, number> | undefined
  // The run queue: three parallel rings.
  #tasks = ring<Task | undefined>(1_024, undefined)
  #owners = ring<Owner | undefined>(1_024, undefined)
  #causes = ring(1_024, noCause)
  #head = 0
  #count = 0

  constructor(choices: ReadonlyArray<number> = [], stepsPerSecond = stepsPerSecond_max) {
    const real = choices.filter((choice) => choice % reach !== 0)
    const made = new Map(real.map((choice) => [this.#stepOf(choice), choice]))
    this.#choices = [...made.values()].sort((a, b) => a - b)
    this.#nextChoiceAt = this.#stepOf(this.#choices[0])
    this.#bound = stepsPerSecond
  }

  #stepOf(choice: number | undefined): number {
    return choice === undefined ? -1 : Math.floor(choice / reach)
  }

  get timersArmed(): number {
    return this.#timers.size
  }

  /** Runs a task of the world at the instant, before anything of that instant that was scheduled later. */
  at(time_us: number, task: Task): Timer {
    return this.#arm(time_us, task, undefined)
  }

  /** Lets a task of a process join the run queue at the instant. */
  wake(time_us: number, task: Task, owner: Owner): Timer {
    return this.#arm(time_us, task, owner)
  }

  #arm(time_us: number, task: Task, owner: Owner | undefined): Timer {
    const time = time_us > this.now_us ? time_us : this.now_us
    const timer = new Timer(this.#timers, time, this.#order++, task, owner, this.cause)
    this.#timers.push(timer)
    return timer
  }

  /** Puts a task at the end of the run queue. */
  enqueue(task: Task, owner: Owner, cause: number = this.cause): void {
    if (this.#count === this.#tasks.length) this.#grow()
    const i = (this.#head + this.#count++) & (this.#tasks.length - 1)
    this.#tasks[i] = task
    this.#owners[i] = owner
    this.#causes[i] = cause
  }

  /** Gives every timer of the owners a new time (a clock changed its rate), or takes it away (undefined). */
  retime(concerns: (owner: Owner) => boolean, time_us: (timer: Timer) => number | undefined): void {
    this.#timers.rebuild((timer) => {
      if (timer.owner === undefined || !concerns(timer.owner)) return true
      const time = time_us(timer)
      if (time === undefined) return false
      timer.time_us = Math.max(time, this.now_us)
      return true
    })
  }

  /**
   * Runs everything up to and including the instant, or about so many steps of it: false when there is more to do.
   * Synchronous. Throws Livelock.
   */
  run(until_us: number, steps = Infinity): boolean {
    const stop = this.steps + steps
    for (;;) {
      this.#drain(stop)
      if (this.steps >= stop) return false
      let next = this.#timers.first
      if (next === undefined || next.time_us > until_us) break
      if (next.time_us !== this.now_us) this.#goTo(next.time_us)
      do {
        this.#timers.shift()
        if (next.owner !== undefined) this.enqueue(next.task, next.owner, next.cause)
        else this.#runWorld(next)
        next = this.#timers.first
      } while (next !== undefined && next.time_us === this.now_us)
    }
    if (until_us > this.now_us) this.#goTo(until_us)
    return true
  }

  #goTo(time_us: number): void {
    this.now_us = time_us
    if (time_us < this.#secondEnds_us) return
    this.#secondEnds_us = time_us - time_us % second_us + second_us
    this.#stepsNow = 0
    this.#linesNow = 0
    this.#sample = undefined
  }

  /** A line was written. Throws into the task that wrote it when that has no end. */
  wroteLine(): void {
    if (++this.#linesNow < linesPerSecond_max) return
    this.#overrun ??= this.#livelock(this.#linesNow, "lines", this.#sample ?? new Map())
    throw this.#overrun
  }

  #runWorld(timer: Timer): void {
    this.#step("world")
    this.cause = timer.cause
    timer.task()
    this.cause = noCause
  }

  #drain(stop: number): void {
    while (this.#count > 0 && this.steps < stop) {
      if (this.#count > 1 && this.#contested++ === this.#nextChoiceAt) this.#choose()
      const i = this.#head
      const task = this.#tasks[i]!
      const owner = this.#owners[i]!
      const cause = this.#causes[i]!
      this.#tasks[i] = undefined
      this.#owners[i] = undefined
      this.#head = (i + 1) & (this.#tasks.length - 1)
      this.#count--
      if (owner.dead) continue
      if (owner.paused) {
        owner.hold(task, cause)
        continue
      }
      this.#step(owner.name)
      this.cause = cause
      try {
        task()
      } catch (error) {
        owner.failed(error)
      }
    }
    this.cause = noCause
  }

  /** Moves the chosen task to the head; those before it keep their order. */
  #choose(): void {
    const choice = this.#choices[this.choicesUsed++]!
    this.#nextChoiceAt = this.#stepOf(this.#choices[this.choicesUsed])
    const mask = this.#tasks.length - 1
    const chosen = choice % reach % this.#count
    if (chosen === 0) return
    const from = (this.#head + chosen) & mask
    const task = this.#tasks[from]
    const owner = this.#owners[from]
    const cause = this.#causes[from]!
    for (let k = chosen; k > 0; k--) {
      const to = (this.#head + k) & mask
      const before = (this.#head + k - 1) & mask
      this.#tasks[to] = this.#tasks[before]
      this.#owners[to] = this.#owners[before]
      this.#causes[to] = this.#causes[before]!
    }
    this.#tasks[this.#head] = task
    this.#owners[this.#head] = owner
    this.#causes[this.#head] = cause
  }

  #step(who: string): void {
    this.steps++
    if (this.#overrun !== undefined) throw this.#overrun
    if (++this.#stepsNow <= this.#bound - stepsSampled) return
    this.#sample ??= new Map()
    this.#sample.set(who, (this.#sample.get(who) ?? 0) + 1)
    if (this.#stepsNow >= this.#bound) throw this.#livelock(this.#stepsNow, "steps", this.#sample)
  }

  #livelock(count: number, of: "steps" | "lines", sample: ReadonlyMap<string, number>): Livelock {
    const running = [...sample].sort((a, b) => b[1] - a[1]).slice(0, 8).map(([name, n]) => `${name} × ${n}`)
    return new Livelock({ at_ms: Math.floor(this.now_us / 1_000), count, of, running })
  }

  #grow(): void {
    const size = this.#tasks.length
    const unroll = <A>(full: Array<A>, empty: A): Array<A> =>
      [...full.slice(this.#head), ...full.slice(0, this.#head), ...ring(size, empty)]
    this.#tasks = unroll<Task | undefined>(this.#tasks, undefined)
    this.#owners = unroll<Owner | undefined>(this.#owners, undefined)
    this.#causes = unroll(this.#causes, noCause)
    this.#head = 0
  }
}
