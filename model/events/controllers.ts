/** Events of controllers. */
import { Schema } from "effect"

export const ControllerEvent = [
] as const
