/**
 * container-runtime: runs the containers of a machine, on behalf of its kubelet. Spec: model/container-runtime.ts.
 *
 * Containers live in the machine's memory, not in this process: a crash of the runtime harms none of them, and its
 * next incarnation finds them by its records on disk. After a boot the records remain and the containers are dead.
 * Deviates: one runtime and one shim in the same model; exec, logs, statistics and user namespaces are not modelled.
 */
import { Effect } from "effect"
import { Journal } from "#impl/journal.ts"
import { Containers } from "#impl/container-runtime/containers.ts"
import { Endings } from "#impl/container-runtime/endings.ts"
import * as records from "#impl/container-runtime/records.ts"
import { perform, type CallFailed, type Context } from "#impl/container-runtime/service.ts"
import { labelsOf, RuntimeState } from "#impl/container-runtime/state.ts"
import { type Disk, Draws, ImageRegistry, Machine, Network, Process, type Connection } from "#impl/ports.ts"
import type { Answer, Call, KubeletFrame, RuntimeFrame, SandboxStatus } from "#impl/ports/runtime.ts"

export interface Parts {
  /** What a sandbox of an earlier boot becomes. */
  readonly afterBoot: (sandbox: SandboxStatus) => SandboxStatus
  /** How long after SIGTERM the SIGKILL comes. */
  readonly graceOf: (asked_ms: number) => number
}
export const defaultParts: Parts = {
  afterBoot: (sandbox) => ({ ...sandbox, state: "notReady" }),
  graceOf: (asked_ms) => asked_ms
}

/** Finds what survived: running containers go on, the dead of an earlier boot are noted as such. */
const recover = (context: Omit<Context, "callerIsThere">, parts: Parts) => {
  const { containers, endings, state } = context
  const lost: Array<records.Record> = []
  for (const sandbox of state.content.sandboxes.values()) {
    if (sandbox.state !== "ready" || containers.sandboxes.has(sandbox.id)) continue
    const stopped = parts.afterBoot(sandbox)
    state.wroteSandbox(stopped, { type: "sandbox.stopped", ...labelsOf(stopped), lost: true }, "notReady")
    state.putSandbox(stopped)
    lost.push({ kind: "sandbox", sandbox: stopped })
  }
  for (const container of state.content.containers.values()) {
    const running = containers.byId.get(container.id)
    if (container.state === "running" && running === undefined && containers.begun.has(container.id)) {
      // The last incarnation ended between the record of the start and the start.
      state.putContainer({ ...container, state: "created" })
    } else if (container.state === "running" && running === undefined) {
      lost.push({ kind: "container", container: endings.lost(container) })
    } else if (running !== undefined && container.state !== "exited") {
      const ago_ms = context.process.monotonic_ms() - running.started_ms
      const started_wall = container.started_wall ?? Math.round(context.process.wall_ms() - ago_ms)
      state.putContainer({ ...container, state: "running", started_ms: running.started_ms, started_wall })
      endings.reap(container.id)
    }
  }
  return Effect.forEach(lost, (record) => context.records.append(record), { discard: true })
}

class Server {
  readonly #context: Omit<Context, "callerIsThere">
  readonly #parts: Parts
  readonly #latency_ms: () => number

  constructor(context: Omit<Context, "callerIsThere">, parts: Parts, latency_ms: () => number) {
    this.#context = context
    this.#parts = parts
    this.#latency_ms = latency_ms
  }

  accept(connection: Connection): void {
    /** Calls to stop that wait for an end, by the call's id. */
    const stops = new Map<number, string>()
    connection.handle({
      frame: (frame: KubeletFrame) => {
        switch (frame.type) {
          case "subscribe": return this.#context.state.subscribe(connection)
          case "cancel": return this.#cancel(stops, frame.id)
          case "call": return this.#slowly(() => this.#call(connection, stops, frame.id, frame.call))
        }
      },
      closed: () => {
        this.#context.state.unsubscribe(connection)
        for (const id of stops.keys()) this.#cancel(stops, id)
      }
    })
  }

  #slowly(task: () => void): void {
    const latency_ms = this.#latency_ms()
    if (latency_ms > 0) this.#context.process.after(latency_ms, task)
    else task()
  }

  #cancel(stops: Map<number, string>, id: number): void {
    const container = stops.get(id)
    if (container === undefined) return
    stops.delete(id)
    this.#context.endings.abandon(container)
  }

  #call(connection: Connection, stops: Map<number, string>, id: number, call: Call): void {
    const answer = (answer: Answer) =>
      connection.send({ type: "answer", id, answer } satisfies RuntimeFrame, `answer ${call.verb}`)
    if (call.verb === "stopContainer") {
      const container = this.#context.state.content.containers.get(call.id)
      if (container === undefined || container.state !== "running") return answer({ type: "done" })
      stops.set(id, call.id)
      return this.#context.endings.stop(container, this.#parts.graceOf(call.grace_ms), () => {
        if (stops.delete(id)) answer({ type: "done" })
      })
    }
    if (call.verb === "status") return answer({ type: "done" })
    const context: Context = { ...this.#context, callerIsThere: () => connection.isOpen }
    this.#context.process.fork(Effect.match(perform(context, call), {
      onSuccess: answer,
      onFailure: (error: CallFailed) => connection.send(
        { type: "failed", id, message: error.message } satisfies RuntimeFrame, `failed ${call.verb}`
      )
    }))
  }
}

export const program = (
  _config: object = {}, replaced: Partial<Parts> = {}
): Effect.Effect<never, never, Process | Network | Disk | Machine | ImageRegistry | Draws | Journal> =>
  Effect.gen(function*() {
    const parts = { ...defaultParts, ...replaced }
    const process = yield* Process
    const machine = yield* Machine
    const network = yield* Network
    const journal = yield* Journal
    const store = yield* records.make
    const content = yield* Effect.match(store.load, {
      onSuccess: (loaded) => loaded,
      onFailure: (error) => error.reason
    })
    if (typeof content === "string") return yield* process.exit(`cannot read the records: disk ${content}`)
    const containers = machine.memory("containers", () => new Containers(process.monotonic_ms), (value) => value.die())
    const state = new RuntimeState(content, journal)
    const endings = new Endings(process, containers, state, (container) =>
      process.fork(Effect.ignore(Effect.andThen(store.append({ kind: "container", container }), store.sync))))
    const context = {
      process, draws: yield* Draws, registry: yield* ImageRegistry, records: store, state, containers, endings,
      pulls: new Map(), creations: new Map(), sandboxCreations: new Map()
    }
    yield* Effect.ignore(recover(context, parts))
    machine.onContainersKilled(() => endings.killAll())
    const server = new Server(context, parts, machine.runtimeLatency_ms)
    network.listen((connection) => server.accept(connection))
    return yield* Effect.never
  })
