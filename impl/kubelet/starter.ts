/**
 * Starts the containers of a pod: sandbox, image, container, with the back-offs between tries (SyncPod).
 * Spec: model/kubelet/pod-worker.ts, model/kubelet/container.ts.
 */
import { Effect } from "effect"
import type { Actions, Start } from "#impl/kubelet/actions.ts"
import { BackOff } from "#impl/kubelet/back-off.ts"
import { Images, type Image } from "#impl/kubelet/images.ts"
import type { RuntimeClient, RuntimeFailed } from "#impl/kubelet/runtime-client.ts"
import type { Stopper } from "#impl/kubelet/stopper.ts"
import type { Worker, WorkerJournal } from "#impl/kubelet/worker.ts"
import type { Process } from "#impl/ports.ts"
import * as limits from "#model/limits/kubelet.ts"
import type { Container, Pod } from "#model/objects/pod.ts"

export class Starter {
  readonly #process: Process["Service"]
  readonly #runtime: RuntimeClient
  readonly #journal: WorkerJournal
  readonly #stopper: Stopper
  readonly #images: Images
  readonly #crashLoop = new BackOff(limits.crashLoopBackOff_ms, limits.crashLoopBackOff_max_ms,
    limits.crashLoopReset_ms)

  constructor(
    on: { readonly process: Process["Service"]; readonly runtime: RuntimeClient; readonly journal: WorkerJournal },
    stopper: Stopper
  ) {
    this.#process = on.process
    this.#runtime = on.runtime
    this.#journal = on.journal
    this.#stopper = stopper
    this.#images = new Images(on.process, on.runtime)
  }

  /** Until when the image's or the crash loop's back-off keeps it from starting; 0 when nothing does. */
  waitsUntil(worker: Worker, start: Start): number {
    const name = start.container.name
    const image_ms = worker.imageRetry.get(name) ?? 0
    if (start.finished_ms === undefined) return image_ms
    const delay_ms = this.#crashLoop.delay_ms(keyOf(worker, name), start.finished_ms)
    const until_ms = start.finished_ms + delay_ms
    if (until_ms > this.#process.monotonic_ms()) this.#journal.backedOff(worker, name, start.previousId!, delay_ms)
    return Math.max(image_ms, until_ms)
  }

  /** Makes the sandbox if there is none, and starts what is due, one after the other, until the pod has to end. */
  start(worker: Worker, pod: Pod, actions: Actions): Effect.Effect<void, RuntimeFailed> {
    const runtime = this.#runtime
    return Effect.gen({ self: this }, function*() {
      let sandbox = actions.sandbox
      if (sandbox === undefined) {
        const { name, namespace, uid } = pod.metadata
        const { attempt } = actions
        const answer = yield* runtime.call({ verb: "runSandbox", pod: { uid, namespace, name }, attempt })
        if (answer.type !== "sandbox") return yield* Effect.fail({ message: "no sandbox in the answer" })
        sandbox = answer.sandbox
      }
      for (const start of actions.start) {
        if (worker.wants !== undefined) return
        yield* this.#startOne(worker, sandbox.id, start)
      }
      if (worker.wants === undefined) yield* this.#stopper.sweep(worker)
    })
  }

  #startOne(worker: Worker, sandbox: string, start: Start): Effect.Effect<void, RuntimeFailed> {
    const runtime = this.#runtime
    const { container } = start
    return Effect.gen({ self: this }, function*() {
      this.#decide(worker, start)
      const image = yield* this.#images.ensure(worker.uid, container, (stop) => {
        worker.abandon = stop
      })
      worker.abandon = undefined
      if (worker.wants !== undefined) return
      if (image.type === "failed") return this.#withoutImage(worker, container, image)
      worker.imageRetry.delete(container.name)
      const created = yield* runtime.call({
        verb: "createContainer", sandbox, name: container.name, attempt: start.attempt, image: container.image,
        args: container.args ?? []
      })
      if (created.type !== "container") return yield* Effect.fail({ message: "no container in the answer" })
      if (worker.wants !== undefined) return
      yield* runtime.call({ verb: "startContainer", id: created.container.id })
    })
  }

  /** A restart counts for the back-off when it is decided, whether or not the container comes up. */
  #decide(worker: Worker, start: Start): void {
    const name = start.container.name
    const now_ms = this.#process.monotonic_ms()
    // What the runtime has forgotten, or never ran, imposes no wait and counts for none.
    const isCounted = start.attempt === 0 || start.finished_ms !== undefined
    worker.decided.set(name, { at_ms: now_ms, isCounted })
    worker.waiting.delete(name)
    if (start.finished_ms !== undefined) this.#crashLoop.next(keyOf(worker, name), start.finished_ms, now_ms)
  }

  #withoutImage(worker: Worker, container: Container, image: Extract<Image, { type: "failed" }>): void {
    const retry_ms = image.retryAt_ms ?? this.#process.monotonic_ms() + limits.podResync_ms
    worker.imageRetry.set(container.name, retry_ms)
    worker.waiting.set(container.name, image.reason)
    if (image.delay_ms !== undefined) {
      this.#journal.pullFailed(worker, container.name, container.image, image.delay_ms)
    }
  }

  /** Of a pod that is gone no back-off is remembered. */
  forget(worker: Worker): void {
    for (const name of worker.seen.keys()) this.#crashLoop.forget(keyOf(worker, name))
  }
}

const keyOf = (worker: Worker, name: string): string => `${worker.uid}/${name}`
