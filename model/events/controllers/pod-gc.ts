/** Events of controllers/pod-gc. */
import { Schema } from "effect"

export const PodGcEvent = [
  // Chart "pod-gc.node", entity: node name. Some pod names a node that the informer does not show.
  Schema.Struct({ type: Schema.tag("nodeQuarantine.began") }),
  /** The informer shows the node again, or no pod names it any more, or the live GET had no answer. */
  Schema.Struct({ type: Schema.tag("nodeQuarantine.ended") }),
  /** A live GET found it missing, or not. */
  Schema.Struct({ type: Schema.tag("nodeQuarantine.checked"), isMissing: Schema.Boolean }),

  // Chart "pod-gc.pod", entity: pod uid.
  /** `phase`: as the informer shows it; one that is not terminal is marked Failed before it is deleted. */
  Schema.Struct({ type: Schema.tag("podGc.chosen"), pod: Schema.String, node: Schema.String, phase: Schema.String,
    reason: Schema.Literals(["terminated", "orphaned", "unscheduledTerminating"]) }),
  Schema.Struct({ type: Schema.tag("podGc.markedFailed") }),
  Schema.Struct({ type: Schema.tag("podGc.deleted") }),
  Schema.Struct({ type: Schema.tag("podGc.failed"), reason: Schema.String })
] as const
