/** The state of a pod worker, and what it journals. Spec: model/kubelet/pod-worker.ts, model/kubelet/container.ts. */
import { policyOf } from "#impl/kubelet/actions.ts"
import type { Rejection } from "#impl/kubelet/admission.ts"
import type { Journal, StateOf } from "#impl/journal.ts"
import type { Process, Timer } from "#impl/ports.ts"
import type { ContainerState } from "#impl/ports/runtime.ts"
import type { Event } from "#model/events.ts"
import type { charts } from "#model/kubelet.ts"
import { podGrace_min_s, stopGrace_min_s } from "#model/limits/kubelet.ts"
import { terminationGracePeriod_s } from "#model/limits.ts"
import type { Pod, PodPhase } from "#model/objects/pod.ts"

type WorkerState = StateOf<(typeof charts)["kubelet.podWorker"]>
type ContainerChartState = StateOf<(typeof charts)["kubelet.container"]>

export interface Worker {
  readonly uid: string
  /** As the API last showed it; undefined for what only the runtime knows. */
  pod: Pod | undefined
  state: Exclude<WorkerState, "none">
  grace_s: number
  /** A termination, or a shorter one, that begins when the running operation has ended. */
  wants: { readonly reason: "deleted" | "finished" | "removed" | "orphan"; readonly grace_s: number } | undefined
  isBusy: boolean
  /** The API no longer has the pod. */
  isGone: boolean
  timer: Timer | undefined
  /** Gives up waiting for an image. */
  abandon: (() => void) | undefined
  /** Withdraw the calls to stop that are under way. */
  stops: Array<() => void>
  /** Why it was refused although it runs. */
  rejection: Rejection | undefined
  /** What its containers alone say. */
  phase: PodPhase
  /** By container: why it waits, until when its image is not asked for, the run last seen, the last decision. */
  readonly waiting: Map<string, string>
  readonly imageRetry: Map<string, number>
  readonly seen: Map<string, { readonly id: string; readonly running: boolean }>
  readonly decided: Map<string, { readonly at_ms: number; readonly isCounted: boolean }>
  readonly backedOff: Map<string, { readonly id: string; readonly delay_ms: number }>
}

/** The grace that a pod is stopped with: what its deletion asked for, or its spec. */
export const effectiveGrace_s = (pod: Pod): number =>
  Math.max(podGrace_min_s, pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds
    ?? terminationGracePeriod_s)

/** What the runtime is told: it always gets a little time. */
export const stopGrace_ms = (grace_s: number): number => Math.max(stopGrace_min_s, grace_s) * 1000

export class WorkerJournal {
  readonly #journal: Journal["Service"]
  readonly #process: Process["Service"]

  constructor(journal: Journal["Service"], process: Process["Service"]) {
    this.#journal = journal
    this.#process = process
  }

  worker(worker: Worker, event: Event, state: WorkerState = worker.state): void {
    this.#journal.wrote("kubelet.podWorker", worker.uid, event, state)
  }
  #container(worker: Worker, name: string, event: Event, state: ContainerChartState): void {
    this.#journal.wrote("kubelet.container", `${worker.uid}/${name}`, event, state)
  }

  /** At the start of a kubelet: what its predecessor left. */
  found(worker: Worker, run: ContainerState): void {
    if (run.state === "created") return
    const running = run.state === "running"
    worker.seen.set(run.name, { id: run.id, running })
    this.#container(worker, run.name, {
      type: "containerStatus.found", id: run.id, restartCount: run.attempt, running,
      ...(running ? {} : { exitCode: run.exitCode!, finished_ms: run.finished_ms! })
    }, running ? "running" : "exited")
  }

  /** The runtime shows a container of the pod anew. */
  observed(worker: Worker, run: ContainerState): void {
    if (worker.pod === undefined) return
    const seen = worker.seen.get(run.name)
    if (run.state === "running" && seen?.id !== run.id) {
      worker.seen.set(run.name, { id: run.id, running: true })
      const { at_ms, isCounted } = worker.decided.get(run.name) ??
        { at_ms: this.#process.monotonic_ms(), isCounted: true }
      this.#container(worker, run.name, {
        type: "containerStatus.started", id: run.id, restartCount: run.attempt, policy: policyOf(worker.pod.spec),
        decided_ms: at_ms, ...(isCounted ? {} : { uncounted: true })
      }, "running")
    } else if (run.state === "exited" && seen?.id === run.id && seen.running) {
      worker.seen.set(run.name, { id: run.id, running: false })
      this.#container(worker, run.name, {
        type: "containerStatus.exited", id: run.id, exitCode: run.exitCode!, finished_ms: run.finished_ms!
      }, "exited")
    }
  }

  backedOff(worker: Worker, name: string, id: string, delay_ms: number): void {
    const before = worker.backedOff.get(name)
    if (before?.id === id && before.delay_ms === delay_ms) return
    worker.backedOff.set(name, { id, delay_ms })
    worker.waiting.set(name, "CrashLoopBackOff")
    this.#container(worker, name, { type: "containerStatus.backedOff", delay_ms }, "crashLoopBackOff")
  }

  pullFailed(worker: Worker, name: string, image: string, delay_ms: number): void {
    const seen = worker.seen.get(name)
    const state = seen === undefined ? "imageBackOff"
      : worker.backedOff.get(name)?.id === seen.id ? "crashLoopBackOff" : "exited"
    this.#container(worker, name, { type: "containerStatus.pullFailed", image, delay_ms }, state)
  }
}
