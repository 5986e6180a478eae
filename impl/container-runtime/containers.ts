/**
 * What runs in the machine's memory: the processes of containers and the network namespaces of sandboxes. They
 * outlive the runtime process (a shim keeps them) and die with the machine. Ends are computed, not polled: a program
 * says when it ends, and whoever looks later finds out.
 */
import { serverStop_ms, sigkillExitCode, sigtermExitCode } from "#model/limits/container-runtime.ts"
import type { Program } from "#model/objects/programs.ts"

export interface Exit {
  readonly at_ms: number
  readonly code: number
  readonly signal?: number
  readonly reason: "exited" | "killed"
}

export interface Running {
  readonly id: string
  readonly program: Program
  readonly started_ms: number
  sigterm_ms: number | undefined
  exit: Exit | undefined
  /** The end was journalled, perhaps by an earlier incarnation of the runtime whose record of it was lost. */
  isTold: boolean
}

const endBySigterm = (program: Program, sigterm_ms: number): Exit | undefined => {
  if (program.kind === "stubborn") return undefined
  if (program.kind !== "server") return { at_ms: sigterm_ms, code: sigtermExitCode, signal: 15, reason: "exited" }
  return { at_ms: sigterm_ms + (program.stop_ms ?? serverStop_ms), code: program.exitCode ?? 0, reason: "exited" }
}

/** When and how the program ends if nobody kills it; undefined: never. */
export const endOf = (container: Running): Exit | undefined => {
  const { program, started_ms, sigterm_ms } = container
  const bySigterm = sigterm_ms === undefined ? undefined : endBySigterm(program, sigterm_ms)
  if (program.kind === "server" || program.kind === "stubborn") return bySigterm
  const byItself: Exit = {
    at_ms: started_ms + (program.run_ms ?? 0),
    code: program.kind === "crasher" ? 1 : program.exitCode ?? 0,
    reason: "exited"
  }
  return bySigterm !== undefined && bySigterm.at_ms < byItself.at_ms ? bySigterm : byItself
}

/** A timer may fire a rounding error early. */
const rounding_ms = 0.001

export class Containers {
  readonly byId = new Map<string, Running>()
  /** Whose start was begun since the machine was booted: its record stands before the start itself. */
  readonly begun = new Set<string>()
  /** Sandboxes whose network namespace exists. */
  readonly sandboxes = new Set<string>()
  #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** A new incarnation of the runtime takes over; the clock is the machine's. */
  attach(now: () => number): void {
    this.#now = now
  }

  forget(id: string): void {
    this.byId.delete(id)
    this.begun.delete(id)
  }

  start(id: string, program: Program): Running {
    const container: Running = { id, program, started_ms: this.#now(), sigterm_ms: undefined, exit: undefined,
      isTold: false }
    this.byId.set(id, container)
    return container
  }

  terminate(container: Running): void {
    container.sigterm_ms ??= this.#now()
  }

  kill(container: Running): void {
    if (this.settle(container) !== undefined) return
    container.exit = { at_ms: this.#now(), code: sigkillExitCode, signal: 9, reason: "killed" }
  }

  /** How it ended, if it has. */
  settle(container: Running): Exit | undefined {
    if (container.exit !== undefined) return container.exit
    const end = endOf(container)
    if (end === undefined || end.at_ms > this.#now() + rounding_ms) return undefined
    container.exit = end
    return end
  }

  /** The kernel kills whatever runs in a container. Returns whom it hit. */
  killAll(): ReadonlyArray<string> {
    const killed: Array<string> = []
    for (const container of this.byId.values()) {
      if (container.exit !== undefined) continue
      this.kill(container)
      killed.push(container.id)
    }
    return killed
  }

  /** The machine lost its power: nothing of this exists any more. */
  die(): void {
    this.byId.clear()
    this.begun.clear()
    this.sandboxes.clear()
  }
}
