/**
 * What has to be done so that a pod runs as its spec says (computePodActions). Pure.
 * Deviates: no init, sidecar or ephemeral containers; no in-place changes of a container.
 */
import type { PodView } from "#impl/kubelet/runtime-client.ts"
import type { ContainerState, SandboxStatus } from "#impl/ports/runtime.ts"
import type { Container, ContainerStatus, Pod, PodSpec } from "#model/objects/pod.ts"

export type RestartPolicy = "Always" | "OnFailure" | "Never"
export const policyOf = (spec: PodSpec): RestartPolicy => spec.restartPolicy ?? "Always"

/** The part that decides whether a container that ended starts again. */
export type ShouldRestart = (policy: RestartPolicy, exitCode: number) => boolean
export const shouldRestart: ShouldRestart = (policy, exitCode) =>
  policy === "Always" || (policy === "OnFailure" && exitCode !== 0)

export interface Start {
  readonly container: Container
  readonly attempt: number
  /** The end of the run before, from which the back-off counts; undefined: nothing ended. */
  readonly finished_ms: number | undefined
  readonly previousId: string | undefined
}
export interface Actions {
  /** The sandbox to use; undefined: make one. */
  readonly sandbox: SandboxStatus | undefined
  readonly attempt: number
  readonly start: ReadonlyArray<Start>
}

export const newestSandbox = (view: PodView): SandboxStatus | undefined => {
  let newest: SandboxStatus | undefined
  for (const sandbox of view.sandboxes.values()) {
    if (newest === undefined || sandbox.attempt > newest.attempt) newest = sandbox
  }
  return newest
}
/** The runs of one container that the runtime remembers, newest first. */
export const runsOf = (view: PodView, name: string): ReadonlyArray<ContainerState> => {
  const runs: Array<ContainerState> = []
  for (const run of view.containers.values()) if (run.name === name) runs.push(run)
  return runs.length < 2 ? runs : runs.sort((a, b) => b.attempt - a.attempt)
}
/** The API says that it ran; needed when the runtime has lost its records. */
export const hasRun = (status: ContainerStatus | undefined): boolean =>
  status !== undefined && (status.state.running !== undefined || status.state.terminated !== undefined
    || status.lastState?.terminated !== undefined)

export const statusOf = (pod: Pod, name: string): ContainerStatus | undefined => {
  const statuses = pod.status.containerStatuses
  if (statuses === undefined) return undefined
  for (const status of statuses) if (status.name === name) return status
  return undefined
}

/** A container of which only the API's status is left ended with code 137, ContainerStatusUnknown. */
const lostExitCode = 137

const startOf = (pod: Pod, container: Container, view: PodView, restarts: ShouldRestart): Start | undefined => {
  const policy = policyOf(pod.spec)
  const latest = runsOf(view, container.name)[0]
  if (latest === undefined) {
    const reported = statusOf(pod, container.name)
    if (!hasRun(reported)) return { container, attempt: 0, finished_ms: undefined, previousId: undefined }
    const exitCode = reported!.state.terminated?.exitCode ?? lostExitCode
    if (!restarts(policy, exitCode)) return undefined
    return { container, attempt: reported!.restartCount + 1, finished_ms: undefined, previousId: undefined }
  }
  if (latest.state === "running") return undefined
  const attempt = latest.attempt + 1
  if (latest.state === "created") return { container, attempt, finished_ms: undefined, previousId: undefined }
  if (!restarts(policy, latest.exitCode ?? lostExitCode)) return undefined
  return { container, attempt, finished_ms: latest.finished_ms, previousId: latest.id }
}

export const actionsFor = (pod: Pod, view: PodView, restarts: ShouldRestart): Actions => {
  const newest = newestSandbox(view)
  const sandbox = newest?.state === "ready" ? newest : undefined
  const start: Array<Start> = []
  for (const container of pod.spec.containers) {
    const one = startOf(pod, container, view, restarts)
    if (one !== undefined) start.push(one)
  }
  return { sandbox, attempt: newest === undefined ? 0 : newest.attempt + 1, start }
}
