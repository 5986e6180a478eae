/**
 * kubelet: the node's agent. Spec: model/kubelet.ts.
 *
 * It registers the node, keeps its lease and status, and leads each pod bound to the node from start to end, on the
 * container runtime of the same machine. It keeps nothing on disk: after a restart it reads back what runs from the
 * runtime's labels and leaves running containers alone.
 * Deviates: no volumes, probes, static pods, eviction or garbage collection of images.
 */
import { Effect } from "effect"
import * as client from "#impl/client.ts"
import { Journal, type StateOf } from "#impl/journal.ts"
import { nodeInfoOf } from "#impl/kubelet/admission.ts"
import { NodeAgent } from "#impl/kubelet/node-agent.ts"
import { defaultParts, type Parts as KubeletParts } from "#impl/kubelet/parts.ts"
import { PodWorkers } from "#impl/kubelet/pod-workers.ts"
import { RuntimeClient } from "#impl/kubelet/runtime-client.ts"
import { StatusManager } from "#impl/kubelet/status-manager.ts"
import { WorkerJournal } from "#impl/kubelet/worker.ts"
import { Draws, Machine, Network, Process } from "#impl/ports.ts"
import type { charts } from "#model/kubelet.ts"
import { runtimeStatusThreshold_ms } from "#model/limits/kubelet.ts"
import type { Pod } from "#model/objects/pod.ts"
import { millisOf } from "#model/objects/time.ts"

/** What of a kubelet can be replaced; the defaults stand beside it. */
export interface Parts extends KubeletParts {}

/** Pods are admitted in the order of their creation, as HandlePodAdditions sorts them. */
const byCreation = (a: Pod, b: Pod): number =>
  millisOf(a.metadata.creationTimestamp) - millisOf(b.metadata.creationTimestamp) ||
    (a.metadata.uid < b.metadata.uid ? -1 : 1)

const problemOf = (process: Process["Service"], runtime: RuntimeClient) => (): string | undefined => {
  if (runtime.lastStatus_ms === undefined) return "container runtime status check may not have completed yet"
  const silent_ms = process.monotonic_ms() - runtime.lastStatus_ms
  return silent_ms < runtimeStatusThreshold_ms ? undefined : "container runtime is down"
}

const run = (parts: Parts) => Effect.gen(function*() {
  const process = yield* Process
  const machine = yield* Machine
  const journal = yield* Journal
  const draws = yield* Draws
  const api = yield* client.Client
  const runtime = new RuntimeClient(process, yield* Network, `container-runtime/${machine.name}`)
  const workerJournal = new WorkerJournal(journal, process)
  const statuses = new StatusManager(process, api, workerJournal, parts)
  const problem = problemOf(process, runtime)
  let isReady = false
  const agent = new NodeAgent({ process, machine, draws, client: api, journal, problem, hasPods: () => isReady })
  const workers = new PodWorkers({
    process, draws, runtime, journal: workerJournal, parts, statuses, node: () => nodeInfoOf(agent.node())
  })
  const hasRuntime = process.cell<void>()
  runtime.start({
    connected: () => {
      if (isReady) workers.kickAll()
      else if (!hasRuntime.isDone) hasRuntime.succeed(undefined)
    },
    container: (container) => workers.onContainer(container),
    changed: (uid) => workers.onRuntimeChange(uid)
  })
  const informers = yield* parts.informers
  agent.follow(informers.of("nodes", { fieldSelector: `metadata.name=${machine.name}` }))
  // Registration does not hold up the pods: who is already known has containers to look after.
  yield* Effect.forkChild(Effect.andThen(agent.register(), agent.reportStatus()))
  yield* Effect.forkChild(agent.renewLease())
  yield* Effect.forkChild(statuses.run())
  const pods = informers.of("pods", { fieldSelector: `spec.nodeName=${machine.name}` })
  pods.addHandlers({
    added: (pod) => isReady && workers.onPod(pod),
    updated: (before, pod) => {
      if (!isReady) return
      if (before.metadata.uid !== pod.metadata.uid) workers.onPodGone(before)
      workers.onPod(pod)
    },
    deleted: (pod) => isReady && workers.onPodGone(pod)
  })
  yield* pods.synced
  yield* hasRuntime.await
  isReady = true
  // Deviates: what runs is admitted first; upstream goes by age alone and may refuse a pod that runs.
  const isAlive = (pod: Pod): number => Number(workers.isAlive(pod.metadata.uid))
  const known = [...pods.values()].sort((a, b) => isAlive(b) - isAlive(a) || byCreation(a, b))
  journal.wrote("kubelet.process", machine.name, {
    type: "kubelet.synced", pods: known.length, sandboxes: runtime.sandboxCount()
  }, (agent.isRegistered ? "ready" : "synced") satisfies StateOf<(typeof charts)["kubelet.process"]>)
  for (const pod of known) workers.onPod(pod)
  workers.cleanOrphans()
  return yield* Effect.never
})

export const program = (
  _config: object = {}, replaced: Partial<Parts> = {}
): Effect.Effect<never, never, Process | Network | Machine | Draws | Journal> =>
  Effect.gen(function*() {
    const api = yield* client.make("kubelet")
    return yield* Effect.provideService(run({ ...defaultParts, ...replaced }), client.Client, api)
  })
