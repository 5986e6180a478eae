/** Timers and bounds of the ReplicaSet controller. */
export const burstReplicas_max = 500 // BurstReplicas; pkg/controller/replicaset/replica_set.go, v1.36
export const slowStartInitialBatch = 1 // SlowStartInitialBatchSize; pkg/controller/controller_utils.go, v1.36
export const expectationsTimeout_ms = 300_000 // ExpectationsTimeout; same
export const workers = 5 // --concurrent-replicaset-syncs; pkg/controller/replicaset/config/v1alpha1/defaults.go, v1.36
export const statusUpdateRetries = 1 // statusUpdateRetries; pkg/controller/replicaset/replica_set.go, v1.36
