/** history/processes: which processes run, and who leads. */
import type { Line } from "#model/events.ts"
import { Course } from "#properties/history/course.ts"
import type { Moment } from "#properties/history/kept.ts"

export interface Process {
  readonly state: "running" | "paused" | "over"
  readonly since_ms: number
  /** The line of its last start. */
  readonly started: number
}
export interface Leader {
  readonly actor: string
  readonly since_ms: number
}

export class Processes {
  readonly hears = ["process.started", "process.resumed", "process.paused", "process.crashed", "process.stopped",
    "elector.acquired", "elector.lost", "elector.stopped"] as const
  readonly #moment: Moment
  readonly #processes = new Map<string, Course<Process | undefined>>()
  readonly #leaders = new Map<string, Course<Leader | undefined>>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ actor, at_ms, entity, event, seq }: Line): void {
    switch (event.type) {
      case "process.started":
      case "process.resumed":
        return this.#become(event.process, "running", at_ms, seq, event.type === "process.started")
      case "process.paused":
        return this.#become(event.process, "paused", at_ms, seq)
      case "process.crashed":
      case "process.stopped":
        this.#become(event.process, "over", at_ms, seq)
        for (const election of this.#leaders.values()) this.#endLead(election, event.process, seq)
        return
      case "elector.acquired":
        return courseOf(this.#leaders, entity).set(seq, { actor, since_ms: at_ms })
      case "elector.lost":
      case "elector.stopped": {
        const election = this.#leaders.get(entity)
        return election === undefined ? undefined : this.#endLead(election, actor, seq)
      }
      default:
    }
  }
  #become(name: string, state: Process["state"], since_ms: number, seq: number, isStart = false): void {
    const course = courseOf(this.#processes, name)
    course.set(seq, { state, since_ms, started: isStart ? seq : course.newest?.started ?? 0 })
  }
  #endLead(election: Course<Leader | undefined>, actor: string, seq: number): void {
    if (election.newest?.actor === actor) election.set(seq, undefined)
  }

  /** Undefined: it has never run. */
  get(name: string): Process | undefined {
    return this.#processes.get(name)?.at(this.#moment)
  }
  /** Who was the last to get the lease, unless that one has lost it, stopped or ended since. */
  leaderOf(election: string): Leader | undefined {
    return this.#leaders.get(election)?.at(this.#moment)
  }
}

const courseOf = <T>(courses: Map<string, Course<T | undefined>>, name: string): Course<T | undefined> => {
  let course = courses.get(name)
  if (course === undefined) courses.set(name, course = new Course<T | undefined>(undefined))
  return course
}
