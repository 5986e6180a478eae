/** What the harness itself must know of a run: how much there was, and whose data is gone for good. */
import type { Line } from "#model/events.ts"
import { machineOf } from "#properties/faults.ts"

const machineEnds: ReadonlySet<string> = new Set(["machine.powerLost", "machine.panicked", "machine.reset"])

export class Noted {
  lines = 0
  readonly faults: Record<string, number> = {}
  /** Machines whose disk was lost, or whose member of etcd stays out, whatever is healed. */
  readonly lost = new Set<string>()
  /** Machines whose member of etcd has a log. One that was stopped before it had one asks all its peers first. */
  readonly begun = new Set<string>()

  /** Machines that went down and have not booted since. */
  readonly dark = new Set<string>()

  hear({ actor, event }: Line): void {
    this.lines++
    if (machineEnds.has(event.type)) this.dark.add(actor.slice("machine/".length))
    else if (event.type === "machine.unitsStarted") this.dark.delete(actor.slice("machine/".length))
    if (event.type === "fault.injected") {
      const { fault } = event
      if (fault.type === "disk.lose") this.lost.add(fault.machine)
      this.faults[fault.type] = (this.faults[fault.type] ?? 0) + 1
    } else if (event.type === "member.bootstrapped") this.begun.add(machineOf(actor))
    // It stopped before its first record was durable, or its log is damaged.
    else if (event.type === "member.dataLost") this.lost.add(machineOf(actor))
  }

  /** No member of etcd is there now, nor will be before peers of it are asked or its disk is replaced. */
  isOut(machine: string): boolean {
    return this.lost.has(machine) || !this.begun.has(machine)
  }
}
