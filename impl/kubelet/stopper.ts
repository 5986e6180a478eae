/**
 * Stops the containers of a pod (SyncTerminatingPod) and clears what is left of it. Spec: model/kubelet/pod-worker.ts.
 * Deviates: a shorter grace ends the calls under way and stops anew. Upstream cancels the context of the sync, which
 * SyncTerminatingPod does not hand on (its TODO 113606): there a call to stop keeps the grace that it began with.
 */
import { Effect } from "effect"
import { newestSandbox, runsOf } from "#impl/kubelet/actions.ts"
import type { RuntimeClient, RuntimeFailed } from "#impl/kubelet/runtime-client.ts"
import { stopGrace_ms, type Worker } from "#impl/kubelet/worker.ts"
import type { Process } from "#impl/ports.ts"
import { runtimeRequestTimeout_ms, syncErrorBackOff_ms } from "#model/limits/kubelet.ts"

export class Stopper {
  readonly #process: Process["Service"]
  readonly #runtime: RuntimeClient
  readonly #stopped: (worker: Worker) => void

  constructor(on: { readonly process: Process["Service"]; readonly runtime: RuntimeClient },
    stopped: (worker: Worker) => void) {
    this.#process = on.process
    this.#runtime = on.runtime
    this.#stopped = stopped
  }

  /** Succeeds only when the runtime reports no running container. */
  stop(worker: Worker): Effect.Effect<void, RuntimeFailed> {
    return Effect.gen({ self: this }, function*() {
      const runtime = this.#runtime
      // A shorter grace that came between the kick and this first step found no call to withdraw.
      if (worker.wants !== undefined) return yield* Effect.fail({ message: "a shorter grace is wanted" })
      if (!runtime.isConnected) return yield* Effect.fail({ message: "the runtime is not connected" })
      const view = runtime.view(worker.uid)
      const grace_ms = stopGrace_ms(worker.grace_s)
      const calls = []
      for (const container of view.containers.values()) {
        if (container.state !== "running") continue
        const call = runtime.begin(
          { verb: "stopContainer", id: container.id, grace_ms }, grace_ms + runtimeRequestTimeout_ms
        )
        worker.stops.push(call.cancel)
        calls.push(call.answer)
      }
      yield* Effect.all(calls, { concurrency: "unbounded", discard: true })
      for (const sandbox of view.sandboxes.values()) {
        if (sandbox.state === "ready") yield* runtime.call({ verb: "stopSandbox", id: sandbox.id })
      }
      for (const container of runtime.view(worker.uid).containers.values()) {
        if (container.state === "running") return yield* Effect.fail({ message: `${container.id} still runs` })
      }
      this.#stopped(worker)
    })
  }

  /**
   * Removes runs but the newest dead one of each container, which counts the restarts, and the newest that ended, and
   * sandboxes that nothing refers to.
   */
  sweep(worker: Worker): Effect.Effect<void, RuntimeFailed> {
    const runtime = this.#runtime
    return Effect.gen({ self: this }, function*() {
      const view = runtime.view(worker.uid)
      if (view.containers.size < 2 && view.sandboxes.size < 2) return
      for (const { name } of worker.pod?.spec.containers ?? []) {
        const dead = runsOf(view, name).filter((run) => run.state === "exited" || run.state === "created")
        const lastEnd = dead.findIndex((run) => run.state === "exited")
        for (const [index, run] of dead.entries()) {
          if (index > 0 && index !== lastEnd) yield* runtime.call({ verb: "removeContainer", id: run.id })
        }
      }
      const current = newestSandbox(view)
      const used = new Set<string>()
      for (const container of view.containers.values()) used.add(container.sandbox)
      for (const sandbox of view.sandboxes.values()) {
        if (sandbox === current || used.has(sandbox.id)) continue
        yield* runtime.call({ verb: "removeSandbox", id: sandbox.id })
      }
    })
  }

  /** The pod is gone from the API and dead on the machine: its records go too. Tried until it works. */
  removeRemains(uid: string, isBack: () => boolean): void {
    const runtime = this.#runtime
    const view = runtime.view(uid)
    if (isBack() || (view.sandboxes.size === 0 && view.containers.size === 0)) return
    const remove = Effect.gen({ self: this }, function*() {
      for (const sandbox of view.sandboxes.keys()) yield* runtime.call({ verb: "removeSandbox", id: sandbox })
      for (const id of view.containers.keys()) yield* runtime.call({ verb: "removeContainer", id })
    })
    this.#process.fork(Effect.match(remove, {
      onSuccess: () => {},
      onFailure: () => void this.#process.after(syncErrorBackOff_ms, () => this.removeRemains(uid, isBack))
    }))
  }
}
