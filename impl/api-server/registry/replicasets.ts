/** api-server/registry/replicasets. Source: kubernetes registry/apps/replicaset/strategy.go. */
import type { Strategy } from "#impl/api-server/registry/strategy.ts"
import {
  defaultReplicaSet, type ReplicaSet, validateReplicaSet, validateReplicaSetStatusUpdate, validateReplicaSetUpdate
} from "#model/objects/replica-set.ts"

export const replicasets: Strategy<ReplicaSet> = {
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  returnsDeleted: false,
  defaulted: defaultReplicaSet,
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0 } }),
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  status: { validate: validateReplicaSetStatusUpdate }
}
