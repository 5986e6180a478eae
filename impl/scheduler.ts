/**
 * kube-scheduler. Spec: model/scheduler.ts.
 *
 * One fiber runs the scheduling cycles, one after the other; each binding is a fiber of its own.
 * Deviates: no preemption, permit, reserve or pre-bind plugins, no extenders, no volumes.
 */
import { Effect } from "effect"
import { Client, make as makeClient } from "#impl/client.ts"
import { reasonOf } from "#impl/client/errors.ts"
import { make as makeInformers } from "#impl/informer.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import { run as runElected } from "#impl/leader-election.ts"
import { Draws, type Network, Process } from "#impl/ports.ts"
import { SchedulerCache } from "#impl/scheduler/cache.ts"
import { messageOf, unschedulablePatch } from "#impl/scheduler/condition.ts"
import { nodeHandlers, podHandlers } from "#impl/scheduler/handlers.ts"
import { defaultParts, type Parts, type SchedulerState } from "#impl/scheduler/parts.ts"
import { type Placement, Placer } from "#impl/scheduler/placement.ts"
import { type QueuedPod, SchedulingQueue } from "#impl/scheduler/queue.ts"
import type { EventOf } from "#model/events.ts"
import * as limits from "#model/limits/scheduler.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { charts } from "#model/scheduler.ts"

export { defaultParts, type Parts } from "#impl/scheduler/parts.ts"

export interface Config {}

type Charts = typeof charts

/** What the journal gets, typed by the charts. */
const recorder = (journal: typeof Journal.Service) => ({
  process: (event: EventOf<"schedulerProcess">, state: StateOf<Charts["scheduler.process"]>) =>
    journal.wrote("scheduler.process", "kube-scheduler", event, state),
  queue: (uid: string, event: EventOf<"schedulingQueue">, state: StateOf<Charts["scheduler.queuePod"]>) =>
    journal.wrote("scheduler.queuePod", uid, event, state),
  pod: (uid: string, event: EventOf<"schedulerCache">, state: StateOf<Charts["scheduler.cachePod"]>) =>
    journal.wrote("scheduler.cachePod", uid, event, state),
  node: (name: string, event: EventOf<"schedulerNode">, state: StateOf<Charts["scheduler.cacheNode"]>) =>
    journal.wrote("scheduler.cacheNode", name, event, state),
  cycle: (event: EventOf<"scheduling">, state: StateOf<Charts["scheduler.cycle"]>) =>
    journal.wrote("scheduler.cycle", "cycle", event, state),
  binding: (uid: string, event: EventOf<"podBinding">, state: StateOf<Charts["scheduler.binding"]>) =>
    journal.wrote("scheduler.binding", uid, event, state)
})
type Recorder = ReturnType<typeof recorder>

/** Everything of a running instance. */
interface Instance extends SchedulerState {
  readonly client: typeof Client.Service
  readonly process: typeof Process.Service
  readonly parts: Parts
  readonly placer: Placer
  readonly record: Recorder
  readonly binding: Set<string>
}

const bindingEnded = (scheduler: Instance, entry: QueuedPod, node: string, failure: string | undefined): void => {
  const { binding, cache, current, parts, queue, record } = scheduler
  const { uid, key } = entry.info
  binding.delete(uid)
  if (failure !== undefined) {
    record.binding(uid, { type: "podBinding.failed", node, reason: failure }, "waiting")
    parts.bindingFailed(scheduler, entry)
    return
  }
  record.binding(uid, { type: "podBinding.succeeded", node }, "bound")
  queue.remove(uid, "bound")
  // Deleted before the informer could show it bound: no confirmation will come.
  if (current(key)?.metadata.uid !== uid && cache.forget(uid)) {
    queue.moved({ kind: "assignedPodDeleted", pod: entry.info })
  }
}

const bind = (scheduler: Instance, entry: QueuedPod, node: string): void => {
  const { metadata } = entry.info.pod
  scheduler.binding.add(entry.info.uid)
  scheduler.record.binding(entry.info.uid, { type: "podBinding.began", pod: entry.info.key, node }, "binding")
  scheduler.process.fork(Effect.match(
    scheduler.client.bind({
      apiVersion: "v1", kind: "Binding",
      metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
      target: { kind: "Node", name: node }
    }),
    {
      onSuccess: () => bindingEnded(scheduler, entry, node, undefined),
      onFailure: (error) => bindingEnded(scheduler, entry, node, reasonOf(error))
    }))
}

const tellUser = (scheduler: Instance, pod: Pod, message: string): void => {
  const patch = unschedulablePatch(pod, message, scheduler.process.wall_ms())
  if (patch === undefined) return
  const { namespace, name } = pod.metadata
  // A failure costs nothing but the message; the next attempt writes it again.
  scheduler.process.fork(Effect.ignore(scheduler.client.patchStatus("pods", namespace, name, patch)))
}

const decided = (scheduler: Instance, entry: QueuedPod, placement: Placement): void => {
  const { cache, current, queue, record } = scheduler
  const { uid } = entry.info
  if (cache.pod(uid) !== undefined) {
    // Somebody else bound it while it was in its cycle.
    queue.cycleEnded()
    record.cycle({ type: "scheduling.skipped", uid, reason: "assumed" }, "idle")
    return
  }
  if (placement.node !== undefined) {
    queue.cycleEnded()
    record.cycle({ type: "scheduling.placed", uid, node: placement.node, feasible: placement.feasible,
      evaluated: placement.evaluated }, "idle")
    cache.assume(entry.info, placement.node)
    bind(scheduler, entry, placement.node)
    return
  }
  const { nodes, refused, refusedBy } = placement
  record.cycle({ type: "scheduling.failed", uid, nodes, refused }, "idle")
  if (nodes === 0) {
    queue.cycleEnded()
    queue.returnError(entry)
  } else queue.returnUnschedulable(entry, refusedBy)
  const pod = current(entry.info.key)
  if (pod?.metadata.uid === uid) tellUser(scheduler, pod, messageOf(nodes, refused))
}

/** Decides on the snapshot of now; what changes while it computes is what may surprise it. */
const cycle = Effect.fnUntraced(function*(scheduler: Instance, entry: QueuedPod) {
  const { cache, placer, queue, record } = scheduler
  const { uid, key, pod } = entry.info
  record.cycle({ type: "scheduling.began", uid, pod: key }, "scheduling")
  if (pod.metadata.deletionTimestamp !== undefined) {
    queue.cycleEnded()
    record.cycle({ type: "scheduling.skipped", uid, reason: "deleting" }, "idle")
    queue.remove(uid, "deleted")
    return
  }
  const placement = placer.place(entry.info, cache.list)
  yield* Effect.sleep(limits.schedulingCycle_ms)
  decided(scheduler, entry, placement)
})

/** Takes pods off the queue for ever. */
const lead = Effect.fnUntraced(function*(scheduler: Instance, untilReady: Effect.Effect<void>) {
  scheduler.record.process({ type: "schedulerProcess.led" }, "leading")
  for (;;) {
    const entry = scheduler.queue.pop()
    if (entry === undefined) yield* untilReady
    else yield* cycle(scheduler, entry)
  }
})

export const program = (
  _config: Config = {}, parts?: Partial<Parts>
): Effect.Effect<never, never, Process | Network | Journal | Draws> =>
  Effect.gen(function*() {
    const process = yield* Process
    const draws = yield* Draws
    const record = recorder(yield* Journal)
    const client = yield* makeClient("kube-scheduler")
    const chosen: Parts = { ...defaultParts, ...parts }
    record.process({ type: "schedulerProcess.started", incarnation: process.incarnation }, "standby")

    const ready = process.mailbox<undefined>()
    let isWaiting = false
    const untilReady = Effect.suspend(() => {
      isWaiting = true
      return ready.take
    })
    const queue = new SchedulingQueue(process, chosen.queue, record.queue, () => {
      if (!isWaiting) return
      isWaiting = false
      ready.send(undefined)
    })
    const cache = new SchedulerCache(chosen.cache, { pod: record.pod, node: record.node })
    const binding = new Set<string>()

    return yield* Effect.provideService(
      Effect.gen(function*() {
        const informers = yield* makeInformers()
        const nodes = informers.of("nodes")
        nodes.addHandlers(nodeHandlers({ queue, cache }))
        const pods = informers.of("pods", { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" })
        pods.addHandlers(podHandlers({ queue, cache }, (uid) => binding.has(uid)))
        const scheduler: Instance = {
          queue, cache, current: (key) => pods.get(key), client, process, parts: chosen, record, binding,
          placer: new Placer(chosen.filters, chosen.best, (pod, among) => chosen.tieBreak(draws, pod, among))
        }
        // A standby's informers run too: what it sees is in its cache when it comes to lead.
        return yield* runElected("kube-scheduler", Effect.gen(function*() {
          yield* nodes.synced
          yield* pods.synced
          return yield* lead(scheduler, untilReady)
        }), true)
      }),
      Client, client)
  })
