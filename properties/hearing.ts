/**
 * What must be heard to judge a promise or a chart. Who writes less than Plimsoll does is judged by what it writes, and
 * is told for lack of what the rest is not judged.
 *
 * Most needs follow from the events that are heard: each subject has one source. What is heard only as an excuse, and
 * what is asked of the history beside the lines, is said where the promise stands (`needing`); a test holds that none
 * asks for more than it says.
 */
import { resources } from "#model/kinds.ts"
import { type AnyResource, observedResources } from "#model/observed.ts"

/** By source: what it is called where it is lacking. */
export const sources = {
  objects: "committed objects",
  times: "when each change came",
  versions: "each version of an object (watches have them)",
  clients: "what clients sent and heard",
  requests: "what was asked of API servers (audit logs)",
  users: "what users asked for",
  faults: "what was broken, and when",
  machines: "the life of machines, networks and disks",
  processes: "starts and ends of processes",
  runtimes: "what container runtimes do",
  raft: "raft and the members of etcd",
  servers: "what API servers do",
  elections: "who believes to lead",
  informers: "what informers saw",
  queues: "work queues",
  scheduler: "what schedulers do",
  controllers: "what controllers do",
  kubelets: "what kubelets do"
} as const
export type Source = keyof typeof sources
/** A source, or the committed changes of one kind. */
export type Need = Source | AnyResource

const allResources: ReadonlyArray<string> = [...resources, ...observedResources]

export const isSource = (need: Need): need is Source => need in sources

const bySubject: Readonly<Record<string, Source>> = {
  object: "objects", history: "raft",
  request: "clients", write: "requests", read: "servers", finalizers: "servers", apiServer: "servers",
  watchCache: "servers", serverWatch: "servers",
  operation: "users",
  run: "faults", phase: "faults", fault: "faults",
  machine: "machines", network: "machines", nic: "machines", disk: "machines", clock: "machines",
  balancer: "machines", registry: "machines", image: "runtimes",
  process: "processes",
  container: "runtimes", sandbox: "runtimes", runtime: "runtimes", containers: "runtimes",
  raft: "raft", vote: "raft", entry: "raft", member: "raft", wal: "raft", etcdWatch: "raft", kv: "raft",
  elector: "elections", reflector: "informers", key: "queues", retry: "queues",
  schedulerProcess: "scheduler", schedulingQueue: "scheduler", schedulerCache: "scheduler", schedulerNode: "scheduler",
  scheduling: "scheduler", podBinding: "scheduler",
  sync: "controllers", expectations: "controllers", controllerManager: "controllers", nodeHealth: "controllers",
  nodeTaint: "controllers", zone: "controllers", taintEviction: "controllers", nodeQuarantine: "controllers",
  podGc: "controllers", namespace: "controllers", replicaSet: "controllers", account: "controllers",
  kubelet: "kubelets", podWorker: "kubelets", podStatus: "kubelets", containerStatus: "kubelets",
  nodeStatus: "kubelets"
}

/** Of "pods.updated", "object.", "elector.lost": the kind, or who tells it. */
export const sourceOf = (event: string): Need => {
  const [subject = ""] = event.split(".")
  const source = allResources.includes(subject) ? subject as AnyResource : bySubject[subject]
  if (source === undefined) throw new Error(`nobody is known to tell "${event}": give its subject a source`)
  return source
}

/** Every source, and every kind. */
export const everything: ReadonlyArray<Need> = [...Object.keys(sources), ...allResources] as ReadonlyArray<Need>
/** Whoever hears all lines needs all of them. */
const allSources = Object.keys(sources) as ReadonlyArray<Source>

/** What must come true does so in time. */
const alwaysNeeded = (kind: string): ReadonlyArray<Need> => kind === "leadsTo" ? ["times"] : []

export const needsOf = ({ hears, kind, needs }: {
  readonly kind: string; readonly hears?: ReadonlyArray<string>; readonly needs?: ReadonlyArray<Need>
}): ReadonlyArray<Need> => [...new Set([
  ...needs ?? (hears === undefined ? allSources : hears.map(sourceOf)), ...alwaysNeeded(kind)
])]
