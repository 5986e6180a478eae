/**
 * Images: present, or pulled one after the other (serializeImagePulls), with a back-off per pod and image.
 * Source: pkg/kubelet/images/image_manager.go, v1.36.
 */
import { Effect } from "effect"
import { BackOff } from "#impl/kubelet/back-off.ts"
import type { RuntimeClient } from "#impl/kubelet/runtime-client.ts"
import type { Cell, Process } from "#impl/ports.ts"
import { imagePullBackOff_max_ms, imagePullBackOff_ms } from "#model/limits/kubelet.ts"
import type { Container } from "#model/objects/pod.ts"

export type Image =
  | { readonly type: "present" }
  /** `retryAt_ms`: on the machine's monotonic clock. `delay_ms` only after a pull that failed now. */
  | { readonly type: "failed"; readonly reason: "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull"
      readonly retryAt_ms: number | undefined; readonly delay_ms?: number }

interface Pull {
  readonly image: string
  readonly isAlways: boolean
  readonly outcome: Cell<boolean>
}

export class Images {
  readonly #process: Process["Service"]
  readonly #runtime: RuntimeClient
  readonly #backOff = new BackOff(imagePullBackOff_ms, imagePullBackOff_max_ms, 2 * imagePullBackOff_max_ms)
  readonly #queue: Array<Pull> = []
  #isPulling = false

  constructor(process: Process["Service"], runtime: RuntimeClient) {
    this.#process = process
    this.#runtime = runtime
  }

  /** Brings the image of a container of the pod. `abandon` is told how to stop waiting for it. */
  ensure(uid: string, container: Container, abandon: (stop: () => void) => void): Effect.Effect<Image> {
    return Effect.gen({ self: this }, function*() {
      const { image } = container
      const policy = container.imagePullPolicy ?? "IfNotPresent"
      if (policy !== "Always" && (yield* this.#isPresent(image))) return { type: "present" } satisfies Image
      if (policy === "Never") {
        return { type: "failed", reason: "ErrImageNeverPull", retryAt_ms: undefined } satisfies Image
      }
      const key = `${uid}_${image}`
      const before_ms = this.#process.monotonic_ms()
      const delay_ms = this.#backOff.delay_ms(key, before_ms)
      const retryAt_ms = this.#backOff.updated_ms(key) + delay_ms
      if (delay_ms > 0 && before_ms < retryAt_ms) {
        return { type: "failed", reason: "ImagePullBackOff", retryAt_ms } satisfies Image
      }
      const outcome = this.#process.cell<boolean>()
      abandon(() => outcome.succeed(false))
      this.#queue.push({ image, isAlways: policy === "Always", outcome })
      this.#next()
      if (yield* outcome.await) return { type: "present" } satisfies Image
      const now_ms = this.#process.monotonic_ms()
      const next_ms = this.#backOff.next(key, now_ms, now_ms)
      return { type: "failed", reason: "ErrImagePull", retryAt_ms: now_ms + next_ms, delay_ms: next_ms } satisfies Image
    })
  }

  #isPresent(image: string): Effect.Effect<boolean> {
    return Effect.match(this.#runtime.call({ verb: "imageStatus", image }), {
      onSuccess: (answer) => answer.type === "image" && answer.present,
      onFailure: () => false
    })
  }

  #next(): void {
    if (this.#isPulling) return
    const pull = this.#queue.shift()
    if (pull === undefined) return
    if (pull.outcome.isDone) return this.#next()
    this.#isPulling = true
    const call = this.#runtime.begin({ verb: "pullImage", image: pull.image }, pullTimeout_ms)
    this.#process.fork(Effect.match(call.answer, {
      onSuccess: () => this.#pulled(pull, true),
      onFailure: () => this.#pulled(pull, false)
    }))
  }
  #pulled(pull: Pull, isPresent: boolean): void {
    this.#isPulling = false
    if (!pull.outcome.isDone) pull.outcome.succeed(isPresent)
    // Who asked only because it was not present has it now.
    for (const other of isPresent ? this.#queue : []) {
      if (other.image === pull.image && !other.isAlways && !other.outcome.isDone) other.outcome.succeed(true)
    }
    this.#next()
  }
}

/** A pull has no deadline of its own upstream; it ends with the pod's worker. */
const pullTimeout_ms = 3_600_000
