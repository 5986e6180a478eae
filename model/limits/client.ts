/** Timers and bounds of client, informer, work-queue and leader-election. */

export const clientRetries_max = 10 // of requests answered with Retry-After; client-go rest/request.go, v0.37
export const redialBackoff_ms = 100 // ASSUMED: client-go leaves pacing to its callers; this keeps one from spinning
export const redialBackoff_max_ms = 1_000 // ASSUMED: same

export const reflectorBackoff_ms = 800 // client-go tools/cache/reflector.go NewReflectorWithOptions, v0.37
export const reflectorBackoff_max_ms = 30_000 // same; jitter 1.0 may double it
export const reflectorBackoffReset_ms = 120_000 // same
export const watchTimeout_min_s = 300 // minWatchTimeout; asked is × U(1, 2); reflector.go, v0.37
export const shortWatch_ms = 1_000 // a watch that ended sooner and saw nothing failed; reflector.go, v0.37
export const digestDelay_ms = 5_000 // ASSUMED: our own: a reflector gathers changes so long, then tells its digest

export const queueBackoff_ms = 5 // DefaultTypedControllerRateLimiter; client-go util/workqueue, v0.37
export const queueBackoff_max_ms = 1_000_000 // same
/** Of queues that have a bound of their own, by name. */
export const slowestRetry_ms: Readonly<Record<string, number>> = {
  namespace: 60_000 // nsControllerRateLimiter; pkg/controller/namespace/namespace_controller.go, v1.36
}
export const queueRate_per_s = 10 // same, rate.NewLimiter(10, 100)
export const queueBurst = 100 // same

export const electionJitter = 1.2 // JitterFactor; client-go tools/leaderelection/leaderelection.go, v0.37
export const electionRequestTimeout_ms = 5_000 // renewDeadline / 2; kube-scheduler app/options, v1.36
export const slowRenewal_ms = 500 // ASSUMED: our own: a renewal that takes longer is told, its holder may overstay
export const releasedLeaseDuration_s = 1 // release(); leaderelection.go, v0.37

export const clockGrain_ms = 1 // ASSUMED: a line carries whole milliseconds, a timer may have fired within one
