/** Events of the run itself: phases, faults as they are injected and end, operations as users see them. */
import { Schema } from "effect"
import { Fault } from "#model/events/faults.ts"
import { Operation } from "#model/events/operations.ts"

/** Lines of actor "world", chart "run.phase" (entity "run"), "run.fault" (entity: id), "run.operation" (entity: id). */
export const RunEvent = [
  /** Seen once per run, first: what the run consists of. */
  Schema.Struct({ type: Schema.tag("run.started"), etcds: Schema.Number, apiServers: Schema.Number,
    schedulers: Schema.Number, controllerManagers: Schema.Number,
    workers: Schema.Array(Schema.String), zones: Schema.Record(Schema.String, Schema.String) }),
  /** safety: operations and faults. core: operations stopped, a survivable core healed. healed: everything healed. */
  Schema.Struct({ type: Schema.tag("phase.began"), phase: Schema.Literals(["safety", "core", "healed"]),
    /** Machines whose faults stay frozen in this phase. */
    frozen: Schema.Array(Schema.String) }),
  Schema.Struct({ type: Schema.tag("fault.injected"), fault: Fault }),
  Schema.Struct({ type: Schema.tag("fault.ended"), fault: Fault }),
  Schema.Struct({ type: Schema.tag("operation.invoked"), operation: Operation }),
  /** outcome: ok, or the Status reason, or "unknown" when the answer was lost. */
  Schema.Struct({ type: Schema.tag("operation.completed"), operation: Operation, outcome: Schema.String })
] as const
