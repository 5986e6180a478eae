/**
 * history/limits: the timers of the cluster that is judged, as far as its operators may set them and promises ask about
 * them. Those of the simulated cluster are the defaults.
 */
import { leaseDuration_ms, nodeMonitorGracePeriod_ms, nodeMonitorPeriod_ms, renewDeadline_ms } from "#model/limits.ts"
import {
  largeClusterThreshold, nodeEvictionRate_per_s, secondaryNodeEvictionRate_per_s, unhealthyZoneThreshold
} from "#model/limits/controllers/node-lifecycle.ts"
import { terminatedPods_max } from "#model/limits/controllers/pod-gc.ts"

export const limits = {
  nodeMonitorGracePeriod_ms, nodeMonitorPeriod_ms, nodeEvictionRate_per_s, secondaryNodeEvictionRate_per_s,
  largeClusterThreshold, unhealthyZoneThreshold, terminatedPods_max, leaseDuration_ms, renewDeadline_ms
}
export type Limits = typeof limits extends Readonly<Record<infer Name, number>> ? Record<Name, number> : never
