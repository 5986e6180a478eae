/**
 * Wires a cluster from its parts: the only file that knows every component. A planted bug replaces one part here.
 *
 * Layout: etcd/i, api-server/i, scheduler/i and controller-manager/i on the control-plane machine cp-i; a kubelet and
 * a container runtime on each worker; a load balancer "api-server" in front of the API servers.
 */
import * as apiServer from "#impl/api-server.ts"
import { groundTruth } from "#impl/api-server/ground-truth.ts"
import * as containerRuntime from "#impl/container-runtime.ts"
import * as controllerManager from "#impl/controller-manager.ts"
import * as etcd from "#impl/etcd.ts"
import type * as hardware from "#impl/hardware.ts"
import * as kubelet from "#impl/kubelet.ts"
import * as namespace from "#impl/controllers/namespace.ts"
import * as nodeLifecycle from "#impl/controllers/node-lifecycle.ts"
import * as podGc from "#impl/controllers/pod-gc.ts"
import * as replicaSet from "#impl/controllers/replica-set.ts"
import * as serviceAccount from "#impl/controllers/service-account.ts"
import * as scheduler from "#impl/scheduler.ts"
import { World } from "#impl/sim/world.ts"
import type { Line } from "#model/events.ts"

export interface WorkerConfig {
  readonly name: string
  /** Value of the label topology.kubernetes.io/zone. */
  readonly zone: string
  /** Kubernetes quantities: cpu, memory, pods, extended resources. */
  readonly capacity: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
}

export interface Topology {
  readonly etcds: number
  readonly apiServers: number
  readonly schedulers: number
  readonly controllerManagers: number
  readonly workers: ReadonlyArray<WorkerConfig>
  /** How often the API servers have etcd forget its past. */
  readonly etcdCompaction_ms?: number
}

/** What a planted bug may replace, by component. */
export interface Parts {
  readonly hardware?: Partial<hardware.Parts>
  readonly etcd?: Partial<etcd.Parts>
  readonly apiServer?: Partial<apiServer.Parts>
  readonly scheduler?: Partial<scheduler.Parts>
  readonly controllerManager?: Partial<controllerManager.Parts>
  readonly replicaSet?: Partial<replicaSet.Parts>
  readonly nodeLifecycle?: Partial<nodeLifecycle.Parts>
  readonly kubelet?: Partial<kubelet.Parts>
  readonly containerRuntime?: Partial<containerRuntime.Parts>
}

export interface Options {
  readonly seed: number
  readonly topology: Topology
  /** Order of the run queue; see World. */
  readonly choices?: ReadonlyArray<number>
  readonly parts?: Parts
  readonly listen?: (line: Line) => void
  /** Freezes what crosses a process boundary: slow, for tests. */
  readonly freeze?: boolean
}

export interface Cluster {
  readonly world: World
}

const times = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i)

/** A control-plane machine: its size decides nothing, no pod is placed on it. */
const controlPlaneCapacity = { cpu: "8", memory: "32Gi", pods: "0" }

/** Until priority classes have who makes them. */
const disabledAdmissionPlugins = ["Priority"] as const

const addControlPlane = (world: World, topology: Topology, parts: Parts): void => {
  const members = times(topology.etcds).map((i) => `etcd/${i}`)
  const machines = Math.max(topology.etcds, topology.apiServers, topology.schedulers, topology.controllerManagers)
  for (const i of times(machines)) {
    world.addMachine({ name: `cp-${i}`, role: "control-plane", capacity: controlPlaneCapacity, labels: {} })
  }
  for (const i of times(topology.etcds)) {
    const id = `etcd/${i}`
    world.addProcess({ name: id, machine: `cp-${i}`, program: etcd.program({ members, id }, parts.etcd) })
  }
  for (const i of times(topology.apiServers)) {
    world.addProcess({
      name: `api-server/${i}`, machine: `cp-${i}`,
      program: apiServer.program({
        id: i, etcdEndpoints: members, disabledAdmissionPlugins,
        ...(topology.etcdCompaction_ms === undefined ? {} : { etcdCompaction_ms: topology.etcdCompaction_ms })
      }, parts.apiServer)
    })
  }
  world.addBalancer("api-server", times(topology.apiServers).map((i) => `api-server/${i}`))
  for (const i of times(topology.schedulers)) {
    world.addProcess({ name: `scheduler/${i}`, machine: `cp-${i}`, program: scheduler.program({}, parts.scheduler) })
  }
  const controllers = [
    nodeLifecycle.controller(parts.nodeLifecycle), podGc.controller(), replicaSet.controller(parts.replicaSet),
    serviceAccount.controller(), namespace.controller()
  ]
  for (const i of times(topology.controllerManagers)) {
    world.addProcess({
      name: `controller-manager/${i}`, machine: `cp-${i}`,
      program: controllerManager.program({ controllers }, parts.controllerManager)
    })
  }
}

const addWorker = (world: World, { name, zone, capacity, labels }: WorkerConfig, parts: Parts): void => {
  world.addMachine({
    name, role: "worker", capacity: { pods: "110", ...capacity },
    labels: { ...labels, "topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name }
  })
  const runtime = containerRuntime.program({}, parts.containerRuntime)
  world.addProcess({ name: `container-runtime/${name}`, machine: name, program: runtime })
  world.addProcess({ name: `kubelet/${name}`, machine: name, program: kubelet.program({ node: name }, parts.kubelet) })
}

/** Builds the world; `cluster.world.start()` switches it on. */
export const build = ({ topology, parts = {}, ...options }: Options): Cluster => {
  const hardware = parts.hardware === undefined ? {} : { hardware: parts.hardware }
  const world = new World({ ...options, groundTruth, ...hardware })
  addControlPlane(world, topology, parts)
  for (const worker of topology.workers) addWorker(world, worker, parts)
  return { world }
}
