/** Timers and bounds of the pod garbage collector. */
export const podGcPeriod_ms = 20_000 // gcCheckPeriod; pkg/controller/podgc/gc_controller.go, v1.36
export const quarantine_ms = 40_000 // quarantineTime: a node must be missing for so long; same
export const terminatedPods_max = 12_500 // --terminated-pod-gc-threshold; same
