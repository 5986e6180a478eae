/** Processes. A crashed or killed process is restarted by its machine's supervisor after `restart_ms`. */
import { Schema } from "effect"
import { base, lasting } from "#model/events/faults/fields.ts"

export const processFaults = [
  Schema.Struct({ ...base, type: Schema.tag("process.crash"), process: Schema.String, restart_ms: Schema.Number }),
  /** Graceful stop (SIGTERM), then restart. */
  Schema.Struct({ ...base, type: Schema.tag("process.restart"), process: Schema.String, restart_ms: Schema.Number }),
  /** SIGSTOP, then SIGCONT: its clock goes on, its tasks and messages wait. */
  Schema.Struct({ ...lasting, type: Schema.tag("process.pause"), process: Schema.String })
] as const
