/** Invariants 79 to 114: controllers, services, what components share, the whole. Part of model/invariants.ts. */
import { liveness, notPromised, safety } from "#model/invariants/invariant.ts"

const podSafety = "design-proposals-archive storage/pod-safety.md"
const control = "kubernetes pkg/controller/controller_utils.go, v1.36"
const deployment = "kubernetes pkg/controller/deployment, v1.36"
const statefulSet = "kubernetes pkg/controller/statefulset/stateful_set_control.go, v1.36"
const job = "kubernetes pkg/controller/job/job_controller.go, v1.36"
const cronJob = "kubernetes pkg/controller/cronjob/cronjob_controllerv2.go, v1.36"
const collector = "kubernetes pkg/controller/garbagecollector, v1.36"
const slices = "endpointslice reconciler.go, v1.36"
const evictions = "kubernetes pkg/registry/core/pod/storage/eviction.go, v1.36"
const election = "client-go tools/leaderelection/leaderelection.go, v0.37"
const workQueue = "client-go util/workqueue/queue.go, v0.37"

export const workloads = {
  79: liveness("the number of a ReplicaSet's active pods comes to be what its spec asks for",
    "kubernetes pkg/controller/replicaset/replica_set.go, v1.36", "quota refuses them", "there is no node for them"),
  80: safety("a ReplicaSet never gets more pods than it asks for out of one view of the cache",
    `${control}; ${podSafety}`, "its controller fails over to one with an old cache",
    "expectations are given up after five minutes", "pods that are being deleted do not count, and may run"),
  81: safety("a pod has at most one controller, and is adopted only by a set that exists",
    "kubernetes pkg/controller/controller_ref_manager.go, v1.36"),
  82: safety("while it rolls a Deployment keeps as many available as it must, and has no more than it may",
    deployment, "pods fail", "pods that are being deleted do not count", "a user scales", "pods are adopted"),
  83: safety("a Deployment that recreates scales its new set up only when no old pod runs",
    `${deployment}/recreate.go`, "an old pod was force deleted"),
  84: safety("pod i of an ordered StatefulSet is created only while all before it run, ready and undeleted",
    statefulSet, "it manages in parallel", "a user changes pods", "the controller's cache is old"),
  85: safety("a StatefulSet takes away its highest ordinal first, one at a time", statefulSet,
    "it manages in parallel", "several may be unavailable", "a failed pod goes at once"),
  86: safety("pod i of a StatefulSet always mounts the claims of i",
    "kubernetes pkg/controller/statefulset/stateful_set_utils.go, v1.36", "a user deletes the claim"),
  87: safety("a DaemonSet has at most one undeleted pod on a node, or two while it surges",
    "kubernetes pkg/controller/daemon/daemon_controller.go, v1.36", "two were created at once: the older one stays"),
  88: safety("a Job counts each pod once, and lets go of it only after it was counted",
    `${job} trackJobStatusAndRemoveFinalizers`, "a user took the finalizer"),
  89: safety("what a Job counts as succeeded or failed never goes down, and completed indexes stay", job,
    "the number of completions of an indexed job is lowered"),
  90: safety("a Job is complete or failed only when none of its pods is active, is one of both, and stays so", job),
  91: notPromised("a Job's program runs exactly once", "kubernetes.io docs, Jobs"),
  92: safety("a CronJob makes one Job for each time of its schedule", cronJob,
    "a user deletes the Job before its deadline"),
  93: safety("a CronJob that forbids concurrency starts no Job while one of its own is active", cronJob,
    "its cache is old")
} as const

export const collected = {
  94: safety("an object is collected only when each of its owners is absent or is waiting for its dependents",
    collector, "an owner of a kind that cannot be resolved keeps it for ever"),
  95: safety("an owner that is deleted in the foreground goes after all dependents that block it", collector,
    "somebody took its finalizer", "a cycle was found"),
  96: safety("dependents that are orphaned stay, and lose their reference before their owner goes", collector),
  97: liveness("a namespace that is being deleted goes when all of its content is gone",
    "kubernetes pkg/controller/namespace/deletion, v1.36", "finalizers are stuck", "an aggregated API is down",
    "a kubelet is cut off")
} as const

export const services = {
  98: safety("an endpoint is ready only while its pod is ready and not being deleted, as its controller sees it",
    "endpointslice utils.go, v1.36", "not-ready addresses are published", "the controller's cache is old",
    "its node is cut off"),
  99: safety("at rest an address stands in at most one slice of its service", slices, "it moves between slices"),
  100: safety("a slice holds at most as many endpoints as it may", slices),
  101: liveness("every kube-proxy comes to know the union of all slices", "kubernetes pkg/proxy, v1.36"),
  102: safety("no two services have one cluster IP, and no two one node port",
    "kubernetes pkg/registry/core/service, v1.36", "until the allocators' repair"),
  103: safety("an eviction through the API never leaves fewer healthy pods than a budget's status demands", evictions,
    "what is no eviction through the API: deletion, preemption, dead nodes, taints, kubelets",
    "a pod that is pending or not ready"),
  104: safety("no two evictions share one permit of a budget", `${evictions} checkAndDecrement`,
    "a permit that was not used for two minutes is given back")
} as const

export const shared = {
  105: safety("two clients lead at once only while their clocks or a pause let them", election,
    "their clocks' rates differ by more than leaseDuration / renewDeadline", "one is paused after it looked",
    "writes of the old one are still under way: nothing fences them"),
  106: safety("a lease passes to another only by a compare-and-swap, after its duration without an observed change " +
    "or when it was given back", `${election} tryAcquireOrRenew`, "a user wrote it"),
  107: liveness("after a key was added last it is handled once more, from the beginning", workQueue,
    "the process ends: the next one adds what it lists"),
  108: safety("no two workers of a queue have one key at a time", workQueue, "they are of two processes"),
  109: safety("an informer shows each object's states in their order, and comes to show what is committed",
    "client-go tools/cache/reflector.go, v0.37", "states in between are left out",
    "an object that was deleted and made again looks updated"),
  110: safety("what a controller does follows from the state of things, however often and in how few pieces it was " +
    "told", "kubernetes.io docs, Controllers"),
  111: safety("nobody but users, kubelets and pod-gc deletes pods with grace 0", podSafety)
} as const

export const whole = {
  112: liveness("with no user and no fault the store comes to rest, but for leases, events and bookmarks",
    "derived from level-triggered control", "statuses that are written from time to time", "back-offs that run on"),
  113: safety("a machine without power runs nothing, and keeps its disk and nothing else",
    "the world's own: model/hardware.ts"),
  114: liveness("requests are answered, and pods start, within the objectives of scalability",
    "kubernetes/community sig-scalability/slos", "the cluster is beyond its thresholds")
} as const
