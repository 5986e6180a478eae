/** Events of client. */
import { Schema } from "effect"

export const ClientEvent = [
] as const
