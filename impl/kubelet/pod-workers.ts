/**
 * Pod workers: one for each pod uid, driven by events, one operation at a time. Plain state; only what calls the
 * runtime is a fiber. Spec: model/kubelet/pod-worker.ts, model/kubelet/container.ts.
 * Deviates: no periodic resync each minute: the copy of the runtime's state is exact, and failures are retried.
 */
import { Effect } from "effect"
import { actionsFor, runsOf, type Start } from "#impl/kubelet/actions.ts"
import type { NodeInfo, Rejection } from "#impl/kubelet/admission.ts"
import type { Parts } from "#impl/kubelet/parts.ts"
import { conditionsOf, isTerminal, type Situation } from "#impl/kubelet/phase.ts"
import type { RuntimeClient, RuntimeFailed } from "#impl/kubelet/runtime-client.ts"
import type { StatusManager } from "#impl/kubelet/status-manager.ts"
import { Starter } from "#impl/kubelet/starter.ts"
import { Stopper } from "#impl/kubelet/stopper.ts"
import { effectiveGrace_s, type Worker, type WorkerJournal } from "#impl/kubelet/worker.ts"
import type { Draws, Process } from "#impl/ports.ts"
import type { ContainerState } from "#impl/ports/runtime.ts"
import * as limits from "#model/limits/kubelet.ts"
import type { Pod } from "#model/objects/pod.ts"

export interface Dependencies {
  readonly process: Process["Service"]
  readonly draws: Draws["Service"]
  readonly runtime: RuntimeClient
  readonly journal: WorkerJournal
  readonly parts: Parts
  readonly statuses: StatusManager
  readonly node: () => NodeInfo
}

export class PodWorkers {
  readonly #on: Dependencies
  readonly #workers = new Map<string, Worker>()
  readonly #starter: Starter
  readonly #stopper: Stopper

  constructor(dependencies: Dependencies) {
    this.#on = dependencies
    this.#stopper = new Stopper(dependencies, (worker) => this.#stopped(worker))
    this.#starter = new Starter(dependencies, this.#stopper)
  }

  /** The pod as the API has it: new, or changed. */
  onPod(pod: Pod): void {
    const known = this.#workers.get(pod.metadata.uid)
    if (known === undefined) return this.#add(pod)
    known.pod = pod
    known.isGone = false
    this.#on.statuses.seen(pod)
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminate(known, "deleted")
    else if (isTerminal(pod.status.phase)) this.#terminate(known, "finished")
    this.#report(known)
    this.kick(known)
  }

  /** The API no longer has it. */
  onPodGone(pod: Pod): void {
    this.#on.statuses.gone(pod.metadata.uid)
    const worker = this.#workers.get(pod.metadata.uid)
    if (worker === undefined) return
    worker.isGone = true
    if (worker.state === "finished") return this.#forget(worker)
    this.#terminate(worker, "removed")
    this.kick(worker)
  }

  /** Pods that only the runtime knows: their object went while this kubelet was away. */
  cleanOrphans(): void {
    for (const uid of this.#on.runtime.uids()) {
      if (this.#workers.has(uid) || !this.#on.parts.cleansOrphan(uid)) continue
      if (!this.isAlive(uid)) {
        this.#stopper.removeRemains(uid, () => this.#workers.has(uid))
        continue
      }
      const worker = this.#create(uid, undefined)
      worker.isGone = true
      this.#terminate(worker, "orphan")
      this.kick(worker)
    }
  }

  onContainer(container: ContainerState): void {
    const worker = this.#workers.get(container.pod.uid)
    if (worker !== undefined) this.#on.journal.observed(worker, container)
  }
  onRuntimeChange(uid: string): void {
    const worker = this.#workers.get(uid)
    // An operation under way reports when it ends: what it passes through is not worth a write.
    if (worker === undefined || worker.isBusy) return
    this.#report(worker)
    this.kick(worker)
  }
  /** The runtime is back: whatever failed without it is tried now. */
  kickAll(): void {
    for (const worker of this.#workers.values()) {
      this.#report(worker)
      this.kick(worker)
    }
  }

  /** Whether anything of the pod runs on the machine. */
  isAlive(uid: string): boolean {
    const view = this.#on.runtime.view(uid)
    for (const container of view.containers.values()) if (container.state === "running") return true
    for (const sandbox of view.sandboxes.values()) if (sandbox.state === "ready") return true
    return false
  }

  #create(uid: string, pod: Pod | undefined): Worker {
    const worker: Worker = {
      uid, pod, state: "syncing", grace_s: Infinity, wants: undefined, isBusy: false, isGone: false,
      timer: undefined, abandon: undefined, stops: [], rejection: undefined, phase: "Pending", waiting: new Map(),
      imageRetry: new Map(), seen: new Map(), decided: new Map(), backedOff: new Map()
    }
    this.#workers.set(uid, worker)
    return worker
  }

  #add(pod: Pod): void {
    const worker = this.#create(pod.metadata.uid, pod)
    this.#on.statuses.seen(pod)
    const isOver = isTerminal(pod.status.phase)
    if (pod.metadata.deletionTimestamp !== undefined || (isOver && this.isAlive(worker.uid))) {
      this.#found(worker)
      this.#terminate(worker, isOver ? "finished" : "deleted")
    } else if (isOver) {
      return this.#terminated(worker)
    } else {
      const rejection = this.#on.parts.admit(pod, this.#active(worker), this.#on.node())
      if (rejection !== undefined) return this.#reject(worker, pod, rejection)
      this.#on.journal.worker(worker, {
        type: "podWorker.started", namespace: pod.metadata.namespace, pod: pod.metadata.name
      })
      this.#found(worker)
    }
    this.#report(worker)
    this.kick(worker)
  }

  /** Pods that hold their share of the node: admitted and not yet stopped. */
  *#active(except: Worker): Generator<Pod> {
    for (const worker of this.#workers.values()) {
      const holds = worker.state === "syncing" || worker.state === "terminating"
      if (worker !== except && holds && worker.pod !== undefined) yield worker.pod
    }
  }

  #reject(worker: Worker, pod: Pod, rejection: Rejection): void {
    if (this.isAlive(worker.uid)) return this.#stopRejected(worker, rejection)
    worker.state = "terminated"
    this.#on.journal.worker(worker, {
      type: "podWorker.rejected", namespace: pod.metadata.namespace, pod: pod.metadata.name, reason: rejection.reason
    })
    this.#finish(worker)
    const conditions = conditionsOf(pod.status.conditions ?? [], "Failed", false, false,
      Math.round(this.#on.process.wall_ms()))
    const { containerStatuses: _none, ...status } = pod.status
    this.#on.statuses.set(worker, { ...status, phase: "Failed", conditions, ...rejection })
  }

  /**
   * A kubelet that has just started refuses what its predecessor ran. It is stopped like an orphan (HandlePodCleanups).
   * Deviates: upstream says Failed at once, here only when nothing of it runs any more.
   */
  #stopRejected(worker: Worker, rejection: Rejection): void {
    worker.rejection = rejection
    this.#found(worker)
    this.#terminate(worker, "finished")
    this.kick(worker)
  }

  /** A kubelet that has just started takes note of what runs already. */
  #found(worker: Worker): void {
    const view = this.#on.runtime.view(worker.uid)
    for (const { name } of worker.pod!.spec.containers) {
      const latest = runsOf(view, name)[0]
      if (latest !== undefined) this.#on.journal.found(worker, latest)
    }
  }

  #terminate(worker: Worker, reason: "deleted" | "finished" | "removed" | "orphan"): void {
    if (worker.state === "terminated" || worker.state === "finished") return
    const grace_s = worker.pod === undefined ? limits.podGrace_min_s : effectiveGrace_s(worker.pod)
    const limit_s = Math.min(worker.wants?.grace_s ?? Infinity, worker.grace_s)
    if (worker.state === "terminating" && grace_s >= limit_s) return
    worker.wants = { reason: worker.wants?.reason ?? reason, grace_s: Math.min(grace_s, limit_s) }
    worker.abandon?.()
    for (const stop of worker.stops) stop()
  }

  /** Does what is next for the worker, unless an operation runs: then again when it ends. */
  kick(worker: Worker): void {
    if (worker.isBusy) return
    worker.timer?.cancel()
    worker.timer = undefined
    if (worker.wants !== undefined) {
      const { grace_s, reason } = worker.wants
      worker.wants = undefined
      worker.grace_s = grace_s
      worker.state = "terminating"
      this.#on.journal.worker(worker, { type: "podWorker.terminating", grace_s, reason })
      this.#report(worker)
    }
    if (worker.state === "terminating") this.#run(worker, this.#stopper.stop(worker))
    else if (worker.state === "syncing" && worker.pod !== undefined) this.#sync(worker, worker.pod)
  }

  #run(worker: Worker, operation: Effect.Effect<void, RuntimeFailed>): void {
    worker.isBusy = true
    this.#on.process.fork(Effect.match(operation, {
      onSuccess: () => this.#ended(worker, false),
      onFailure: () => this.#ended(worker, true)
    }))
  }
  #ended(worker: Worker, hasFailed: boolean): void {
    worker.isBusy = false
    worker.abandon = undefined
    worker.stops = []
    if (this.#workers.get(worker.uid) !== worker) return
    if (worker.state === "syncing" || worker.state === "terminating") this.#report(worker)
    if (worker.wants !== undefined || !hasFailed) return this.kick(worker)
    const jitter = 1 + limits.syncErrorJitter * this.#on.draws.unit("kubelet/sync", worker.uid)
    this.#later(worker, limits.syncErrorBackOff_ms * jitter)
  }
  #later(worker: Worker, delay_ms: number): void {
    worker.timer?.cancel()
    worker.timer = this.#on.process.after(delay_ms, () => {
      worker.timer = undefined
      this.kick(worker)
    })
  }

  #sync(worker: Worker, pod: Pod): void {
    if (!this.#on.runtime.isConnected) return
    const view = this.#on.runtime.view(worker.uid)
    const actions = actionsFor(pod, view, this.#on.parts.shouldRestart)
    const now_ms = this.#on.process.monotonic_ms()
    let retryAt_ms = Infinity
    const due: Array<Start> = []
    for (const start of actions.start) {
      const until_ms = this.#starter.waitsUntil(worker, start)
      if (until_ms > now_ms) retryAt_ms = Math.min(retryAt_ms, until_ms)
      else due.push(start)
    }
    if (due.length > 0) return this.#run(worker, this.#starter.start(worker, pod, { ...actions, start: due }))
    if (retryAt_ms < Infinity) {
      this.#later(worker, retryAt_ms - now_ms)
      return this.#report(worker)
    }
    if (actions.start.length === 0) this.#finishIfOver(worker)
  }

  /** Every container has ended for good. */
  #finishIfOver(worker: Worker): void {
    this.#report(worker)
    if (!isTerminal(worker.phase)) return
    this.#terminate(worker, "finished")
    this.kick(worker)
  }

  #stopped(worker: Worker): void {
    if (worker.state === "terminating") this.#terminated(worker)
  }
  /** Nothing of it runs. Its final status may be posted from here on. */
  #terminated(worker: Worker): void {
    const hadContainers = worker.state === "terminating"
    worker.state = "terminated"
    worker.wants = undefined
    this.#on.journal.worker(worker, { type: "podWorker.terminated" })
    if (hadContainers) this.#report(worker)
    this.#finish(worker)
  }
  #finish(worker: Worker): void {
    worker.state = "finished"
    this.#on.journal.worker(worker, { type: "podWorker.finished" })
    this.#on.statuses.finished(worker.uid)
    if (worker.isGone) this.#forget(worker)
  }
  #forget(worker: Worker): void {
    worker.timer?.cancel()
    this.#workers.delete(worker.uid)
    this.#on.journal.worker(worker, { type: "podWorker.forgotten" }, "none")
    this.#starter.forget(worker)
    this.#stopper.removeRemains(worker.uid, () => this.#workers.has(worker.uid))
  }

  /** Works out the pod's status anew and hands it to the status manager. */
  #report(worker: Worker): void {
    const pod = worker.pod
    if (pod === undefined || worker.isGone || worker.state === "finished") return
    // The last report is due even if the runtime has just gone: what it said of the end is known, and no other follows.
    const isTerminated = worker.state === "terminated"
    if (!isTerminated && !this.#on.runtime.isConnected) return
    const situation: Situation = {
      pod, view: this.#on.runtime.view(worker.uid), waiting: worker.waiting, isTerminated,
      isTerminating: worker.state === "terminating", restarts: this.#on.parts.shouldRestart,
      wall_ms: Math.round(this.#on.process.wall_ms())
    }
    const before = this.#on.statuses.current(worker.uid) ?? pod.status
    const { phase, status } = this.#on.parts.statusFor(situation, before, !isTerminated)
    const isRejected = isTerminated && worker.rejection !== undefined
    worker.phase = isRejected ? "Failed" : phase
    this.#on.statuses.set(worker, isRejected ? { ...status, phase: "Failed", ...worker.rejection } : status)
  }
}
