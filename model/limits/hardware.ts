/** Timers and bounds of machines, their supervisors, disks and the network between them. */

// Boot chain of a physical machine. Stages vary; a stage outside its bounds is a defect.
export const post_ms_min = 15_000 // ASSUMED: rack servers self-test in 15–60 s once memory is trained
export const post_ms_max = 60_000 // ASSUMED
export const bootLoader_ms_min = 2_000 // ASSUMED: GRUB's default time-out is 5 s, most fleets shorten it
export const bootLoader_ms_max = 5_000 // GRUB_TIMEOUT=5
export const kernel_ms_min = 2_000 // ASSUMED: systemd-analyze "kernel" + "initrd" on servers
export const kernel_ms_max = 8_000 // ASSUMED
export const units_ms_min = 3_000 // ASSUMED: systemd-analyze "userspace" until container runtime and kubelet start
export const units_ms_max = 15_000 // ASSUMED
export const panicTimeout_ms = 10_000 // kernel.panic = 10, set by the kubelet; cm/container_manager_linux.go, v1.36
export const bmcStart_ms_min = 5_000 // ASSUMED: after the mains return
export const bmcStart_ms_max = 20_000 // ASSUMED
export const stopTimeout_ms = 90_000 // DefaultTimeoutStopSec=90s; systemd-system.conf(5), v257
/** Between the service manager's start and that of the last of its units. */
export const unitStart_ms_max = 500 // ASSUMED

// The supervisor of a process that ended by itself.
export const restartDelay_ms = 1_000 // ASSUMED: between RestartSec=100ms (systemd) and 10 s (kubeadm's kubelet)
export const restartDelayFactor = 2 // RestartSteps; systemd.service(5), v254
export const restartDelay_ms_max = 30_000 // ASSUMED: RestartMaxDelaySec
/** A process that ran this long starts again from the shortest delay. */
export const restartDelayReset_ms = 60_000 // ASSUMED

// Network: one-way latencies. Drawn as min + (max - min) × u³: mostly near the minimum, with a tail.
export const latency_us_min = 100 // ASSUMED: within one site
export const latency_us_max = 2_000 // ASSUMED
export const loopback_us_min = 15 // ASSUMED
export const loopback_us_max = 60 // ASSUMED
export const duplicationProbability = 0.001 // ASSUMED: raft resends over a second stream
export const duplicateDelay_us_max = 20_000 // ASSUMED
export const retransmission_ms = 200 // TCP_RTO_MIN; include/net/tcp.h, Linux 6.12
/** Longest that a stalled stream waits after its link came back. Deviates: Linux backs off up to 120 s. */
export const retransmission_ms_max = 5_000 // ASSUMED: shorter than the keep-alive, so that healing is visible
export const synRetries_ms: ReadonlyArray<number> = [1_000, 3_000, 7_000, 15_000] // tcp_syn_retries; tcp(7)
export const dialTimeout_ms = 30_000 // net.Dialer{Timeout: 30s}; client-go transport/cache.go, v1.36

// Disk.
export const sync_us_min = 300 // ASSUMED: datacentre SSD with power-loss protection
export const sync_us_max = 8_000 // ASSUMED: below etcd's recommended 10 ms for p99; etcd.io/docs/v3.6/op-guide/hardware
export const slowSync_us_min = 100_000 // ASSUMED: a failing disk, cloud throttling
export const slowSync_us_max = 2_000_000 // ASSUMED
export const diskCapacity_bytes = 100_000_000_000 // ASSUMED
/** Damage to the record in which the power failed. */
export const tornProbability = 0.5 // ASSUMED

// Registry of images.
export const pull_ms_min = 300 // ASSUMED
export const pull_ms_max = 8_000 // ASSUMED
export const pullRefused_ms = 200 // ASSUMED: the registry's 404 or the refused connection
