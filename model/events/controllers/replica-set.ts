/** Events of controllers/replica-set. */
import { Schema } from "effect"

export const ReplicaSetEvent = [
  // Chart "replica-set.replicaSet", entity: uid of the ReplicaSet. `active`: pods that count, in the controller's view:
  // its informer's pods at revision `view`, and what it adopted since.
  Schema.Struct({ type: Schema.tag("replicaSet.createsExpected"), key: Schema.String, replicas: Schema.Number,
    active: Schema.Number, view: Schema.Number, count: Schema.Number }),
  /** Slow start: 1, 2, 4, … pods at once while all goes well. */
  Schema.Struct({ type: Schema.tag("replicaSet.batchStarted"), size: Schema.Number }),
  Schema.Struct({ type: Schema.tag("replicaSet.podCreated"), pod: Schema.String, uid: Schema.String }),
  /** `reason`: of the Status; "unknown": the pod may exist nevertheless; "unreachable". */
  Schema.Struct({ type: Schema.tag("replicaSet.podCreateFailed"), reason: Schema.String }),
  /** `outstanding`: creations that the informer has not shown yet. */
  Schema.Struct({ type: Schema.tag("replicaSet.createsEnded"), created: Schema.Number, outstanding: Schema.Number }),
  Schema.Struct({ type: Schema.tag("replicaSet.deletesExpected"), key: Schema.String, replicas: Schema.Number,
    active: Schema.Number, view: Schema.Number, victims: Schema.Array(Schema.String) }),
  Schema.Struct({ type: Schema.tag("replicaSet.podDeleted"), uid: Schema.String }),
  Schema.Struct({ type: Schema.tag("replicaSet.podDeleteFailed"), uid: Schema.String, reason: Schema.String }),
  Schema.Struct({ type: Schema.tag("replicaSet.deletesEnded"), outstanding: Schema.Number }),
  /** The informer has shown everything that was expected. */
  Schema.Struct({ type: Schema.tag("replicaSet.expectationsMet") }),
  Schema.Struct({ type: Schema.tag("replicaSet.expectationsExpired") }),
  Schema.Struct({ type: Schema.tag("replicaSet.podAdopted"), uid: Schema.String }),
  Schema.Struct({ type: Schema.tag("replicaSet.podReleased"), uid: Schema.String }),
  Schema.Struct({ type: Schema.tag("replicaSet.statusWritten"), replicas: Schema.Number,
    fullyLabeledReplicas: Schema.Number, readyReplicas: Schema.Number, availableReplicas: Schema.Number,
    observedGeneration: Schema.Number, view: Schema.Number }),
  /** The informer shows that it is gone. */
  Schema.Struct({ type: Schema.tag("replicaSet.deleted") })
] as const
