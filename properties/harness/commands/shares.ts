/** A campaign shared by several processes: each takes every n-th run and writes what it finds (results.ts). */
import { spawn } from "node:child_process"

export interface Worker {
  readonly first: number
  readonly every: number
  /** Into how many shares the campaign was cut, for as many machines; each cuts its own by its processes. */
  readonly shards: number
}

export interface Shared {
  /** Codes of the workers that failed. */
  readonly failed: ReadonlyArray<number>
  /** By Ctrl-C, or whoever ended this process. */
  readonly isStopped: boolean
}

/**
 * Runs `check` in a process for each worker. Ctrl-C, which reaches every
 * process of the terminal, ends them all; so does the end of this process, of whatever kind.
 */
export const shares = async (
  workers: ReadonlyArray<Worker>, args: ReadonlyArray<string>
): Promise<Shared> => {
  const children = workers.map(({ every, first }) => spawn(process.execPath,
    [...process.execArgv, process.argv[1]!, "check", ...args, "--worker", `${first}/${every}`],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] }))
  let isStopped = false
  const stop = (): void => {
    isStopped = true
    for (const child of children) child.kill("SIGINT")
  }
  process.on("SIGINT", stop)
  process.on("SIGTERM", stop)
  const codes = await Promise.all(children.map((child) => new Promise<number>((resolve, reject) => {
    child.on("error", reject)
    // One that was killed, or stopped before it had loaded: what it wrote is there, and that it did not end is seen.
    child.on("close", (code) => resolve(code ?? 0))
  })))
  process.off("SIGINT", stop)
  process.off("SIGTERM", stop)
  return { failed: codes.filter((code) => code !== 0), isStopped }
}

/** The worker's side: calls `stop` when its parent is gone. Returns what ends the watch. */
export const whileParentLives = (stop: () => void): () => void => {
  if (!process.connected) return () => {}
  process.on("disconnect", stop)
  return () => {
    process.off("disconnect", stop)
    if (process.connected) process.disconnect?.()
  }
}
