/**
 * Is the whole cluster well, and for how long? Some promises hold for a healthy cluster alone: that it keeps its
 * leader, and that it answers soon.
 */
import type { Line } from "#model/events.ts"

export const heardByHealth = ["run.started", "phase.began", "fault.injected", "process."]

export class Health {
  /** Nothing has been wrong since; undefined: something is. Processes that start count as something wrong just now. */
  private since_ms: number | undefined

  hear({ at_ms, event }: Line): void {
    switch (event.type) {
      case "run.started":
        this.since_ms = at_ms
        return
      case "fault.injected":
        this.since_ms = undefined
        return
      case "phase.began":
        if (event.phase === "healed") this.since_ms = at_ms
        return
      case "process.started":
      case "process.crashed":
      case "process.stopped":
      case "process.resumed":
        if (this.since_ms !== undefined) this.since_ms = at_ms
    }
  }

  /** The cluster has been whole for so long. */
  hasBeenWellFor(ms: number, at_ms: number): boolean {
    return this.since_ms !== undefined && at_ms - this.since_ms >= ms
  }
}
