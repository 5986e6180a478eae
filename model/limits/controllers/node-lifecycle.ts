/** Timers and bounds of node-lifecycle. Those that others share stand in model/limits.ts. */

export const nodeStartupGracePeriod_ms = 60_000 // --node-startup-grace-period; nodelifecycle/config, v1.36
export const lateHeartbeat_ms = 25_000 // ASSUMED: half of the grace; from here on Plimsoll tells that a node is late
export const nodeEvictionRate_per_s = 0.1 // --node-eviction-rate; kube-controller-manager options, v1.36
export const secondaryNodeEvictionRate_per_s = 0.01 // --secondary-node-eviction-rate; same
export const evictionBurst = 1 // scheduler.EvictionRateLimiterBurst; nodelifecycle/scheduler, v1.36
export const unhealthyZoneThreshold = 0.55 // --unhealthy-zone-threshold; same
export const unhealthyZoneNodes_min = 3 // ComputeZoneState: notReady > 2; node_lifecycle_controller.go, v1.36
export const largeClusterThreshold = 50 // --large-cluster-size-threshold, per zone; ReducedQPSFunc, v1.36
export const taintWrites_max = 5 // UpdateTaintBackoff Steps; pkg/util/taints, v1.36
export const taintWriteRetry_ms = 100 // UpdateTaintBackoff Duration; same
export const evictionTries_max = 5 // retries; tainteviction/taint_eviction.go, v1.36
export const evictionRetry_ms = 10 // same
export const evictionAgain_ms = 5_000 // ASSUMED: Kubernetes waits for the next event of the pod or its node
export const nodeWorkers = 8 // UpdateWorkerSize of tainteviction and of monitorNodeHealth's parallelism, v1.36
