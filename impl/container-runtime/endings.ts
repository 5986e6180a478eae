/**
 * How containers end: by themselves, by SIGTERM and SIGKILL, or found dead. One timer for each that will end, one for
 * each grace that runs; both belong to this incarnation of the runtime and are armed anew by the next one.
 * Deviates: an end is told before its record is durable; containerd writes the status first (UpdateSync in
 * internal/cri/store/container/status.go), and tries again while it cannot.
 */
import type { Process, Timer } from "#impl/ports.ts"
import { endOf, type Containers, type Exit, type Running } from "#impl/container-runtime/containers.ts"
import { labelsOf, type RuntimeState } from "#impl/container-runtime/state.ts"
import type { ContainerState } from "#impl/ports/runtime.ts"
import { unknownExitCode } from "#model/limits/container-runtime.ts"

interface Stop {
  readonly ended: () => void
  readonly grace: Timer
}

export class Endings {
  readonly #process: Process["Service"]
  readonly #containers: Containers
  readonly #state: RuntimeState
  readonly #persist: (container: ContainerState) => void
  readonly #timers = new Map<string, Timer>()
  readonly #stops = new Map<string, Stop>()

  constructor(
    process: Process["Service"], containers: Containers, state: RuntimeState,
    persist: (container: ContainerState) => void
  ) {
    this.#process = process
    this.#containers = containers
    this.#state = state
    this.#persist = persist
    containers.attach(process.monotonic_ms)
  }

  /** Wakes up when the container will have ended, if it ever does. */
  arm(id: string): void {
    this.#timers.get(id)?.cancel()
    this.#timers.delete(id)
    const running = this.#containers.byId.get(id)
    if (running === undefined) return
    const end = running.exit ?? endOf(running)
    if (end === undefined) return
    const delay_ms = Math.max(0, end.at_ms - this.#process.monotonic_ms())
    this.#timers.set(id, this.#process.after(delay_ms, () => this.reap(id)))
  }

  /** Takes note of an end that has happened; looks again later if it has not. */
  reap(id: string): void {
    const container = this.#state.content.containers.get(id)
    const running = this.#containers.byId.get(id)
    if (container === undefined || container.state !== "running" || running === undefined) return
    const exit = this.#containers.settle(running)
    if (exit === undefined) return this.arm(id)
    this.#timers.get(id)?.cancel()
    this.#timers.delete(id)
    this.#end(container, running, exit)
  }

  #end(container: ContainerState, running: Running, exit: Exit): void {
    const ago_ms = this.#process.monotonic_ms() - exit.at_ms
    const ended: ContainerState = {
      ...container,
      state: "exited",
      finished_ms: exit.at_ms,
      finished_wall: Math.round(this.#process.wall_ms() - ago_ms),
      exitCode: exit.code,
      reason: exit.reason,
      ...(exit.signal === undefined ? {} : { signal: exit.signal })
    }
    if (!running.isTold) this.#wrote(ended, exit.code, exit.at_ms, exit.reason, exit.signal)
    running.isTold = true
    this.#state.putContainer(ended)
    this.#persist(ended)
    const stop = this.#stops.get(container.id)
    this.#stops.delete(container.id)
    stop?.grace.cancel()
    stop?.ended()
  }

  #wrote(container: ContainerState, exitCode: number, finished_ms: number,
    reason: "exited" | "killed" | "unknown", signal: number | undefined): void {
    this.#state.wroteContainer(container, {
      type: "container.exited", ...labelsOf(container), exitCode, finished_ms, reason,
      ...(signal === undefined ? {} : { signal })
    }, "exited")
  }

  /** The record says that it runs, the machine knows nothing of it: it died with the machine's last boot. */
  lost(container: ContainerState): ContainerState {
    const now_ms = this.#process.monotonic_ms()
    const ended: ContainerState = {
      ...container, state: "exited", finished_ms: now_ms, finished_wall: Math.round(this.#process.wall_ms()),
      exitCode: unknownExitCode, reason: "unknown"
    }
    this.#wrote(ended, unknownExitCode, now_ms, "unknown", undefined)
    this.#state.putContainer(ended)
    return ended
  }

  /** SIGTERM now, SIGKILL after the grace. `ended` is called once, when it no longer runs. */
  stop(container: ContainerState, grace_ms: number, ended: () => void): void {
    const running = this.#containers.byId.get(container.id)
    if (container.state !== "running" || running === undefined) return ended()
    const before = this.#stops.get(container.id)
    before?.grace.cancel()
    this.#containers.terminate(running)
    this.#state.wroteContainer(container, { type: "container.stopping", ...labelsOf(container), grace_ms }, "stopping")
    const grace = this.#process.after(grace_ms, () => this.#graceOver(container))
    this.#stops.set(container.id, {
      grace,
      ended: before === undefined ? ended : () => {
        before.ended()
        ended()
      }
    })
    this.arm(container.id)
  }

  #graceOver(container: ContainerState): void {
    const running = this.#containers.byId.get(container.id)
    if (running === undefined) return
    if (this.#containers.settle(running) === undefined) {
      this.#state.wroteContainer(container, { type: "container.killed", ...labelsOf(container) }, "killed")
      this.#containers.kill(running)
    }
    this.reap(container.id)
  }

  /** Nobody waits for the stop any more: no SIGKILL will be sent for it. The SIGTERM stays sent. */
  abandon(id: string): void {
    this.#stops.get(id)?.grace.cancel()
    this.#stops.delete(id)
  }

  killAll(): void {
    for (const id of this.#containers.killAll()) this.reap(id)
  }

  /** SIGKILL at once: its sandbox is being stopped. */
  kill(id: string): void {
    const running = this.#containers.byId.get(id)
    if (running === undefined) return
    this.#containers.kill(running)
    this.reap(id)
  }
}
