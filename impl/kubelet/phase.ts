/**
 * The status that a kubelet reports for a pod, from what the runtime has of it (generateAPIPodStatus, getPhase). Pure.
 */
import { hasRun, newestSandbox, policyOf, runsOf, statusOf, type ShouldRestart } from "#impl/kubelet/actions.ts"
import type { PodView } from "#impl/kubelet/runtime-client.ts"
import type { ContainerState as Run } from "#impl/ports/runtime.ts"
import type { ContainerState, ContainerStatus, Pod, PodCondition, PodPhase, PodStatus } from "#model/objects/pod.ts"
import { timeOf } from "#model/objects/time.ts"

export const isTerminal = (phase: PodPhase): boolean => phase === "Succeeded" || phase === "Failed"

export interface Situation {
  readonly pod: Pod
  readonly view: PodView
  /** Why a container of the pod waits, by its name. */
  readonly waiting: ReadonlyMap<string, string>
  /** Nothing of it runs and nothing will be started: every container has ended or counts as ended. */
  readonly isTerminated: boolean
  /** The worker stops it: what ended stays ended. */
  readonly isTerminating: boolean
  readonly restarts: ShouldRestart
  readonly wall_ms: number
}

const terminatedOf = (run: Run): ContainerState => ({
  terminated: {
    exitCode: run.exitCode ?? 137,
    reason: run.reason === "unknown" ? "ContainerStatusUnknown" : run.exitCode === 0 ? "Completed" : "Error",
    containerID: run.id,
    ...(run.signal === undefined ? {} : { signal: run.signal }),
    ...(run.started_wall === undefined ? {} : { startedAt: timeOf(run.started_wall) }),
    ...(run.finished_wall === undefined ? {} : { finishedAt: timeOf(run.finished_wall) })
  }
})
const unknownEnd: ContainerState = { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } }

/** The end of the run before, as the API has it: the runtime may have removed its record. */
const lastReported = (pod: Pod, name: string): { readonly lastState: ContainerState } => {
  const reported = statusOf(pod, name)
  const ended = reported?.state.terminated ?? reported?.lastState.terminated
  return { lastState: ended === undefined ? {} : { terminated: ended } }
}

const containerStatus = (situation: Situation, name: string, image: string): ContainerStatus => {
  const { isTerminated, isTerminating, pod, restarts, view, waiting } = situation
  const [latest, ...older] = runsOf(view, name)
  // Runs that were made and never started lie between.
  const before = older.find(({ state }) => state === "exited")
  const last = before !== undefined ? { lastState: terminatedOf(before) }
    : latest?.state === "created" ? lastReported(pod, name) : { lastState: {} }
  // Deviates: images have no digest, so none is told.
  const common = { name, image, imageID: "", ready: false, started: false }
  if (latest?.state === "running") {
    const state = { running: { startedAt: timeOf(latest.started_wall ?? 0) } }
    return { ...common, ...last, state, ready: true, started: true, restartCount: latest.attempt,
      containerID: latest.id }
  }
  const reason = waiting.get(name) ?? "ContainerCreating"
  if (latest?.state === "exited") {
    const ended = terminatedOf(latest)
    const isOver = isTerminating || isTerminated || !restarts(policyOf(pod.spec), latest.exitCode ?? 137)
    if (isOver || !waiting.has(name)) {
      return { ...common, ...last, state: ended, restartCount: latest.attempt, containerID: latest.id }
    }
    return { ...common, state: { waiting: { reason } }, lastState: ended, restartCount: latest.attempt,
      containerID: latest.id }
  }
  if (latest === undefined) return withoutRun(situation, name, image, reason)
  if (isTerminated) return { ...common, ...last, state: unknownEnd, restartCount: latest.attempt }
  return { ...common, ...last, state: { waiting: { reason } }, restartCount: latest.attempt }
}

/** The runtime knows nothing of it: either it never ran or its records were lost. */
const withoutRun = (situation: Situation, name: string, image: string, reason: string): ContainerStatus => {
  const { isTerminated, isTerminating, pod, restarts } = situation
  const reported = statusOf(pod, name)
  const restartCount = reported?.restartCount ?? 0
  const common = { name, image, imageID: "", ready: false, started: false, restartCount, lastState: {} }
  if (!hasRun(reported)) {
    return isTerminated ? { ...common, state: unknownEnd } : { ...common, state: { waiting: { reason } } }
  }
  const lastEnd: ContainerState = reported!.state.terminated === undefined
    ? reported!.lastState.terminated === undefined || reported!.state.running !== undefined
      ? unknownEnd : reported!.lastState
    : { terminated: reported!.state.terminated }
  const goesOn = !isTerminated && !isTerminating && restarts(policyOf(pod.spec), lastEnd.terminated!.exitCode)
  return goesOn ? { ...common, state: { waiting: { reason } }, lastState: lastEnd } : { ...common, state: lastEnd }
}

const phaseOf = (situation: Situation, statuses: ReadonlyArray<ContainerStatus>): PodPhase => {
  let running = 0
  let stopped = 0
  let succeeded = 0
  let isRestartable = false
  for (const status of statuses) {
    const end = status.state.terminated ?? status.lastState.terminated
    if (status.state.running !== undefined) running++
    else if (end === undefined) return situation.isTerminated ? "Failed" : "Pending"
    else {
      stopped++
      if (end.exitCode === 0) succeeded++
      if (situation.restarts(policyOf(situation.pod.spec), end.exitCode)) isRestartable = true
    }
  }
  if (running > 0) return "Running"
  if (!situation.isTerminated && isRestartable) return "Running"
  if (!situation.isTerminated && stopped === 0) return "Pending"
  return succeeded === stopped ? "Succeeded" : "Failed"
}

/** Sets a condition, keeping the time of its last change when the status stays. */
const condition = (
  before: ReadonlyArray<PodCondition>, type: string, isTrue: boolean, reason: string | undefined, wall_ms: number
): PodCondition => {
  const status = isTrue ? "True" : "False"
  for (const known of before) {
    if (known.type === type && known.status === status && known.reason === reason) return known
  }
  return { type, status, lastTransitionTime: timeOf(wall_ms), ...(reason === undefined ? {} : { reason }) }
}

export const ownedConditions: ReadonlySet<string> =
  new Set(["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"])

export const conditionsOf = (
  before: ReadonlyArray<PodCondition>, phase: PodPhase, isReady: boolean, hasSandbox: boolean, wall_ms: number
): ReadonlyArray<PodCondition> => {
  const why = isReady ? undefined
    : phase === "Succeeded" ? "PodCompleted" : phase === "Failed" ? "PodFailed" : "ContainersNotReady"
  return [
    ...before.filter((known) => !ownedConditions.has(known.type)),
    condition(before, "PodReadyToStartContainers", hasSandbox, undefined, wall_ms),
    condition(before, "Initialized", true, undefined, wall_ms),
    condition(before, "ContainersReady", isReady, why, wall_ms),
    condition(before, "Ready", isReady, why, wall_ms)
  ]
}

export interface Generated {
  readonly status: PodStatus
  /** Of the containers alone: what the worker acts on. */
  readonly phase: PodPhase
}

/**
 * `holdsTerminal`: the terminal phase is held back because containers might still run. `before`: the status last
 * generated here, or the API's. A terminal phase that the API shows is final, whatever the runtime says, also to a
 * kubelet that has just started.
 */
export const statusFor = (situation: Situation, before: PodStatus, holdsTerminal: boolean): Generated => {
  const statuses = situation.pod.spec.containers.map(({ image, name }) => containerStatus(situation, name, image))
  const phase = phaseOf(situation, statuses)
  const live = isTerminal(before.phase) ? "Running" : before.phase
  const shown = situation.pod.status.phase
  const reported = isTerminal(shown) ? shown : isTerminal(before.phase) && !holdsTerminal ? before.phase
    : holdsTerminal && isTerminal(phase) ? live : phase
  const sandbox = newestSandbox(situation.view)
  const isReady = !isTerminal(reported) && statuses.every((status) => status.ready)
  const conditions = conditionsOf(
    before.conditions ?? [], reported, isReady, sandbox?.state === "ready", situation.wall_ms
  )
  const ip = sandbox?.ip ?? before.podIP
  return {
    phase,
    status: {
      phase: reported,
      qosClass: situation.pod.status.qosClass,
      conditions,
      containerStatuses: statuses,
      startTime: before.startTime ?? timeOf(situation.wall_ms),
      ...(ip === undefined ? {} : { podIP: ip }),
      ...(before.reason === undefined ? {} : { reason: before.reason }),
      ...(before.message === undefined ? {} : { message: before.message })
    }
  }
}

/** The API server writes null for a stamp that nobody gave. */
const sameStamp = (a: string | null | undefined, b: string | null | undefined): boolean => (a ?? null) === (b ?? null)
const sameEnd = (a: ContainerState["terminated"], b: ContainerState["terminated"]): boolean =>
  a === b || (a !== undefined && b !== undefined && a.exitCode === b.exitCode && a.reason === b.reason
    && a.containerID === b.containerID && sameStamp(a.finishedAt, b.finishedAt))
const sameState = (a: ContainerState, b: ContainerState): boolean =>
  a.waiting?.reason === b.waiting?.reason && a.running?.startedAt === b.running?.startedAt
  && sameEnd(a.terminated, b.terminated)
const sameContainer = (a: ContainerStatus, b: ContainerStatus | undefined): boolean =>
  a === b || (b !== undefined && a.name === b.name && a.ready === b.ready && a.restartCount === b.restartCount
    && a.containerID === b.containerID && sameState(a.state, b.state)
    && sameEnd(a.lastState.terminated, b.lastState.terminated))
const conditionIn = (conditions: ReadonlyArray<PodCondition> | undefined, type: string): PodCondition | undefined => {
  if (conditions !== undefined) for (const one of conditions) if (one.type === type) return one
  return undefined
}

/** Equal in all that the kubelet owns. */
export const sameStatus = (a: PodStatus, b: PodStatus): boolean => {
  if (a === b) return true
  if (a.phase !== b.phase || a.reason !== b.reason || a.podIP !== b.podIP || a.startTime !== b.startTime) return false
  const left = a.containerStatuses ?? []
  const right = b.containerStatuses ?? []
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (!sameContainer(left[i]!, right[i])) return false
  for (const type of ownedConditions) {
    const one = conditionIn(a.conditions, type)
    const other = conditionIn(b.conditions, type)
    if (one?.status !== other?.status || one?.reason !== other?.reason) return false
  }
  return true
}
