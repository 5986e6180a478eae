/** Events of scheduler. */
import { Schema } from "effect"

export const SchedulerEvent = [
] as const
