/**
 * The composition as data: which charts there are, and the scopes in which they are searched together. What a scope
 * is made of stands in cluster/scope.ts; each scope in cluster/<name>.ts.
 */
import type { AnyStateMachine } from "xstate"
import { charts as apiServer } from "#model/api-server.ts"
import { leaderElection as leaderElectionScope } from "#model/cluster/leader-election.ts"
import { podTermination } from "#model/cluster/pod-termination.ts"
import { raftElection } from "#model/cluster/raft-election.ts"
import { scheduling } from "#model/cluster/scheduling.ts"
import type { Scope } from "#model/cluster/scope.ts"
import { charts as client } from "#model/client.ts"
import { charts as containerRuntime } from "#model/container-runtime.ts"
import { charts as controller } from "#model/controller.ts"
import { charts as controllerManager } from "#model/controller-manager.ts"
import { charts as controllers, foreignCharts } from "#model/controllers.ts"
import { charts as etcd } from "#model/etcd.ts"
import { charts as hardware } from "#model/hardware.ts"
import { charts as informer } from "#model/informer.ts"
import { charts as kubelet } from "#model/kubelet.ts"
import { charts as leaderElection } from "#model/leader-election.ts"
import { charts as pod } from "#model/pod.ts"
import { charts as scheduler } from "#model/scheduler.ts"
import { charts as workQueue } from "#model/work-queue.ts"

/** Every chart, by the name that a line gives it. */
export const charts: Readonly<Record<string, AnyStateMachine>> = {
  ...hardware, ...containerRuntime, ...kubelet, ...etcd, ...client, ...informer, ...workQueue, ...leaderElection,
  ...controller, ...controllerManager, ...scheduler, ...apiServer, ...controllers, ...pod
} as {}

/** Those that a run of ours can come to. */
export const ownCharts: Readonly<Record<string, AnyStateMachine>> =
  Object.fromEntries(Object.entries(charts).filter(([name]) => !Object.hasOwn(foreignCharts, name)))

/** What `plimsoll model-check` searches, from small to large. */
export const scopes: ReadonlyArray<Scope> = [
  podTermination({ program: "server", crashes: 1, losses: 1 }),
  podTermination({ program: "stubborn", crashes: 1, losses: 1 }),
  scheduling({ name: "scheduling", pods: ["p", "q"], nodes: ["n1", "n2"], crashes: 1, losses: 1 }),
  leaderElectionScope({ candidates: ["a", "b"], leaseDuration_ms: 20_000, revision_max: 2, crashes: 1, losses: 0 }),
  raftElection({ members: ["m0", "m1", "m2"], candidates: ["m0", "m1"], term_max: 2, crashes: 1, losses: 0,
    duplicates: 0 })
]
