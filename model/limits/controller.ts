/** Timers and bounds of the kit that all controllers share. */
export const slowStartInitialBatch = 1 // SlowStartInitialBatchSize; pkg/controller/controller_utils.go, v1.36
export const expectationsTimeout_ms = 300_000 // ExpectationsTimeout; same
export const statusUpdateRetries = 1 // statusUpdateRetries of replicaset, daemon, disruption, …; v1.36
