/**
 * leader-election/clocks: which machine a process is on, how fast clocks have run, and who was paused: what the legal
 * exceptions of leases are made of. Hears "process." and "machine.clockRateChanged".
 */
import type { Line } from "#model/events.ts"

interface Rate {
  readonly until_ms: number
  readonly rate: number
}

export class Clocks {
  readonly #machines = new Map<string, string>()
  /** By machine: rates that ended, and the one that holds. */
  readonly #past = new Map<string, Array<Rate>>()
  readonly #now = new Map<string, number>()
  /** By process: end of the last pause; Infinity while it lasts. */
  readonly #pausedUntil_ms = new Map<string, number>()

  hear({ actor, event, at_ms }: Line): void {
    if (event.type === "process.started") this.#machines.set(event.process, actor.slice("machine/".length))
    else if (event.type === "process.paused") this.#pausedUntil_ms.set(event.process, Infinity)
    else if (event.type === "process.resumed") this.#pausedUntil_ms.set(event.process, at_ms)
    else if (event.type === "machine.clockRateChanged") {
      const machine = actor.slice("machine/".length)
      let past = this.#past.get(machine)
      if (past === undefined) this.#past.set(machine, past = [])
      past.push({ until_ms: at_ms, rate: this.#now.get(machine) ?? 1 })
      this.#now.set(machine, event.rate)
    }
  }

  isPaused(process: string): boolean {
    return this.#pausedUntil_ms.get(process) === Infinity
  }
  wasPausedSince(process: string, since_ms: number): boolean {
    return (this.#pausedUntil_ms.get(process) ?? -1) >= since_ms
  }

  /** The slowest and the fastest that the process's clock has run since then. */
  ratesSince(process: string, since_ms: number): { readonly min: number; readonly max: number } {
    const machine = this.#machines.get(process) ?? ""
    let min = this.#now.get(machine) ?? 1
    let max = min
    for (const { until_ms, rate } of this.#past.get(machine) ?? []) {
      if (until_ms < since_ms) continue
      min = Math.min(min, rate)
      max = Math.max(max, rate)
    }
    return { min, max }
  }
}
/** "scheduler/0" of "scheduler/0_<uuid>": the process whose clock judged. */
export const processOf = (identity: string): string => identity.slice(0, identity.lastIndexOf("_"))
export const clockEvents = ["process.", "machine.clockRateChanged"] as const
