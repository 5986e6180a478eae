/**
 * The composition as data: which charts there are, and the scopes in which they are searched together. What a scope
 * is made of stands in cluster/scope.ts; each scope in cluster/<name>.ts.
 */
import type { AnyStateMachine } from "xstate"
import { charts as client } from "#model/client.ts"
import { charts as containerRuntime } from "#model/container-runtime.ts"
import { charts as controllerManager } from "#model/controller-manager.ts"
import { charts as etcd } from "#model/etcd.ts"
import { charts as hardware } from "#model/hardware.ts"
import { charts as informer } from "#model/informer.ts"
import { charts as kubelet } from "#model/kubelet.ts"
import { charts as leaderElection } from "#model/leader-election.ts"
import { charts as podGc } from "#model/pod-gc.ts"
import { charts as scheduler } from "#model/scheduler.ts"
import { charts as workQueue } from "#model/work-queue.ts"

/** Every chart, by the name that a line gives it. */
export const charts: Readonly<Record<string, AnyStateMachine>> = {
  ...hardware, ...containerRuntime, ...kubelet, ...etcd, ...client, ...informer, ...workQueue, ...leaderElection,
  ...controllerManager, ...scheduler, ...podGc
} as {}
