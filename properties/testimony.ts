/**
 * Whose word promises take. Most that hear lines of the component which they judge hold it to what it says: saying
 * less would break another promise or a chart, and saying it wrongly is what is looked for. Where its own line excuses
 * it, or is the premise without which nothing is asked of it, that stands here, with what keeps the word honest.
 * What a collector chose, and that evictions are stopped because all zones are lost, is worked out from committed
 * objects.
 */

/** By component: the lines that it writes itself. Machines, runtimes and the committed history are the world's. */
export const ownLines: Readonly<Record<string, ReadonlyArray<string>>> = {
  etcd: ["raft.", "vote.", "entry.", "member.", "wal.", "etcdWatch."],
  "api-server": ["apiServer.", "watchCache.", "serverWatch.", "read.", "write.", "finalizers."],
  client: ["request."],
  informer: ["reflector."],
  "work-queue": ["key.", "retry."],
  "leader-election": ["elector."],
  scheduler: ["schedulerProcess.", "schedulingQueue.", "schedulerCache.", "schedulerNode.", "scheduling.",
    "podBinding."],
  controller: ["sync.", "expectations."],
  "replicaset-controller": ["sync.", "expectations."],
  "node-lifecycle": ["nodeHealth.", "nodeTaint.", "zone.", "taintEviction."],
  "pod-garbage-collector-controller": ["nodeQuarantine.", "podGc."],
  "controller-manager": ["controllerManager."],
  kubelet: ["kubelet.", "podWorker.", "podStatus.", "containerStatus.", "nodeStatus."]
}

/** Of each component that is held to its own lines: what they are held against, so that silence and lies show. */
export const heldAgainst: Readonly<Record<string, string>> = {
  etcd: "members' lines against each other's and the committed history; what a disk has, by what is applied later",
  "api-server": "its reads and watches against the committed history, its writes against its clients' and etcd's lines",
  client: "the committed history, and what its server says that it answered",
  informer: "the digest of the committed objects at the revision that it names",
  "work-queue": "its chart; a key that nobody handles shows in what the controller leaves undone",
  "leader-election": "the committed Lease, and the requests that leave its process",
  scheduler: "its picture against the committed nodes and pods, at each revision and at rest; pods that stay unbound",
  controller: "its informers, the committed history, and its chart",
  "replicaset-controller": "its informers, the committed pods and sets, and its charts",
  "node-lifecycle": "the committed nodes and pods, at rest and whenever it has led for a while",
  "controller-manager": "the committed Lease and the lines of its elector",
  kubelet: "the runtime's lines and the committed pods"
}

/** By promise: which of the judged component's own lines it takes for granted, and what keeps them honest. */
export const taken: Readonly<Record<string, string>> = {
  "two instances believe to lead at once only if clocks differ, one was paused or answers came late":
    "that one has lost or stopped, and how long its renewals took: its requests are counted from the committed Lease",
  "who has lost its lease to another stops leading within its own deadlines":
    "that it has lost or stopped: a process that exits ends with a line of its machine, and its requests are counted",
  "no request leaves a leader later than its deadline after its last renewal, unless it was frozen":
    "how long a renewal took: the try is cut off at the deadline, which its chart holds it to",
  "when nobody leads, somebody does soon": "that it leads: leases that nobody renews break the work of the core",
  "pods bound to a node fit its allocatable, unless the scheduler could not know better":
    "that a binding failed: a scheduler that had no answer must count the pod no more, and queue it again",
  "the chosen node passes every filter on the scheduler's snapshot":
    "its picture, which must be the committed one at the revision that it names, and at rest",
  "no node is passed over that the pod may use, and the plugins that refuse are named": "its picture, as above",
  "of the nodes that the pod may use the scheduler chooses one with the highest score": "its picture, as above",
  "a scheduler looks at nodes until it has found enough or seen them all":
    "how many it looked at: nothing else shows it",
  "a ReplicaSet comes to have as many as it wants":
    "that it waits for its own writes, which grants five minutes: what it waits for is lowered by what is shown",
  "a ReplicaSet never creates more than it wants":
    "that an answer was unknown, or expectations ran out: its chart counts the five minutes, its client's lines agree",
  "Pods come to a ReplicaSet and leave it by its own controller":
    "that an answer was unknown: its client says so, and is held to its server's lines",
  "while no fault has struck a ReplicaSet is looked at only if something of it has changed":
    "that it expected something, or failed: both are held to the informers and to its chart",
  "a sync that failed is tried again, and no other": "that a sync failed: failures without a cause are another promise",
  "while no fault has struck a sync fails only if something failed": "that a write failed: its client was told so",
  "the pods of an Unknown node become not ready soon after a steady leader found them":
    "that a write failed: in core and healed phases the same is asked of every leader, whatever it says",
  "the taints of a node say what its Ready condition says soon after a steady leader found it":
    "that a write failed: as above",
  "A node is tainted for the first time only with a token of its zone":
    "its tokens: the rate of committed first taints is another promise",
  "no container of a pod starts once its kubelet began to stop it":
    "that it began: what it was shown to have ended starts no container either, whatever it says",
  "a kubelet says Running only of a pod that ran, and ready only of one that runs":
    "that it has heard of an end, and is stopping the pod: what is posted at rest must run",
  "the grace of a pod that is being stopped only decreases": "the grace: the runtime is told it, and what is committed",
  "the pods that a kubelet has admitted ask for no more than its node has":
    "which it has seen stop: what really runs must fit too",
  "a kubelet admits no more pods than maxPods": "which it has seen stop: as above",
  "the pods that really run on a node ask for no more than it has":
    "that it refused one that ran: a refusal must be true, and at rest nothing of it runs",
  "a kubelet refuses a pod only for a reason that is true at that moment":
    "that one that has ended is still being stopped: of what is bound to its node only, and it must end in its grace"
}
