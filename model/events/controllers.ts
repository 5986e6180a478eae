/** The events of all controllers: a new one adds its own here. */
import { NodeLifecycleEvent } from "#model/events/controllers/node-lifecycle.ts"
import { PodGcEvent } from "#model/events/controllers/pod-gc.ts"

export const ControllerEvent = [...NodeLifecycleEvent, ...PodGcEvent] as const
