/** Events of api-server. */
import { Schema } from "effect"

export const ApiServerEvent = [
] as const
