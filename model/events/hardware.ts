/** Events of hardware. */
import { Schema } from "effect"

export const HardwareEvent = [
] as const
