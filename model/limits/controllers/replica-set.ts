/** Timers and bounds of the ReplicaSet controller. */
export const burstReplicas_max = 500 // BurstReplicas; pkg/controller/replicaset/replica_set.go, v1.36
export const workers = 5 // --concurrent-replicaset-syncs; pkg/controller/replicaset/config/v1alpha1/defaults.go, v1.36
