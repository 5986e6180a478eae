/** Events of controller-manager. */
import { Schema } from "effect"

export const ControllerManagerEvent = [
  // Chart "controller-manager.process", entity: "kube-controller-manager".
  Schema.Struct({ type: Schema.tag("controllerManager.started"), incarnation: Schema.Number }),
  /** It holds the lease; its informers and controllers start. */
  Schema.Struct({ type: Schema.tag("controllerManager.led") }),
  Schema.Struct({ type: Schema.tag("controllerManager.controllerStarted"), controller: Schema.String })
] as const
