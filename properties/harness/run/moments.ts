/** Faults and operations that wait for some line of some actor instead of a time: each waits here for its line. */
import type { Fault } from "#model/events/faults.ts"
import type { Moment } from "#model/events/moment.ts"
import type { Line } from "#model/events.ts"
import { machineOf } from "#properties/faults.ts"
import { Names } from "#traces/names.ts"

interface Waiting {
  readonly upon: Moment
  readonly from_ms: number
  readonly reached: (line: Line) => void
  seen: number
}

export class Moments {
  readonly #waiting = new Map<string, Array<Waiting>>()
  /** Made when somebody asks what a line is about: names are kept of all that is made. */
  #names: Names | undefined

  /** `reached` is called in the midst of the actor's work: it must put off what it does, be it by the least time. */
  wait(upon: Moment, from_ms: number, reached: (line: Line) => void): void {
    if (upon.of !== undefined) this.#names ??= new Names()
    const one: Waiting = { upon, from_ms, reached, seen: 0 }
    const same = this.#waiting.get(upon.event)
    if (same === undefined) this.#waiting.set(upon.event, [one])
    else same.push(one)
  }

  hear(line: Line): void {
    this.#names?.hear(line)
    const waiting = this.#waiting.get(line.event.type)
    if (waiting === undefined) return
    for (const one of waiting) if (this.#isMeant(one, line) && ++one.seen === one.upon.nth) one.reached(line)
  }

  #isMeant({ from_ms, upon }: Waiting, line: Line): boolean {
    const { actor, at_ms } = line
    if (at_ms < from_ms || (upon.actor !== actor && !actor.startsWith(`${upon.actor}/`))) return false
    return upon.of === undefined || upon.of === this.#names!.about(line)
  }
}

/** The fault as it strikes at that line: who is meant by a component's name is known now. */
export const struckAt = (fault: Fault, { actor, at_ms }: Line): Fault => {
  const { delay_ms, actor: meant } = fault.upon!
  const target = "process" in fault && !fault.process.includes("/") ? { process: neighbour(actor, fault.process) }
    : "machine" in fault && fault.machine === meant ? { machine: machineOf(actor) } : {}
  return { ...fault, ...target, at_ms: at_ms + delay_ms } as Fault
}

/** The component's process on the machine of the actor: it itself, if it is one of that component. */
const neighbour = (actor: string, component: string): string => {
  const machine = machineOf(actor)
  return `${component}/${machine.replace(/^cp-/, "")}`
}
