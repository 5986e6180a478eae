/** Timers and bounds of api-server. Unit last in the name; each with its source and version. */

export const waitForRevision_ms = 3_000 // blockTimeout; apiserver storage/cacher/watch_cache.go, v1.36
export const shutdownRetry_s = 5 // Retry-After of the 429 while it drains; server/filters/with_retry_after.go, v1.36
export const tooLargeRetry_s = 1 // resourceVersionTooHighRetrySeconds; storage/cacher/watch_cache.go, v1.36
export const progressRequestPeriod_ms = 100 // progressRequestPeriod; storage/cacher/progress, v1.36
export const bookmarkPeriod_ms = 60_000 // defaultBookmarkFrequency; storage/cacher/cacher.go, v1.36
export const bookmarkBeforeDeadline_ms = 2_000 // a watcher is told before its deadline; cacher/cache_watcher.go, v1.36
export const watchTimeout_min_ms = 1_800_000 // --min-request-timeout: random in [1, 2) of it; server/config.go, v1.36
export const historyKept_ms = 75_000 // eventFreshDuration; storage/cacher/watch_cache_history.go, v1.36
export const historyEvents_min = 100 // defaultLowerBoundCapacity; same
export const historyEvents_max = 102_400 // defaultUpperBoundCapacity; same
export const notReadyRetry_s = 1 // Retry-After of the 429 for a watch without a cache; cacher.go, v1.36
export const generateName_max = 58 // maxGeneratedNameLength; storage/names/generate.go, v1.36
export const generateNameAttempts_max = 8 // maxNameGenerationCreateAttempts; registry/generic/registry/store.go, v1.36
export const etcdDialBackoff_ms = 1_000 // gRPC backoff.DefaultConfig BaseDelay; grpc-go, v1.7x
/** Deviates: gRPC goes up to 120 s; the bounds of liveness would have to wait for it. ASSUMED. */
export const etcdDialBackoff_max_ms = 8_000
export const etcdReadAttempts_max = 3 // one per endpoint; clientv3 retries reads on Unavailable. ASSUMED
export const etcdWatchRetry_ms = 100 // clientv3 watch.go backoff is 100 ms at most, v3.8
/** Deviates: clientv3 goes on at 100 ms; a cluster without a leader would do little else. ASSUMED. */
export const etcdWatchRetry_max_ms = 800
export const etcdCompaction_ms = 300_000 // --etcd-compaction-interval; storagebackend DefaultCompactInterval, v1.36
export const etcdHealthTimeout_ms = 2_000 // --etcd-healthcheck-timeout; storagebackend/config.go, v1.36
export const readinessPeriod_ms = 1_000 // readinessProbe periodSeconds; kubeadm util/staticpod ReadinessProbe, v1.36
export const readinessFailures_max = 3 // failureThreshold; same
export const livenessPeriod_ms = 10_000 // livenessProbe periodSeconds; kubeadm util/staticpod LivenessProbe, v1.36
export const livenessFailing_ms = 80_000 // failureThreshold 8 times the period; same
export const missingNamespaceWait_ms = 50 // for the cache; apiserver plugin/namespace/lifecycle/admission.go, v1.36
export const forceLiveLookup_ms = 30_000 // forceLiveLookupTTL after a namespace's deletion; same
export const serviceAccountAttempts_max = 10 // for "default"; plugin/pkg/admission/serviceaccount/admission.go, v1.36
export const serviceAccountRetry_min_ms = 100 // up to twice that between them; same
export const systemNamespaces_ms = 60_000 // controlplane/controller/systemnamespaces interval; kubernetes v1.36
