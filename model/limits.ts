/**
 * Timers and bounds that more than one component must agree on. Those of a single component stand in
 * limits/<component>.ts. Unit last in the name; each line with its source and version; ASSUMED where there is none.
 */

/** Wall-clock time at which every simulated world begins: 2026-01-01T00:00:00Z. ASSUMED: any date would do. */
export const epoch_ms = 1_767_225_600_000

export const nodeLeaseDuration_s = 40 // kubelet nodeLeaseDurationSeconds; kubelet/apis/config/v1beta1, v1.36
export const nodeLeaseRenewInterval_ms = 10_000 // × 0.25, kubelet.go nodeLeaseRenewIntervalFraction, v1.36
export const nodeMonitorPeriod_ms = 5_000 // --node-monitor-period; nodelifecycle/config, v1.36
export const nodeMonitorGracePeriod_ms = 50_000 // --node-monitor-grace-period; 40 s before v1.32; nodelifecycle, v1.36
export const terminationGracePeriod_s = 30 // DefaultTerminationGracePeriodSeconds; core/v1 types, v1.36
export const defaultTolerationSeconds_s = 300 // admission DefaultTolerationSeconds, v1.36
export const leaseDuration_ms = 15_000 // --leader-elect-lease-duration; component-base/config/v1alpha1, v1.36
export const renewDeadline_ms = 10_000 // --leader-elect-renew-deadline; same
export const retryPeriod_ms = 2_000 // --leader-elect-retry-period; same
export const http2ReadIdle_ms = 30_000 // HTTP2_READ_IDLE_TIMEOUT_SECONDS; apimachinery util/net/http.go, v1.36
export const http2PingTimeout_ms = 15_000 // HTTP2_PING_TIMEOUT_SECONDS; same
export const requestTimeout_ms = 60_000 // --request-timeout of the API server; apiserver config.go, v1.36
