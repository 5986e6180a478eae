/**
 * The kubelet's end of the wire to the container runtime: calls, and an exact copy of the runtime's state by pod.
 * Deviates: the pod lifecycle event generator is evented; there is no relist each second, because a subscription
 * carries whole states in order. Its health is judged by a status call, as updateRuntimeUp does.
 */
import { Effect } from "effect"
import type { Cell, Connection, Network, Process, Timer } from "#impl/ports.ts"
import type { Answer, Call, ContainerState, RuntimeFrame, SandboxStatus } from "#impl/ports/runtime.ts"
import { runtimeRedial_ms, runtimeRequestTimeout_ms, runtimeStatusPeriod_ms } from "#model/limits/kubelet.ts"

export interface RuntimeFailed {
  readonly message: string
}

/** What the runtime has of one pod. */
export interface PodView {
  readonly sandboxes: Map<string, SandboxStatus>
  readonly containers: Map<string, ContainerState>
}
const nothing: PodView = { sandboxes: new Map(), containers: new Map() }

export interface Subscriber {
  /** A snapshot replaced everything. */
  readonly connected: () => void
  readonly container: (container: ContainerState) => void
  /** Something of the pod changed; called after `container`. */
  readonly changed: (uid: string) => void
}

interface Pending {
  readonly cell: Cell<Answer, RuntimeFailed>
  readonly timer: Timer
}

export class RuntimeClient {
  readonly #process: Process["Service"]
  readonly #network: Network["Service"]
  readonly #address: string
  readonly #pending = new Map<number, Pending>()
  #subscriber: Subscriber | undefined
  #views = new Map<string, PodView>()
  #connection: Connection | undefined
  #nextId = 1
  #hasSnapshot = false
  #statusIsAsked = false
  /** Monotonic time of the last sign of life; undefined before the first. */
  lastStatus_ms: number | undefined

  constructor(process: Process["Service"], network: Network["Service"], address: string) {
    this.#process = process
    this.#network = network
    this.#address = address
  }

  get isConnected(): boolean {
    return this.#hasSnapshot && this.#connection?.isOpen === true
  }
  view(uid: string): PodView {
    return this.#views.get(uid) ?? nothing
  }
  uids(): ReadonlyArray<string> {
    return [...this.#views.keys()]
  }
  sandboxCount(): number {
    let count = 0
    for (const view of this.#views.values()) count += view.sandboxes.size
    return count
  }

  start(subscriber: Subscriber): void {
    this.#subscriber = subscriber
    this.#dial()
    this.#watchStatus()
  }

  #dial(): void {
    this.#process.fork(Effect.match(this.#network.dial(this.#address), {
      onSuccess: (connection) => this.#opened(connection),
      onFailure: () => void this.#process.after(runtimeRedial_ms, () => this.#dial())
    }))
  }
  #opened(connection: Connection): void {
    this.#connection = connection
    connection.handle({
      frame: (frame: RuntimeFrame) => this.#received(frame),
      closed: () => this.#closed()
    })
    connection.send({ type: "subscribe" }, "subscribe")
  }
  #closed(): void {
    this.#connection = undefined
    this.#hasSnapshot = false
    this.#statusIsAsked = false
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id)
      pending.timer.cancel()
      pending.cell.fail({ message: "connection to the runtime lost" })
    }
    this.#process.after(runtimeRedial_ms, () => this.#dial())
  }

  #watchStatus(): void {
    this.#process.after(runtimeStatusPeriod_ms, () => {
      this.#watchStatus()
      if (!this.isConnected || this.#statusIsAsked) return
      this.#statusIsAsked = true
      this.#connection!.send({ type: "call", id: 0, call: { verb: "status" } }, "status")
    })
  }

  #received(frame: RuntimeFrame): void {
    switch (frame.type) {
      case "answer": return this.#answered(frame.id, (pending) => pending.cell.succeed(frame.answer))
      case "failed": return this.#answered(frame.id, (pending) => pending.cell.fail({ message: frame.message }))
      case "snapshot": return this.#replaced(frame)
      case "sandbox":
        this.#viewOf(frame.sandbox.pod.uid).sandboxes.set(frame.sandbox.id, frame.sandbox)
        return this.#subscriber!.changed(frame.sandbox.pod.uid)
      case "container":
        this.#viewOf(frame.container.pod.uid).containers.set(frame.container.id, frame.container)
        this.#subscriber!.container(frame.container)
        return this.#subscriber!.changed(frame.container.pod.uid)
      case "removed": return this.#removed(frame.id, frame.pod.uid)
    }
  }
  #answered(id: number, settle: (pending: Pending) => void): void {
    if (id === 0) {
      this.#statusIsAsked = false
      this.lastStatus_ms = this.#process.monotonic_ms()
      return
    }
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    pending.timer.cancel()
    settle(pending)
  }
  #replaced(frame: Extract<RuntimeFrame, { type: "snapshot" }>): void {
    this.#views = new Map()
    for (const sandbox of frame.sandboxes) this.#viewOf(sandbox.pod.uid).sandboxes.set(sandbox.id, sandbox)
    for (const container of frame.containers) this.#viewOf(container.pod.uid).containers.set(container.id, container)
    this.#hasSnapshot = true
    this.lastStatus_ms = this.#process.monotonic_ms()
    for (const container of frame.containers) this.#subscriber!.container(container)
    this.#subscriber!.connected()
  }
  #removed(id: string, uid: string): void {
    const view = this.#views.get(uid)
    if (view === undefined) return
    view.sandboxes.delete(id)
    view.containers.delete(id)
    if (view.sandboxes.size === 0 && view.containers.size === 0) this.#views.delete(uid)
  }
  #viewOf(uid: string): PodView {
    const known = this.#views.get(uid)
    if (known !== undefined) return known
    const view: PodView = { sandboxes: new Map(), containers: new Map() }
    this.#views.set(uid, view)
    return view
  }

  /** Sends the call. `cancel` withdraws it: the answer is then a failure. */
  begin(call: Call, timeout_ms = runtimeRequestTimeout_ms): {
    readonly answer: Effect.Effect<Answer, RuntimeFailed>
    readonly cancel: () => void
  } {
    const connection = this.#connection
    if (connection === undefined || !this.isConnected) {
      return { answer: Effect.fail({ message: "the runtime is not connected" }), cancel: () => {} }
    }
    const id = this.#nextId++
    const cell = this.#process.cell<Answer, RuntimeFailed>()
    const withdraw = (message: string) => {
      const pending = this.#pending.get(id)
      if (pending === undefined) return
      this.#pending.delete(id)
      pending.timer.cancel()
      if (connection.isOpen) connection.send({ type: "cancel", id }, "cancel")
      cell.fail({ message })
    }
    const timer = this.#process.after(timeout_ms, () => withdraw("timed out"))
    this.#pending.set(id, { cell, timer })
    connection.send({ type: "call", id, call }, call.verb)
    return { answer: cell.await, cancel: () => withdraw("cancelled") }
  }
  call(call: Call): Effect.Effect<Answer, RuntimeFailed> {
    return Effect.suspend(() => this.begin(call).answer)
  }
}
