/** Timers and bounds of kubelet. Unit last in the name. */

export const nodeStatusUpdateFrequency_ms = 10_000 // nodeStatusUpdateFrequency; kubelet/apis/config/v1beta1, v1.36
export const nodeStatusReportFrequency_ms = 300_000 // nodeStatusReportFrequency; same
export const nodeLeaseUpdateRetries_max = 5 // maxUpdateRetries; component-helpers/apimachinery/lease, v1.36
export const nodeLeaseRetryBase_ms = 200 // ASSUMED: between retries of an update; upstream retries at once
export const registrationRetryBase_ms = 100 // registerWithAPIServer, doubled up to 7 s; kubelet_node_status.go, v1.36
export const registrationRetry_max_ms = 7_000 // same
export const podResync_ms = 60_000 // syncFrequency; kubelet/apis/config/v1beta1, v1.36
export const syncErrorBackOff_ms = 10_000 // backOffPeriod, jitter 0.5; kubelet.go, v1.36
export const syncErrorJitter = 0.5 // workerBackOffPeriodJitterFactor; pod_workers.go, v1.36
export const crashLoopBackOff_ms = 10_000 // initialBackOff of containers; kubelet.go, v1.36
export const crashLoopBackOff_max_ms = 300_000 // MaxContainerBackOff; kubelet.go, v1.36
export const crashLoopReset_ms = 600_000 // HasExpiredFunc of the crash loop back-off; kubelet.go, v1.36
export const imagePullBackOff_ms = 10_000 // imageBackOffPeriod; kubelet.go, v1.36
export const imagePullBackOff_max_ms = 300_000 // MaxImageBackOff; kubelet.go, v1.36
export const stopGrace_min_s = 2 // minimumGracePeriodInSeconds; kuberuntime_container.go, v1.36
export const podGrace_min_s = 1 // calculateEffectiveGracePeriod; pod_workers.go, v1.36
export const statusFullSync_ms = 10_000 // syncPeriod of the status manager; status/status_manager.go, v1.36
export const runtimeStatusPeriod_ms = 5_000 // updateRuntimeUp; kubelet.go, v1.36
/** baseRuntimeSyncThreshold, and as long is waited at the start. */
export const runtimeStatusThreshold_ms = 30_000 // maxWaitForContainerRuntime; kubelet.go, v1.36
export const relistThreshold_ms = 180_000 // genericPlegRelistThreshold; kubelet.go, v1.36
export const runtimeRequestTimeout_ms = 120_000 // runtimeRequestTimeout; kubelet/apis/config/v1beta1, v1.36
export const runtimeRedial_ms = 1_000 // ASSUMED: gRPC's first back-off
export const maxPods = 110 // maxPods; kubelet/apis/config/v1beta1, v1.36
export const kubeletVersion = "v1.36.0"
export const nodeLeaseJitter = 0.04 // leaseControllerJitter; component-helpers/apimachinery/lease, v1.36
/** What a node says of itself beside its boot, ASSUMED: one kind of machine. Source of the fields: NodeSystemInfo. */
export const nodeInfo = {
  architecture: "amd64", containerRuntimeVersion: "containerd://2.1.0", kernelVersion: "6.12.0", kubeProxyVersion: "",
  kubeletVersion, operatingSystem: "linux", osImage: "plimsoll"
} as const
export const daemonEndpoints = { kubeletEndpoint: { Port: 10_250 } } as const // KubeletPort; pkg/cluster/ports, v1.36
