/** Every promise that Plimsoll checks, in the order in which a breach at one line is reported. */
import { properties as apiServer } from "#properties/api-server.ts"
import { properties as client } from "#properties/client.ts"
import { properties as cluster } from "#properties/cluster.ts"
import { properties as containerRuntime } from "#properties/container-runtime.ts"
import { properties as controller } from "#properties/controller.ts"
import { properties as controllerManager } from "#properties/controller-manager.ts"
import { controllers } from "#properties/controllers.ts"
import { properties as etcd } from "#properties/etcd.ts"
import { properties as hardware } from "#properties/hardware.ts"
import { properties as informer } from "#properties/informer.ts"
import { properties as kubelet } from "#properties/kubelet.ts"
import { properties as leaderElection } from "#properties/leader-election.ts"
import { properties as linearizability } from "#properties/cluster/linearizability.ts"
import { properties as pod } from "#properties/pod.ts"
import { properties as rest } from "#properties/cluster/rest.ts"
import { properties as scheduler } from "#properties/scheduler.ts"
import { properties as workQueue } from "#properties/work-queue.ts"
import type { Property } from "#properties/property.ts"

export const byComponent: Readonly<Record<string, ReadonlyArray<Property>>> = {
  hardware, etcd, linearizability, "api-server": apiServer, pod, client, informer, "work-queue": workQueue,
  "leader-election": leaderElection, scheduler, controller, ...controllers,
  "controller-manager": controllerManager, kubelet,
  "container-runtime": containerRuntime, cluster, rest
}

export const properties: ReadonlyArray<Property> = Object.values(byComponent).flat()
