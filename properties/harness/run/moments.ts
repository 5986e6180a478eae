/** Faults that strike at some line of some process instead of at a time: each waits here for its line. */
import type { Fault } from "#model/events/faults.ts"
import type { Line } from "#model/events.ts"
import { machineOf } from "#properties/faults.ts"

interface Waiting {
  readonly fault: Fault
  seen: number
}

export class Moments {
  readonly #waiting = new Map<string, Array<Waiting>>()
  readonly #strike: (fault: Fault) => void

  /** `strike` is called in the midst of the actor's work: it must put the fault off, be it by the least time. */
  constructor(faults: ReadonlyArray<Fault>, strike: (fault: Fault) => void) {
    this.#strike = strike
    for (const fault of faults) {
      const type = fault.upon!.event
      const same = this.#waiting.get(type)
      if (same === undefined) this.#waiting.set(type, [{ fault, seen: 0 }])
      else same.push({ fault, seen: 0 })
    }
  }

  hear({ actor, at_ms, event }: Line): void {
    const waiting = this.#waiting.get(event.type)
    if (waiting === undefined) return
    for (const one of waiting) {
      const upon = one.fault.upon!
      const isMeant = upon.actor === actor || actor.startsWith(`${upon.actor}/`)
      if (!isMeant || at_ms < one.fault.at_ms || ++one.seen !== upon.nth) continue
      const self = "process" in one.fault && one.fault.process === upon.actor ? { process: actor }
        : "machine" in one.fault && one.fault.machine === upon.actor ? { machine: machineOf(actor) } : {}
      this.#strike({ ...one.fault, ...self, at_ms: at_ms + upon.delay_ms } as Fault)
    }
  }
}
