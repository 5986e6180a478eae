/** Invariants that no promise holds anybody to yet, each with what is missing for it to be observed. */
const storage = "no volumes are modelled: no claims, no attachments, no mounts"
const workloads = "its controller is not there yet, and no recording has one"
const collector = "the garbage collector of owners is not there yet: nobody deletes dependents"
const services = "no addresses or proxies are modelled"
const cloud = "no cloud's controller is modelled: nodes register themselves"

export const notObserved = {
  13: "etcd's leases are not modelled: API servers keep none, since events are not stored",
  32: "admission is built in, without webhooks; what is stored is all that shows of it",
  33: "no quota is modelled",
  35: "no tokens are modelled: requests name their agent",
  48: "init containers are not modelled",
  51: "no probes are modelled: a container is ready as soon as it runs",
  55: "no host ports are modelled",
  57: "kubelets do not evict: pressure is reported, and taints follow",
  58: storage, 59: storage, 60: storage, 61: storage, 62: storage, 63: storage,
  66: "of the required constraints only a node's labels are modelled, which stand with 65; pods are not held to others",
  67: "the scheduler does not preempt",
  77: cloud, 78: cloud,
  85: "who deleted a pod is not seen in committed objects, and users may delete any",
  92: workloads, 93: workloads,
  94: collector, 95: collector, 96: collector,
  101: services, 102: services,
  110: "no single run shows it: two runs are compared (properties/cluster/level-triggered.test.ts)"
} as const
