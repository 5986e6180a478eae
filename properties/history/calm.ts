/** history/calm: since when nothing is wrong with the cluster, and what can be relied on as long as nothing was. */
import type { Line } from "#model/events.ts"
import { reconnected_ms } from "#properties/history/bounds.ts"
import { Course } from "#properties/history/course.ts"
import type { Moment } from "#properties/history/kept.ts"

/** Elections of the beginning are over, and machines that reboot late have found the leader. */
export const leads_ms = 15_000 // ASSUMED

interface State {
  /** Nothing has been wrong since; undefined: something is. What has just started counts as wrong until now. */
  readonly since_ms: number | undefined
  /** No fault has ever struck: there is nothing left over that has to be found out about. */
  readonly isUntouched: boolean
  /** Only a change of membership brings back a member of etcd that lost its data. */
  readonly isWhole: boolean
  /** No clock has jumped or run at another rate. */
  readonly doClocksAgree: boolean
  /** How many processes are not running. */
  readonly down: number
}

export class Calm {
  readonly hears = ["run.started", "phase.began", "fault.injected", "member.dataLost", "machine.clockJumped",
    "machine.clockRateChanged", "process.started", "process.resumed", "process.crashed", "process.stopped"] as const
  readonly #moment: Moment
  readonly #states = new Course<State>(
    { since_ms: undefined, isUntouched: true, isWhole: true, doClocksAgree: true, down: 0 })
  readonly #down = new Set<string>()

  constructor(moment: Moment) {
    this.#moment = moment
  }

  hear({ at_ms, event, seq }: Line): void {
    const now = this.#states.newest
    const become = (change: Partial<State>): void => this.#states.set(seq, { ...now, ...change })
    switch (event.type) {
      case "run.started":
        return become({ since_ms: at_ms })
      case "member.dataLost":
        return become({ isWhole: false, since_ms: undefined })
      case "fault.injected":
        return become({ isUntouched: false, since_ms: undefined })
      case "machine.clockJumped":
      case "machine.clockRateChanged":
        return become({ doClocksAgree: false })
      case "phase.began":
        return event.phase === "healed" && now.isWhole ? become({ since_ms: at_ms }) : undefined
      case "process.crashed":
      case "process.stopped":
        this.#down.add(event.process)
        return become({ down: this.#down.size })
      case "process.started":
      case "process.resumed":
        this.#down.delete(event.process)
        return become({ down: this.#down.size, ...(now.since_ms === undefined ? {} : { since_ms: at_ms }) })
      default:
    }
  }

  get isUntouched(): boolean {
    return this.#states.at(this.#moment).isUntouched
  }
  get doClocksAgree(): boolean {
    return this.#states.at(this.#moment).doClocksAgree
  }
  /** Undefined: something is wrong. */
  get wellSince_ms(): number | undefined {
    const { down, since_ms } = this.#states.at(this.#moment)
    return down === 0 ? since_ms : undefined
  }
  /** Nothing was wrong at that time, and what had been wrong was over. */
  wasSettled(at_ms: number): boolean {
    return this.wasWellFor(this.isUntouched ? leads_ms : reconnected_ms, at_ms)
  }
  /** The cluster is whole, and had been for so long at that time. */
  wasWellFor(ms: number, at_ms: number): boolean {
    const since_ms = this.wellSince_ms
    return since_ms !== undefined && at_ms - since_ms >= ms
  }
}
