/**
 * One run of the whole cluster: a safety phase with users and faults, a core phase in which a survivable core works
 * while the rest stays frozen in its faults, and a healed phase in which every promise must come true.
 *
 * Properties and conformance hear every line as it is written; no line is kept. Whoever wants the lines runs the same
 * input again with `record`.
 */
import { build, type Cluster, type Parts } from "#impl/cluster.ts"
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"
import type { Operation } from "#model/events/operations.ts"
import { endOf, isLasting, legal, remainder, survivableCore } from "#properties/faults.ts"
import { Monitors, type Broken } from "#properties/harness/monitors.ts"
import type { Property } from "#properties/property.ts"
import type { RunInput } from "#properties/run-input.ts"
import { user, type Report } from "#properties/workload.ts"

export type { Broken } from "#properties/harness/monitors.ts"

/** Holds every line against its chart. Made by the conformance judge, which knows the charts. */
export interface Judge {
  /** The first disagreement, or undefined. */
  readonly line: (line: Line) => Disagreement | undefined
  /** (chart, state, event) triples reached, each as one text. */
  readonly coverage: ReadonlySet<string>
}
export interface Disagreement {
  readonly chart: string
  readonly message: string
}

export interface Options {
  readonly properties: ReadonlyArray<Property>
  /** Absent: nothing is held against the charts, and coverage counts the triples as journalled. */
  readonly judge?: () => Judge
  /** A planted bug: replaced parts of the cluster. */
  readonly parts?: Parts
  /** Hears every line up to the one at which the run broke. */
  readonly record?: (line: Line) => void
  /** Freezes what crosses a process boundary: slow, for tests. */
  readonly freeze?: boolean
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
  readonly coverage: ReadonlySet<string>
  /** Names of the `sometimes` that it reached. */
  readonly reached: ReadonlySet<string>
  /** The run came to rest, every promise kept, before its longest time. */
  readonly rested: boolean
}

const slice_ms = 1_000 // ASSUMED: how far a run goes on after a breach, or after Ctrl-C.
const restSlice_ms = 5_000 // ASSUMED: how often the promises of rest are asked; each asking may cost the store's size.
const users = 3

type Phase = "safety" | "core" | "healed" | "over"

export class Run {
  private readonly cluster: Cluster
  private readonly input: RunInput
  private readonly options: Options
  private readonly monitors: Monitors
  private readonly judge: Judge | undefined
  private readonly seen = new Set<string>()
  private readonly active = new Set<Fault>()
  private readonly faults: Record<string, number> = {}
  private readonly outcomes: Record<string, number> = {}
  private readonly all = new Map<string, Broken>()
  private invoked = 0
  private lines = 0
  private now_ms = 0
  private phase: Phase = "safety"
  private phaseEnds_ms: number
  private healed_ms = 0
  private rested = false

  constructor(input: RunInput, options: Options) {
    this.input = input
    this.options = options
    this.monitors = new Monitors(options.properties)
    this.judge = options.judge?.()
    this.phaseEnds_ms = input.safety_ms
    this.cluster = build({
      seed: input.seed, topology: input.topology, choices: input.choices, listen: (line) => this.hear(line),
      ...(options.parts === undefined ? {} : { parts: options.parts }),
      ...(options.freeze === undefined ? {} : { freeze: options.freeze })
    })
    this.begin()
  }

  /** Goes on by a second or so of virtual time. False when the run is over. */
  step(): boolean {
    if (this.phase === "over") return false
    const slice = this.phase === "healed" ? restSlice_ms : slice_ms
    this.now_ms = Math.min(this.phaseEnds_ms, this.now_ms + slice)
    try {
      this.cluster.world.run(this.now_ms)
    } catch (error) {
      this.found(crash("the simulated world could not go on", error, this.now_ms))
    }
    if (this.isDecided()) this.phase = "over"
    else if (this.phase === "healed") this.askForRest()
    if (this.phase !== "over" && this.now_ms >= this.phaseEnds_ms) this.nextPhase()
    return this.phase !== "over"
  }

  result(): RunResult {
    const broken = this.all.values().next().value
    const pending = this.invoked - Object.values(this.outcomes).reduce((a, b) => a + b, 0)
    return {
      verdict: broken?.kind ?? (this.phase === "over" ? "held" : "unknown"),
      broken,
      all: [...this.all.values()],
      counts: {
        lines: this.lines, virtual_ms: this.now_ms, faults: this.faults,
        operations: pending === 0 ? this.outcomes : { ...this.outcomes, pending }
      },
      coverage: this.judge?.coverage ?? this.seen,
      reached: this.monitors.reached,
      rested: this.rested
    }
  }

  private isDecided(): boolean {
    return this.all.size > 0 && this.options.collect !== true
  }

  private begin(): void {
    const { world } = this.cluster
    const { topology } = this.input
    this.world("run.phase", "run", {
      type: "run.started", etcds: topology.etcds, apiServers: topology.apiServers, schedulers: topology.schedulers,
      controllerManagers: topology.controllerManagers, workers: topology.workers.map(({ name }) => name),
      zones: Object.fromEntries(topology.workers.map(({ name, zone }) => [name, zone]))
    }, "started")
    this.world("run.phase", "run", { type: "phase.began", phase: "safety", frozen: [] }, "safety")
    const report: Report = {
      invoked: (operation) => {
        this.invoked++
        this.world("run.operation", String(operation.id), { type: "operation.invoked", operation }, "invoked")
      },
      completed: (operation, outcome) => {
        this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
        this.world("run.operation", String(operation.id), { type: "operation.completed", operation, outcome }, "completed")
      }
    }
    for (let i = 0; i < users; i++) {
      const own = this.input.operations.filter((operation) => operation.id % users === i).sort(byTime)
      if (own.length > 0) this.cluster.addUser(`user/${i}`, user(own, report))
    }
    for (const fault of legal(this.input.faults, topology)) {
      if (fault.at_ms > this.input.safety_ms) continue
      world.at(fault.at_ms, () => this.inject(fault))
    }
    world.start()
  }

  private inject(fault: Fault): void {
    this.faults[fault.type] = (this.faults[fault.type] ?? 0) + 1
    this.world("run.fault", String(fault.id), { type: "fault.injected", fault }, "injected")
    this.cluster.world.inject(fault)
    if (!isLasting(fault)) return
    this.active.add(fault)
    const end = endOf(fault)
    if (end < this.input.safety_ms) this.cluster.world.at(end, () => this.end(fault))
  }

  private end(fault: Fault): void {
    if (!this.active.delete(fault)) return
    this.cluster.world.heal(fault)
    this.world("run.fault", String(fault.id), { type: "fault.ended", fault }, "ended")
  }

  private nextPhase(): void {
    if (this.phase === "safety" && this.input.core_ms > 0) this.beginCore()
    else if (this.phase !== "healed" && this.input.healed_ms > 0) this.beginHealed()
    else this.phase = "over"
  }

  /** Faults that would have ended later stay as well: a rest that is frozen is the harder case. */
  private beginCore(): void {
    this.phase = "core"
    this.healed_ms = this.now_ms
    this.phaseEnds_ms = this.now_ms + this.input.core_ms
    const core = survivableCore(this.input.topology, this.active)
    for (const fault of [...this.active]) {
      const left = remainder(fault, core)
      if (left[0] === fault) continue
      this.end(fault)
      for (const part of left) {
        this.active.add(part)
        this.world("run.fault", String(part.id), { type: "fault.injected", fault: part }, "injected")
        this.cluster.world.inject(part)
      }
    }
    const frozen = core.frozen
    this.world("run.phase", "run", { type: "phase.began", phase: "core", frozen }, "core")
  }

  private beginHealed(): void {
    if (this.phase === "core") {
      const broken = this.monitors.overdue(this.now_ms, this.healed_ms, "core")
      if (broken !== undefined) {
        this.found(broken)
        if (this.isDecided()) {
          this.phase = "over"
          return
        }
      }
    }
    this.phase = "healed"
    this.healed_ms = this.now_ms
    this.phaseEnds_ms = this.now_ms + this.input.healed_ms
    for (const fault of [...this.active]) this.end(fault)
    this.world("run.phase", "run", { type: "phase.began", phase: "healed", frozen: [] }, "healed")
  }

  /** Over when all that was promised has come true; broken when it is overdue, or never came true. */
  private askForRest(): void {
    const overdue = this.monitors.overdue(this.now_ms, this.healed_ms, "healed")
    if (overdue !== undefined) this.found(overdue)
    else if (!this.monitors.hasOpen()) {
      const restless = this.monitors.restless(this.now_ms)
      if (restless === undefined) {
        this.rested = true
        this.phase = "over"
        return
      }
      if (this.now_ms >= this.phaseEnds_ms) this.found(restless)
    }
    if (this.isDecided()) this.phase = "over"
  }

  private world(chart: string, entity: string, event: Line["event"], state: string): void {
    this.cluster.world.wrote(chart, entity, event, state)
  }

  /** Called in the midst of a process's work: must not throw, and stops listening once all is decided. */
  private hear(line: Line): void {
    if (this.isDecided()) return
    this.lines++
    this.options.record?.(line)
    try {
      const broken = this.monitors.hear(line)
      if (broken !== undefined) this.found(broken)
      if (this.judge === undefined) this.cover(line)
      else {
        const disagreement = this.judge.line(line)
        if (disagreement !== undefined) {
          const { chart, message } = disagreement
          this.found({ kind: "conformance", property: chart, invariants: [], message, at_ms: line.at_ms, line })
        }
      }
    } catch (error) {
      this.found(crash("a monitor failed", error, line.at_ms))
    }
  }

  private cover({ chart, event, state }: Line): void {
    this.seen.add(`${chart} ${typeof state === "string" ? state : JSON.stringify(state)} ${event.type}`)
  }

  private found(broken: Broken): void {
    const key = `${broken.kind} ${broken.property}`
    if (!this.all.has(key)) this.all.set(key, broken)
  }
}

const byTime = (a: Operation, b: Operation): number => a.at_ms - b.at_ms

const crash = (what: string, error: unknown, at_ms: number): Broken => ({
  kind: "crash", property: what, invariants: [], at_ms,
  message: error instanceof Error ? error.stack ?? error.message : String(error)
})

/** The whole run at once. */
export const run = (input: RunInput, options: Options): RunResult => {
  const one = new Run(input, options)
  while (one.step()) { /* goes on */ }
  return one.result()
}
