/** Invariants 36 to 63: pods, kubelets and volumes. Part of model/invariants.ts. */
import { safety } from "#model/invariants/invariant.ts"

const storage = "kubernetes pkg/registry/core/pod/storage/storage.go, v1.36"
const podSafety = "design-proposals-archive storage/pod-safety.md"
const status = "kubernetes pkg/kubelet/status/status_manager.go, v1.36"
const workers = "kubernetes pkg/kubelet/pod_workers.go, v1.36"
const runtime = "kubernetes pkg/kubelet/kuberuntime, v1.36"
const attachDetach = "kubernetes pkg/controller/volume/attachdetach/reconciler, v1.36"

/** How a pod may go without its kubelet. */
const withoutKubelet = [
  "a user deletes it with grace 0", "its Node is gone and pod-gc collects it", "its node is tainted out-of-service",
  "a taint evicts by name the pod that came after the one it means", "a kubelet was shown old state (#59848)"
]

export const pods = {
  36: safety("a pod's node is set at most once and never changes", `${storage} setPodNodeAndMetadata`),
  37: safety("a pod that is being deleted or gated is not bound", storage, "it was created with a node"),
  38: safety("a pod's containers run on no node but its own", podSafety, "two kubelets use one node's name"),
  39: safety("while a pod exists no other pod of its name runs", podSafety, ...withoutKubelet),
  40: safety("a bound pod's object goes only after its kubelet saw all of its containers end and posted a terminal " +
    "phase", `${status} canBeDeleted`, ...withoutKubelet,
    "its phase was terminal before"),
  41: safety("a kubelet deletes a pod by its uid", `${status} syncPod`),
  42: safety("a pod's phase goes from Pending over Running to Succeeded or Failed, never back, and there it stays",
    `${podSafety}; pkg/kubelet/kubelet_pods.go, v1.36`, "a new sandbox after a reboot, from Running to Pending",
    "a user wrote the status"),
  43: safety("once its pod is being stopped no container of it starts", workers,
    "a static pod is started again under its uid"),
  44: safety("no container of a pod runs while its phase is terminal", `${status} mergePodStatus`,
    "pod-gc marked it without asking its node", "its node is cut off"),
  45: safety("a pod whose phase is terminal is not ready", `${status} mergePodStatus`, "others wrote the status"),
  46: safety("SIGKILL comes no earlier than the grace, of two seconds at least, after SIGTERM",
    `${runtime}/kuberuntime_container.go`, "hard eviction", "a deletion with grace 0", "out of memory",
    "the machine or the runtime ended", "a kubelet that starts anew grants the grace anew: later"),
  47: safety("the grace of a pod that is being deleted only shrinks", workers),
  48: safety("init containers run one after the other, each to its good end, before the others start",
    `${runtime}/kuberuntime_manager.go`, "a new sandbox runs them again", "a sidecar has only to be started"),
  49: safety("a container that shall never be restarted runs once in its pod", `${runtime}/kuberuntime_manager.go`,
    "its sandbox was lost before it ran", "restart rules of containers and pods"),
  50: safety("between a container's restarts lies at least the back-off: 10 s, doubled up to 300 s",
    `${runtime}/kuberuntime_manager.go doBackOff`, "the first restart", "it ran well for ten minutes",
    "a kubelet that starts anew has forgotten it"),
  51: safety("before its first success a readiness probe says not ready, and no liveness probe runs before the " +
    "startup probe succeeded", "kubernetes pkg/kubelet/prober/worker.go, v1.36"),
  52: safety("a container's restart count never goes down", "core/v1 ContainerStatus.restartCount",
    "all of its dead containers were swept away", "the kubelet lost its state"),
  53: safety("the requests of the pods that a kubelet admits fit its node's allocatable",
    "kubernetes pkg/kubelet/lifecycle/predicate.go, v1.36", "static and critical pods", "a resize in place",
    "allocatable was lowered afterwards", "several schedulers bind at once: the kubelet then refuses"),
  54: safety("a kubelet admits no more pods than its maximum",
    "kubernetes pkg/scheduler/framework/plugins/noderesources/fit.go, v1.36", "static pods"),
  55: safety("no two running pods of a node use one of its ports",
    "kubernetes pkg/scheduler/framework/plugins/nodeports, v1.36", "processes that no kubelet knows"),
  56: safety("an image is pulled only as the pull policy says", "kubernetes pkg/kubelet/images/image_manager.go, v1.36",
    "its credentials are checked"),
  57: safety("a kubelet in need evicts at most one pod in a round of ten seconds",
    "kubernetes pkg/kubelet/eviction/eviction_manager.go, v1.36", "local storage beyond its limits")
} as const

const forced = ["a node was not ready for six minutes", "a node is tainted out-of-service"] as const

export const volumes = {
  58: safety("a volume for one node is attached to at most one", attachDetach, ...forced,
    "its driver attaches to several"),
  59: safety("a volume is detached only after its node says that it does not use it any more", attachDetach, ...forced),
  60: safety("a pod's containers start only after its volumes are mounted",
    "kubernetes pkg/kubelet/volumemanager WaitForAttachAndMount, v1.36", "the volume is optional"),
  61: safety("a volume is bound to at most one claim and a claim to at most one volume, by uid",
    "kubernetes pkg/controller/volume/persistentvolume, v1.36"),
  62: safety("a volume for one pod is used by at most one",
    "kubernetes pkg/scheduler/framework/plugins/volumerestrictions, v1.36", "a kubelet starts anew"),
  63: safety("a claim or volume that is in use is not removed", "StorageObjectInUseProtection, v1.36",
    "somebody took its finalizer")
} as const
