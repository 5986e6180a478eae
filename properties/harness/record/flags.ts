/**
 * Flags that differ from Kubernetes' defaults: they move the limits that a recording is judged by. Of the control plane
 * they stand in the commands of its pods in kube-system, where it runs as pods; of kubelets in /configz, where one may
 * ask for it. Only flags of the table are looked at: paths, addresses and certificates say nothing about behaviour.
 */
import { CannotRecord, type Cluster } from "#properties/harness/record/cluster.ts"

/** By component, as on a command line: `--a=b --c=d`. */
export type Flags = Readonly<Record<string, string>>

/** component-base config/v1alpha1/defaults.go; client QPS of kube-controller-manager: its options, v1.36. */
const election = {
  "leader-elect": "true", "leader-elect-lease-duration": "15s", "leader-elect-renew-deadline": "10s",
  "leader-elect-retry-period": "2s", "feature-gates": ""
}
/** What each has when nobody says otherwise, v1.36; etcd 3.6. */
const defaults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // pkg/controller/*/config/v1alpha1/defaults.go, cmd/kube-controller-manager/app/options
  "kube-controller-manager": {
    ...election, controllers: "*", "node-monitor-period": "5s", "node-monitor-grace-period": "50s",
    "node-startup-grace-period": "60s", "node-eviction-rate": "0.1", "secondary-node-eviction-rate": "0.01",
    "unhealthy-zone-threshold": "0.55", "large-cluster-size-threshold": "50", "terminated-pod-gc-threshold": "12500",
    "min-resync-period": "12h", "kube-api-qps": "20", "kube-api-burst": "30", "enable-garbage-collector": "true"
  },
  // pkg/scheduler/apis/config/v1/defaults.go; a file named by --config may say more than can be read here
  "kube-scheduler": { ...election, config: "", "kube-api-qps": "50", "kube-api-burst": "100" },
  // apiserver/pkg/server/{config,options}; pkg/controlplane/apiserver/options
  "kube-apiserver": {
    "feature-gates": "", "runtime-config": "", "enable-admission-plugins": "", "disable-admission-plugins": "",
    "default-not-ready-toleration-seconds": "300", "default-unreachable-toleration-seconds": "300",
    "watch-cache": "true", "etcd-compaction-interval": "5m", "event-ttl": "1h", "max-requests-inflight": "400",
    "max-mutating-requests-inflight": "200", "request-timeout": "1m", "min-request-timeout": "1800",
    "delete-collection-workers": "1", "goaway-chance": "0"
  },
  // server/embed/config.go
  etcd: { "heartbeat-interval": "100", "election-timeout": "1000", "auto-compaction-retention": "0" },
  // pkg/kubelet/apis/config/v1beta1/defaults.go
  kubelet: {
    "node-status-update-frequency": "10s", "node-status-report-frequency": "5m", "node-lease-duration-seconds": "40",
    "sync-frequency": "1m", "max-pods": "110", "runtime-request-timeout": "2m", "serialize-image-pulls": "true",
    "shutdown-grace-period": "0s", "shutdown-grace-period-critical-pods": "0s",
    "eviction-pressure-transition-period": "5m"
  }
}
export const components: ReadonlyArray<string> = Object.keys(defaults)

const units_s: Readonly<Record<string, number>> = { h: 3_600, m: 60, s: 1, ms: 1e-3, us: 1e-6, "µs": 1e-6, ns: 1e-9 }
/** Go's durations in seconds, so that 1m0s is 60s; undefined: it is none. */
const seconds = (text: string): number | undefined => {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)]
    .reduce((sum, [, number, unit]) => sum + Number(number) * units_s[unit!]!, 0)
}
const isSame = (a: string, b: string): boolean => a === b || (seconds(a) !== undefined && seconds(a) === seconds(b))

/** `--a=b`, `--a b`, and `--a` for true; a shell's command line in one word as well. */
const parse = (words: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const flags = new Map<string, string>()
  const split = words.flatMap((word) => word.split(/\s+/)).filter((word) => word !== "")
  split.forEach((word, i) => {
    const [, name, value] = /^--([a-z0-9-]+)(?:=(.*))?$/.exec(word) ?? []
    if (name === undefined) return
    const next = split[i + 1]
    flags.set(name, value ?? (next === undefined || next.startsWith("-") ? "true" : next))
  })
  return flags
}

const differing = (component: string, given: ReadonlyMap<string, string>): string =>
  Object.entries(defaults[component]!).flatMap(([flag, usual]) => {
    const value = given.get(flag)
    return value === undefined || isSame(value, usual) ? [] : [`--${flag}=${value}`]
  }).join(" ")

interface PodList {
  readonly items?: ReadonlyArray<{
    readonly metadata: { readonly name: string }
    readonly spec?: { readonly containers?: ReadonlyArray<{
      readonly image?: string; readonly command?: ReadonlyArray<string>; readonly args?: ReadonlyArray<string>
    }> }
  }>
}
interface NodeList {
  readonly items?: ReadonlyArray<{
    readonly metadata: { readonly name: string }
    readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } }
  }>
}
interface Configz { readonly kubeletconfig?: Readonly<Record<string, unknown>> }

export interface Inspected {
  readonly flags: Flags
  readonly versions: Readonly<Record<string, string>>
  readonly nodes: string
  /** What could not be read, and what that means. */
  readonly notes: ReadonlyArray<string>
}

/** "kube-apiserver" of ["/usr/local/bin/kube-apiserver", …]. */
const componentOf = (words: ReadonlyArray<string>): string | undefined =>
  components.find((one) => one !== "kubelet" && words.slice(0, 3)
    .some((word) => word.split(/\s+/).some((part) => part === one || part.endsWith(`/${one}`))))

const inspectPods = (
  { items = [] }: PodList, into: Record<string, string>, versions: Record<string, string>
): ReadonlyArray<string> => {
  const first = new Map<string, { readonly pod: string; readonly flags: string }>()
  const notes: Array<string> = []
  for (const { metadata, spec } of items) {
    for (const { image = "", command = [], args = [] } of spec?.containers ?? []) {
      const component = componentOf([...command, ...args])
      if (component === undefined) continue
      const flags = differing(component, parse([...command, ...args]))
      const before = first.get(component)
      if (before === undefined) {
        first.set(component, { pod: metadata.name, flags })
        const [, tag] = /:([^:/@]+)(?:@.*)?$/.exec(image) ?? []
        if (tag !== undefined && component !== "kube-apiserver") versions[component] = tag
        if (flags !== "") into[component] = flags
      } else if (before.flags !== flags) {
        notes.push(`${metadata.name} has other flags than ${before.pod}; those of ${before.pod} are in the header`)
      }
    }
  }
  const unseen = components.filter((one) => one !== "kubelet" && one !== "etcd" && !first.has(one))
  return unseen.length === 0 ? notes
    : [...notes, `no pod of ${unseen.join(", ")} in kube-system: taken to have default flags unless --flag says other`]
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const inspectKubelet = async (
  cluster: Cluster, { items = [] }: NodeList, into: Record<string, string>, signal: AbortSignal
): Promise<ReadonlyArray<string>> => {
  const node = items[0]?.metadata.name
  if (node === undefined) return []
  const said = await cluster.json<Configz>(`/api/v1/nodes/${encodeURIComponent(node)}/proxy/configz`, signal)
  const config = said.value?.kubeletconfig
  if (config === undefined) {
    return [`the kubelet of ${node} does not tell its configuration: taken to have defaults unless --flag says other`]
  }
  const flags = differing("kubelet", new Map(Object.entries(config).map(([name, one]) => [kebab(name), String(one)])))
  if (flags !== "") into["kubelet"] = flags
  return []
}

/** Some nodes are enough to say which versions there are. */
const nodes_max = 500

/** Reads what the cluster lets one read; what it does not is a note, not a failure. */
export const inspect = async (cluster: Cluster, version: string, signal: AbortSignal): Promise<Inspected> => {
  const flags: Record<string, string> = {}
  const versions: Record<string, string> = { apiserver: version }
  const pods = await cluster.json<PodList>("/api/v1/namespaces/kube-system/pods?limit=500", signal)
  const notes = pods.value === undefined
    ? [`flags of the control plane could not be read: ${pods.why}`] : inspectPods(pods.value, flags, versions)
  const nodes = await cluster.json<NodeList>(`/api/v1/nodes?limit=${nodes_max}`, signal)
  const kubelets = new Map<string, number>()
  for (const { status } of nodes.value?.items ?? []) {
    const kubelet = status?.nodeInfo?.kubeletVersion || "of unknown version"
    kubelets.set(kubelet, (kubelets.get(kubelet) ?? 0) + 1)
  }
  const more = nodes.value === undefined ? [] : await inspectKubelet(cluster, nodes.value, flags, signal)
  return {
    flags, versions, notes: [...notes, ...more],
    nodes: [...kubelets].map(([kubelet, count]) => `${count} kubelet ${kubelet}`).join(", ")
  }
}

/** `--flag kube-controller-manager.node-monitor-grace-period=12s`, which goes before what was read. */
export const withGiven = (read: Flags, given: ReadonlyArray<string>): Flags => {
  const flags: Record<string, string> = { ...read }
  for (const one of given) {
    const [, component, name, value] = /^([a-z-]+)\.([a-z0-9-]+)=(.*)$/.exec(one) ?? []
    if (component === undefined || !components.includes(component)) {
      throw new CannotRecord(`--flag ${one}: expected COMPONENT.FLAG=VALUE, with ${components.join(", ")}`)
    }
    const others = (flags[component] ?? "").split(" ").filter((flag) => flag !== "" && !flag.startsWith(`--${name}=`))
    flags[component] = [...others, `--${name}=${value}`].join(" ")
  }
  return flags
}
