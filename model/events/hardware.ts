/** Events of hardware: machines, and the processes that they carry. */
import { Schema } from "effect"

export const HardwareEvent = [
  // Actor "machine/<name>", chart "hardware.process", entity: the process's name.
  Schema.Struct({ type: Schema.tag("process.started"), process: Schema.String, incarnation: Schema.Number }),
  /** It ended without warning: "killed", "panic", "power lost", "kernel panic", or what it said when it exited. */
  Schema.Struct({ type: Schema.tag("process.crashed"), process: Schema.String, reason: Schema.String }),
  /** It ended gracefully, after SIGTERM. */
  Schema.Struct({ type: Schema.tag("process.stopped"), process: Schema.String }),
  Schema.Struct({ type: Schema.tag("process.paused"), process: Schema.String }),
  Schema.Struct({ type: Schema.tag("process.resumed"), process: Schema.String })
] as const
