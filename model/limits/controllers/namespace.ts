/** Timers and bounds of the namespace controller. */
export const workers = 10 // ConcurrentNamespaceSyncs; pkg/controller/namespace/config/v1alpha1/defaults.go, v1.36
export const look_ms = 5_000 // namespaceDeletionGracePeriod; pkg/controller/namespace/namespace_controller.go, v1.36
export const finalizerEstimate_s = 15 // finalizerEstimateSeconds; deletion/namespaced_resources_deleter.go, v1.36
