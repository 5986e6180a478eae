/** Timers and bounds of kube-scheduler. */
export const podInitialBackoff_ms = 1_000 // podInitialBackoffSeconds; pkg/scheduler/apis/config/v1/defaults.go, v1.36
export const podMaxBackoff_ms = 10_000 // podMaxBackoffSeconds; same
export const backoffOrderingWindow_ms = 1_000 // backoffQOrderingWindowDuration; backend/queue/backoff_queue.go, v1.36
export const unschedulableFlushPeriod_ms = 30_000 // flushUnschedulablePodsLeftover; scheduling_queue.go, v1.36
export const unschedulableStay_ms_max = 300_000 // DefaultPodMaxInUnschedulablePodsDuration; same
export const feasibleNodes_min = 100 // minFeasibleNodesToFind; schedule_one.go, v1.36
export const feasibleNodesPercent_min = 5 // minFeasibleNodesPercentageToFind; same
export const feasibleNodesPercent_base = 50 // basePercentageOfNodesToScore - numAllNodes / 125; same
export const nodesPerPercent = 125 // same
export const nodeScore_max = 100 // fwk.MaxNodeScore
export const taintTolerationWeight = 3 // apis/config/v1/default_plugins.go, v1.36
export const defaultCpuRequest_milli = 100 // DefaultMilliCPURequest, for scoring only; util/pod_resources.go, v1.36
export const defaultMemoryRequest_bytes = 200 * 1024 * 1024 // DefaultMemoryRequest; same
export const schedulingCycle_ms = 5 // time that one cycle takes; ASSUMED: scheduler_perf's 100-300 pods/s
