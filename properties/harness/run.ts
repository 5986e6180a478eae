/**
 * One run of the whole cluster: a safety phase with users and faults, a core phase in which a survivable core works
 * while the rest stays frozen in its faults, and a healed phase in which every promise must come true.
 *
 * Properties and conformance hear every line, some hundreds at a time (harness/monitors.ts says why); then they are
 * dropped. Whoever wants the lines runs the same input again with `record`.
 */
import { Effect } from "effect"
import { layer } from "#impl/client.ts"
import { build, type Cluster, type Parts } from "#impl/cluster.ts"
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import type { Operation } from "#model/events/operations.ts"
import { machineOf } from "#properties/faults.ts"
import { endsMajority, frozenAfter, legal, survivableCore } from "#properties/harness/draw/lawful.ts"
import { Moments, struckAt } from "#properties/harness/run/moments.ts"
import { Monitors, textOf, type Broken, type Owed } from "#properties/harness/run/monitors.ts"
import { Noted } from "#properties/harness/run/noted.ts"
import type { Property } from "#properties/property.ts"
import { controlPlane, decodeRunInput, type RunInput } from "#properties/harness/draw/run-input.ts"
import { user, type Report } from "#properties/harness/users.ts"

export type { Broken } from "#properties/harness/run/monitors.ts"

/** Holds every line against its chart. Made by the conformance judge, which knows the charts. */
export interface Judge {
  /** The first disagreement, or undefined. */
  readonly line: (line: Line) => Disagreement | undefined
}
export interface Disagreement {
  readonly chart: string
  readonly message: string
  readonly obligation?: Owed
}

export interface Options {
  readonly properties: ReadonlyArray<Property>
  /** Absent: nothing is held against the charts. */
  readonly judge?: () => Judge
  /** A planted bug: replaced parts of the cluster. */
  readonly parts?: Parts
  /** Hears every line up to the one at which the run broke. */
  readonly record?: (line: Line) => void
  /** Freezes what crosses a process boundary: slow, for tests. */
  readonly freeze?: boolean
  /** Goes on to the end of the healed phase even if nothing that listens is waiting for anything. */
  readonly patient?: boolean
  /** Goes on after the first breach; `all` holds the first of each property. */
  readonly collect?: boolean
}

export type Verdict = "held" | "safety" | "liveness" | "conformance" | "crash" | "unknown"

export interface Counts {
  readonly lines: number
  readonly virtual_ms: number
  readonly faults: Readonly<Record<string, number>>
  /** By outcome; "pending" never ended. */
  readonly operations: Readonly<Record<string, number>>
}
export interface RunResult {
  readonly verdict: Verdict
  readonly broken: Broken | undefined
  /** With `collect`: the first breach of each property. */
  readonly all: ReadonlyArray<Broken>
  readonly counts: Counts
  /** Names of the `sometimes` that it reached. */
  readonly reached: ReadonlySet<string>
  /** The run came to rest, every promise kept, before its longest time. */
  readonly rested: boolean
  /** What monitors gave up, in words: a run that did not break is then not known to hold. */
  readonly undecided: ReadonlyArray<string>
}

const leastCore_ms = 30_000 // ASSUMED: time for the frozen rest to do harm.
const slice_ms = 1_000 // ASSUMED: how far a run goes on after Ctrl-C.
const sliceSteps_max = 100_000 // ASSUMED: about a fifth of a second; signals are heard between two slices.
const lastLines = 5 // ASSUMED
const restSlice_ms = 5_000 // ASSUMED: how often the promises of rest are asked; each asking may cost the store's size.
const leastDelay_ms = 0.001 // A task of the world's own, after the line's.
/** Lines after which all listen; how far a run goes on after a breach. */
export const batch = 500 // ASSUMED: more gains little.
const longestBoot_ms = 200_000 // ASSUMED: a reboot with its stop time-out takes 180 s.
const users = 3
const usersMachine = "user"

type Phase = "safety" | "core" | "healed" | "over"

export class Run {
  readonly #cluster: Cluster
  readonly #input: RunInput
  readonly #options: Options
  readonly #monitors: Monitors
  readonly #judge: Judge | undefined
  readonly #moments = new Moments()
  readonly #noted = new Noted()
  #core: ReadonlySet<string> = new Set()
  /** The core was chosen before a member of it found that its data is gone: it is a majority no more. */
  #coreLostMember = false
  readonly #outcomes: Record<string, number> = {}
  readonly #all = new Map<string, Broken>()
  #invoked = 0
  #unheard: Array<Line> = []
  #now_ms = 0
  /** The last slice came to its end. */
  #isWhole = true
  #phase: Phase = "safety"
  #phaseEnds_ms: number
  /** When the phase's healing was done: once the machines that it switched on have booted. */
  #healed_ms = 0
  #coreBegan_ms = 0
  /** How long the core phase lasted, once it is over. */
  #core_ms: number | undefined
  #healBegan_ms = 0
  #rested = false

  constructor(input: RunInput, options: Options) {
    this.#input = decodeRunInput(input)
    this.#options = options
    this.#monitors = new Monitors(options.properties)
    this.#judge = options.judge?.()
    this.#phaseEnds_ms = this.#input.safety_ms
    this.#cluster = build({
      seed: this.#input.seed, topology: this.#input.topology, choices: this.#input.choices,
      listen: (line) => this.#write(line),
      ...(options.parts === undefined ? {} : { parts: options.parts }),
      ...(options.freeze === undefined ? {} : { freeze: options.freeze })
    })
    this.#begin()
  }

  /** Goes on by a second or so of virtual time, or a part of it. False when the run is over. */
  step(): boolean {
    if (this.#phase === "over") return false
    if (this.#isWhole) {
      const slice = this.#phase === "healed" ? restSlice_ms : slice_ms
      this.#now_ms = Math.min(this.#phaseEnds_ms, this.#now_ms + slice)
    }
    try {
      this.#isWhole = this.#cluster.world.run(this.#now_ms, sliceSteps_max)
    } catch (error) {
      this.#isWhole = true
      const last = this.#unheard.slice(-lastLines).map(({ actor, entity, event }) => `${actor} ${event.type} ${entity}`)
      this.#hear()
      const broken = crash("the simulated world could not go on", error, this.#now_ms)
      this.#found({ ...broken, message: `${broken.message}\nlast lines:\n  ${last.join("\n  ")}` })
    }
    if (!this.#isWhole) return true
    if (this.#phase !== "safety" || this.#now_ms >= this.#phaseEnds_ms) this.#hear()
    if (this.#isDecided()) this.#phase = "over"
    else if (this.#options.patient !== true) {
      if (this.#phase === "healed") this.#askForRest()
      if (this.#phase === "core") this.#askForCore()
    }
    if (this.#phase !== "over" && this.#now_ms >= this.#phaseEnds_ms) this.#nextPhase()
    return this.#phase !== "over"
  }

  result(): RunResult {
    const all = [...this.#all.values()].map((broken) => this.#explained(broken))
    const broken = all[0]
    const { undecided } = this.#monitors
    const pending = this.#invoked - Object.values(this.#outcomes).reduce((a, b) => a + b, 0)
    return {
      verdict: broken?.kind ?? (this.#phase === "over" && undecided.length === 0 ? "held" : "unknown"),
      broken,
      all,
      counts: {
        lines: this.#noted.lines + this.#unheard.length, virtual_ms: this.#now_ms, faults: this.#noted.faults,
        operations: pending === 0 ? this.#outcomes : { ...this.#outcomes, pending }
      },
      reached: this.#monitors.reached,
      rested: this.#rested,
      undecided
    }
  }

  #isDecided(): boolean {
    return this.#all.size > 0 && this.#options.collect !== true
  }

  #begin(): void {
    const { world } = this.#cluster
    const { topology } = this.#input
    world.addMachine({ name: usersMachine, role: "outside", capacity: {}, labels: {} })
    this.#world("run.phase", "run", {
      type: "run.started", etcds: topology.etcds, apiServers: topology.apiServers, schedulers: topology.schedulers,
      controllerManagers: topology.controllerManagers, workers: topology.workers.map(({ name }) => name),
      zones: Object.fromEntries(topology.workers.map(({ name, zone }) => [name, zone]))
    }, "started")
    this.#world("run.phase", "run", { type: "phase.began", phase: "safety", frozen: [] }, "safety")
    const report: Omit<Report, "ready"> = {
      invoked: (operation) => {
        this.#invoked++
        this.#world("run.operation", String(operation.id), { type: "operation.invoked", operation }, "invoked")
      },
      completed: (operation, outcome) => {
        this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1
        this.#world("run.operation", String(operation.id), { type: "operation.completed", operation, outcome },
          "completed")
      }
    }
    for (let i = 0; i < users; i++) {
      const own = this.#input.operations.filter((operation) => operation.id % users === i).sort(byTime)
      if (own.length === 0) continue
      let begin: ((operation: Operation) => void) | undefined
      const ready: Report["ready"] = (given) => begin = given
      for (const one of own) this.#wait(one, () => this.#phase === "safety" && begin?.(one))
      const timed = own.filter(({ upon }) => upon === undefined)
      const program = Effect.provide(user(timed, { ...report, ready }, this.#input.persistentUsers === true),
        layer("kubectl"))
      world.addProcess({ name: `user/${i}`, machine: usersMachine, program })
    }
    const faults = legal(this.#input.faults, topology)
    for (const fault of faults) if (fault.upon === undefined) this.#inject(fault)
    for (const fault of faults) this.#wait(fault, (line) => this.#inject(struckAt(fault, line)))
    world.start()
  }

  /** `then` comes after its line: a moment is heard of in the midst of the actor's work. */
  #wait({ at_ms, upon }: Fault | Operation, then: (line: Line) => void): void {
    if (upon === undefined) return
    const { world } = this.#cluster
    this.#moments.wait(upon, at_ms, (line) => {
      const fraction_ms = world.now_ms - Math.floor(world.now_ms)
      world.at(line.at_ms + upon.delay_ms + fraction_ms + leastDelay_ms, () => then(line))
    })
  }

  #inject(fault: Fault): void {
    if (fault.at_ms > this.#input.safety_ms || this.#phase !== "safety") return
    if (endsMajority(fault, this.#input.topology, (store) => this.#noted.isOut(store))) return
    this.#cluster.world.inject(frozenAfter(fault, this.#input.safety_ms))
  }

  /** What is promised counts from the last boot among the healed: nothing is overdue while one is under way. */
  #isBooting(): boolean {
    if (this.#now_ms > this.#healBegan_ms + longestBoot_ms) return false
    return [...this.#noted.dark].some((machine) => this.#phase === "healed" || this.#core.has(machine))
  }

  #nextPhase(): void {
    if (this.#phase === "safety" && this.#input.core_ms > 0) this.#beginCore()
    else if (this.#phase !== "healed" && this.#input.healed_ms > 0) this.#beginHealed()
    else this.#phase = "over"
  }

  #beginCore(): void {
    this.#phase = "core"
    this.#healed_ms = this.#healBegan_ms = this.#coreBegan_ms = this.#now_ms
    this.#phaseEnds_ms = this.#now_ms + this.#input.core_ms
    const { world } = this.#cluster
    const { topology } = this.#input
    const members = controlPlane(topology).slice(0, topology.etcds)
    const out = new Set(members.filter((machine) => this.#noted.isOut(machine)))
    const { machines, frozen } = survivableCore(topology, world.faultsInForce, out)
    this.#core = machines
    this.#coreLostMember = (members.length - out.size) * 2 <= members.length
    world.heal([...machines, usersMachine])
    this.#world("run.phase", "run", { type: "phase.began", phase: "core", frozen }, "core")
  }

  /** Nothing more to see once the core has kept its promises; broken when one is overdue. */
  #askForCore(): void {
    if (this.#coreLostMember) {
      this.#phaseEnds_ms = this.#now_ms
      return
    }
    const overdue = this.#isBooting() ? undefined : this.#monitors.overdue(this.#now_ms, this.#healed_ms, "core")
    if (overdue !== undefined) this.#found(overdue)
    if (this.#isDecided()) this.#phase = "over"
    else if (this.#mayEnd(this.#coreBegan_ms + leastCore_ms) && !this.#monitors.hasOpen("core")) {
      this.#phaseEnds_ms = this.#now_ms
    }
  }

  /** Since nobody waits for anything. */
  #mayEnd(earliest_ms: number): boolean {
    return this.#now_ms >= Math.max(earliest_ms, this.#input.until_ms ?? 0)
  }

  #beginHealed(): void {
    this.#core_ms = this.#phase === "core" ? this.#now_ms - this.#coreBegan_ms : 0
    this.#phase = "healed"
    this.#healed_ms = this.#healBegan_ms = this.#now_ms
    this.#phaseEnds_ms = this.#now_ms + this.#input.healed_ms
    this.#cluster.world.heal()
    this.#world("run.phase", "run", { type: "phase.began", phase: "healed", frozen: [] }, "healed")
  }

  /** Over when all that was promised has come true; broken when it is overdue, or never came true. */
  #askForRest(): void {
    const overdue = this.#isBooting() ? undefined : this.#monitors.overdue(this.#now_ms, this.#healed_ms, "healed")
    if (overdue !== undefined) this.#found(overdue)
    else if (!this.#monitors.hasOpen("healed")) {
      const restless = this.#monitors.restless(this.#now_ms)
      if (restless === undefined && this.#mayEnd(0)) {
        this.#rested = true
        this.#phase = "over"
        return
      }
      if (restless !== undefined && this.#now_ms >= this.#phaseEnds_ms) this.#found(restless)
    }
    if (this.#isDecided()) this.#phase = "over"
  }

  #world(chart: string, entity: string, event: Line["event"], state: string): void {
    this.#cluster.world.wrote(chart, entity, event, state)
  }

  /** Called in the midst of a process's work: must not throw. */
  #write(line: Line): void {
    this.#unheard.push(line)
    if (this.#phase === "safety") this.#moments.hear(line)
    if (this.#unheard.length >= batch) this.#hear()
  }

  /** Properties and charts hear what was written since. Nobody listens any more once all is decided. */
  #hear(): void {
    const lines = this.#unheard
    if (lines.length === 0) return
    this.#unheard = []
    if (this.#isDecided()) return
    const broken = this.#monitors.hear(lines)
    let next = 0
    for (let i = 0; i < lines.length && !this.#isDecided(); i++) {
      const line = lines[i]!
      this.#note(line)
      for (; broken[next]?.line === line; next++) this.#found(broken[next]!)
      this.#conforms(line)
    }
  }

  #conforms(line: Line): void {
    try {
      const disagreement = this.#judge?.line(line)
      if (disagreement === undefined) return
      const { chart, message, obligation } = disagreement
      this.#found({ kind: "conformance", property: chart, invariants: [], message, at_ms: line.at_ms, line,
        ...(obligation === undefined ? {} : { obligation }) })
    } catch (error) {
      this.#found(crash("the judge of the charts failed", error, line.at_ms))
    }
  }

  #note(line: Line): void {
    this.#noted.hear(line)
    const { type } = line.event
    if (type === "member.dataLost" && this.#phase === "core" && this.#core.has(machineOf(line.actor))) {
      this.#coreLostMember = true
    }
    if (type === "machine.unitsStarted" && this.#phase !== "safety") this.#healed_ms = line.at_ms
    this.#options.record?.(line)
  }

  /** A panic's line holds no stack: it would not be the same on every machine. The report has it. */
  #explained(broken: Broken): Broken {
    const event = broken.line?.event
    if (event?.type !== "process.crashed") return broken
    const panic = this.#cluster.world.panics.find(({ process }) => process === event.process)
    if (panic === undefined) return broken
    return { ...broken, message: `${broken.message}\n${textOf(panic.error)}` }
  }

  #found(broken: Broken): void {
    const key = `${broken.kind} ${broken.property}`
    if (this.#all.has(key)) return
    this.#all.set(key, this.#core_ms === undefined ? broken : { ...broken, core_ms: this.#core_ms })
  }
}

const byTime = (a: Operation, b: Operation): number => a.at_ms - b.at_ms

const crash = (what: string, error: unknown, at_ms: number): Broken => ({
  kind: "crash", property: what, invariants: [], at_ms,
  message: textOf(error)
})

/** The whole run at once. */
export const run = (input: RunInput, options: Options): RunResult => {
  const one = new Run(input, options)
  while (one.step()) { /* goes on */ }
  return one.result()
}
