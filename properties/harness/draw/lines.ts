/** Which lines each kind of process writes, from the vocabulary: moments at which a fault may strike. */
import { ApiServerEvent } from "#model/events/api-server.ts"
import { ClientEvent } from "#model/events/client.ts"
import { ControllerManagerEvent } from "#model/events/controller-manager.ts"
import { ControllerEvent } from "#model/events/controllers.ts"
import { EtcdEvent } from "#model/events/etcd.ts"
import { KubeletEvent } from "#model/events/kubelet.ts"
import { SchedulerEvent } from "#model/events/scheduler.ts"

type Group = ReadonlyArray<{ readonly fields: { readonly type: { readonly schema: { readonly literal: unknown } } } }>
const typesOf = (...groups: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  groups.flatMap((group) => (group as Group).map(({ fields }) => String(fields.type.schema.literal)))
const begins = (...subjects: ReadonlyArray<string>) => (type: string): boolean =>
  subjects.some((subject) => type.startsWith(`${subject}.`))
const isOfRuntime = begins("sandbox", "container", "image")
const isOfRequests = begins("kv")
const isCommitted = begins("object")

const events: Readonly<Record<string, ReadonlyArray<string>>> = {
  etcd: typesOf(EtcdEvent).filter((type) => !isOfRequests(type)),
  "api-server": [...typesOf(ApiServerEvent).filter((type) => !isCommitted(type)),
    ...typesOf(EtcdEvent).filter(isOfRequests)],
  scheduler: typesOf(ClientEvent, SchedulerEvent),
  "controller-manager": typesOf(ClientEvent, ControllerManagerEvent, ControllerEvent),
  kubelet: [...typesOf(ClientEvent), ...typesOf(KubeletEvent).filter((type) => !isOfRuntime(type))],
  "container-runtime": typesOf(KubeletEvent).filter(isOfRuntime)
}
/** What a process does to the world outside of it: between two of these lies what a crash leaves half done. */
const writes: Readonly<Record<string, ReadonlyArray<string>>> = {
  etcd: ["entry.applied", "entry.applied", "vote.granted", "raft.campaigned", "raft.elected"],
  "api-server": ["kv.invoked", "kv.returned", "write.requested", "write.done"],
  scheduler: ["request.sent", "request.answered", "elector.acquired", "schedulerCache.assumed", "podBinding.began"],
  "controller-manager": ["request.sent", "request.answered", "request.answered", "elector.acquired"],
  kubelet: ["request.sent", "request.answered", "kubelet.registered", "podStatus.posted", "containerStatus.started"],
  "container-runtime": ["sandbox.created", "container.created", "container.started", "container.stopping",
    "container.exited"]
}
/** What a process decides in one line and carries out in several writes: rare, so that the first few count. */
const decisions: Readonly<Record<string, ReadonlyArray<string>>> = {
  etcd: ["raft.campaigned", "raft.elected", "vote.granted"],
  "api-server": ["kv.invoked", "write.requested", "finalizers.emptied"],
  scheduler: ["elector.acquired", "schedulerCache.assumed", "podBinding.began", "podBinding.failed",
    "scheduling.failed"],
  "controller-manager": ["elector.acquired", "sync.planned", "sync.batchStarted", "expectations.set",
    "podGc.chosen", "podGc.markedFailed", "nodeHealth.markedUnknown", "nodeTaint.queued",
    "nodeTaint.added", "zone.changed", "taintEviction.scheduled", "taintEviction.started"],
  kubelet: ["kubelet.registered", "podWorker.started", "podWorker.rejected", "podWorker.terminating",
    "podWorker.terminated", "containerStatus.exited"],
  "container-runtime": ["sandbox.created", "container.created", "container.stopping", "image.pullBegan"]
}
/** What fewer than half of the runs write (of 250, drawn and counted), and after which something is left to do. */
const seldoms: Readonly<Record<string, ReadonlyArray<string>>> = {
  etcd: ["wal.truncated", "raft.outvoted", "raft.quorumLost", "history.marked"],
  "api-server": ["finalizers.emptied", "watchCache.reset", "apiServer.draining", "apiServer.becameUnready",
    "write.outcomeUnknown"],
  scheduler: ["podBinding.failed", "scheduling.failed", "schedulingQueue.woken", "schedulerCache.forgotten",
    "elector.lost"],
  "controller-manager": ["sync.stale", "sync.failed", "expectations.forgotten",
    "nodeHealth.markedUnknown", "nodeHealth.gone",
    "nodeTaint.queued", "nodeTaint.added", "nodeTaint.swapped", "nodeTaint.cleared",
    "zone.gone", "taintEviction.scheduled", "taintEviction.started", "podGc.chosen", "podGc.markedFailed",
    "nodeQuarantine.began", "nodeQuarantine.ended", "retry.postponed"],
  kubelet: ["podWorker.rejected", "containerStatus.found", "containerStatus.backedOff", "containerStatus.pullFailed"],
  "container-runtime": ["container.killed", "image.pullFailed"]
}
/** What a process writes while it starts. */
const beginnings: Readonly<Record<string, ReadonlyArray<string>>> = {
  etcd: ["wal.truncated", "wal.truncated", "member.bootstrapped", "member.recovered", "raft.recovered",
    "raft.followed"],
  "api-server": ["apiServer.started", "watchCache.initialised", "apiServer.becameReady"],
  scheduler: ["schedulerProcess.started", "reflector.listStarted", "reflector.listed", "elector.started",
    "elector.acquired"],
  "controller-manager": ["controllerManager.started", "elector.started", "elector.acquired", "reflector.listStarted",
    "reflector.listed", "nodeHealth.seen"],
  kubelet: ["reflector.listStarted", "reflector.listed", "kubelet.registered", "kubelet.synced", "nodeStatus.posted"],
  "container-runtime": ["sandbox.stopped", "container.exited", "container.exited", "sandbox.created",
    "container.created"]
}
/** "scheduler" of "scheduler/1", and of "scheduler". */
const componentOf = (process: string): string => process.split("/")[0]!
export const components = Object.keys(events)
export const eventsOf = (process: string): ReadonlyArray<string> => events[componentOf(process)]!
export const writesOf = (process: string): ReadonlyArray<string> => writes[componentOf(process)]!
export const beginningsOf = (process: string): ReadonlyArray<string> => beginnings[componentOf(process)]!
export const decisionsOf = (process: string): ReadonlyArray<string> => decisions[componentOf(process)]!
export const seldomOf = (process: string): ReadonlyArray<string> => seldoms[componentOf(process)]!
