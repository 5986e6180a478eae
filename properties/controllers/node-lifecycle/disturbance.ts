/**
 * node-lifecycle/disturbance: whether what a controller sees and writes may be late: a fault of the control plane or of
 * the ways to it is at work, or was a moment ago. Hears "fault." and "process.".
 */
import type { Line } from "#model/events.ts"
import type { Fault } from "#model/events/faults.ts"

/** A dead connection is noticed, a request times out and caches catch up, on a slow clock. ASSUMED generous. */
const aftermath_ms = 180_000
/** These end at once; what they break is over with the aftermath. */
const momentary: ReadonlySet<Fault["type"]> = new Set<Fault["type"]>([
  "process.crash", "process.restart", "machine.kernelPanic", "machine.reboot", "network.reset", "network.halfOpen",
  "disk.lose", "clock.jump", "containers.kill"
])
const isControl = (name: unknown): boolean =>
  typeof name === "string" && /^(cp-\d|etcd\/|api-server|controller-manager\/)/.test(name)
const concernsControl = (fault: Fault): boolean => fault.type === "balancer.pin"
  || Object.values(fault).some((value) => Array.isArray(value) ? value.some(isControl) : isControl(value))

export class Disturbance {
  readonly #active = new Set<number>()
  #lastAt_ms = -Infinity

  hear({ event, at_ms }: Line): void {
    if (event.type === "process.crashed" || event.type === "process.started") {
      if (isControl(event.process) && at_ms > 0) this.#lastAt_ms = at_ms
    }
    if (event.type !== "fault.injected" && event.type !== "fault.ended") return
    const { fault } = event
    if (!concernsControl(fault)) return
    this.#lastAt_ms = at_ms
    if (event.type === "fault.ended") this.#active.delete(fault.id)
    else if (!momentary.has(fault.type)) this.#active.add(fault.id)
  }

  isOver(at_ms: number): boolean {
    return this.#active.size === 0 && at_ms - this.#lastAt_ms > aftermath_ms
  }
}
export const disturbanceEvents = ["fault.", "process.crashed", "process.started"] as const
