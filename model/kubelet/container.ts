/**
 * container: one container of a pod spec as its kubelet sees and restarts it, over all its runs in the runtime.
 *
 * States: waiting, imageBackOff, running, exited, crashLoopBackOff (initial: waiting).
 * Time:   a restart waits for the back-off, counted from the end of the last run on the machine's monotonic clock; a
 *         pull waits for its own, counted from its last failure.
 * Errors: a failed pull is `containerStatus.pullFailed`; a failed create or start is retried without a line.
 * Source: pkg/kubelet/kuberuntime (doBackOff, computePodActions), images/image_manager.go, v1.36; kubernetes.md 12.13.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import * as defaults from "#model/limits/kubelet.ts"

export interface Limits {
  readonly crashLoopBackOff_ms: number
  readonly crashLoopBackOff_max_ms: number
  readonly crashLoopReset_ms: number
  readonly imagePullBackOff_ms: number
  readonly imagePullBackOff_max_ms: number
}

export interface ContainerContext {
  readonly limits: Limits
  readonly id: string
  readonly restartCount: number
  readonly exitCode: number
  readonly finished_ms: number
  /** 0: no restart has been made yet by this kubelet. */
  readonly backOff_ms: number
  readonly backOffSince_ms: number
  readonly pullFailed_ms: number
  readonly pullBackOff_ms: number
}

type ContainerEvent = Judged<EventOf<"containerStatus">>

/** Two readings of one clock may differ by the rounding of a fraction. */
const rounding_ms = 1

/** The wait before the next restart, were it decided now. */
const restartDelay_ms = (context: ContainerContext): number =>
  context.backOff_ms === 0 || context.finished_ms - context.backOffSince_ms > context.limits.crashLoopReset_ms
    ? 0 : context.backOff_ms
const nextBackOff_ms = (context: ContainerContext): number => {
  const before_ms = restartDelay_ms(context)
  return before_ms === 0 ? context.limits.crashLoopBackOff_ms
    : Math.min(before_ms * 2, context.limits.crashLoopBackOff_max_ms)
}
/** Forgotten when the last failure is longer ago than twice the cap. */
const nextPullBackOff_ms = (context: ContainerContext, now_ms: number): number =>
  context.pullBackOff_ms === 0 || now_ms - context.pullFailed_ms > 2 * context.limits.imagePullBackOff_max_ms
    ? context.limits.imagePullBackOff_ms
    : Math.min(context.pullBackOff_ms * 2, context.limits.imagePullBackOff_max_ms)
/** first, twice that, …, the cap. */
const isOnLadder = (delay_ms: number, first_ms: number, max_ms: number): boolean => {
  for (let step = first_ms; step < max_ms; step *= 2) if (delay_ms === step) return true
  return delay_ms === max_ms
}

export const container = setup({
  types: {} as {
    context: ContainerContext
    events: ContainerEvent
    input: { readonly limits?: Partial<Limits> } | undefined
  },
  guards: {
    isFirstStart: ({ event }) => event.type === "containerStatus.started" && event.restartCount >= 0
      && event.decided_ms <= event.clock_ms + rounding_ms,
    mayRestart: ({ context, event }) => event.type === "containerStatus.started"
      && event.restartCount > context.restartCount && event.id !== context.id
      && (event.policy === "Always" || (event.policy === "OnFailure" && context.exitCode !== 0))
      && event.decided_ms <= event.clock_ms + rounding_ms
      && (event.uncounted === true
        || event.decided_ms >= context.finished_ms + restartDelay_ms(context) - rounding_ms),
    foundRunning: ({ event }) => event.type === "containerStatus.found" && event.running,
    foundExited: ({ event }) => event.type === "containerStatus.found" && !event.running
      && event.finished_ms !== undefined && event.finished_ms <= event.clock_ms + rounding_ms,
    isTheSame: ({ context, event }) => event.type === "containerStatus.exited" && event.id === context.id
      && event.finished_ms <= event.clock_ms + rounding_ms,
    /** A start that failed half-way counts for the kubelet's back-off and is not seen here: longer is lawful. */
    backOffIsLawful: ({ context, event }) => event.type === "containerStatus.backedOff"
      && event.delay_ms >= restartDelay_ms(context)
      && isOnLadder(event.delay_ms, context.limits.crashLoopBackOff_ms, context.limits.crashLoopBackOff_max_ms),
    backOffGrew: ({ context, event }) => event.type === "containerStatus.backedOff"
      && event.delay_ms > context.backOff_ms
      && isOnLadder(event.delay_ms, context.limits.crashLoopBackOff_ms, context.limits.crashLoopBackOff_max_ms),
    /** Containers of one pod with one image share the back-off: longer than their own failures say is lawful. */
    pullBackOffIsLawful: ({ context, event }) => event.type === "containerStatus.pullFailed"
      && event.clock_ms >= context.pullFailed_ms + context.pullBackOff_ms - rounding_ms
      && event.delay_ms >= nextPullBackOff_ms(context, event.clock_ms)
      && isOnLadder(event.delay_ms, context.limits.imagePullBackOff_ms, context.limits.imagePullBackOff_max_ms)
  },
  actions: {
    rememberStart: assign(({ context, event }) => event.type !== "containerStatus.started" ? {}
      : { id: event.id, restartCount: Math.max(event.restartCount, context.restartCount) }),
    // doBackOff (kuberuntime_manager.go) looks at the end that the runtime shows; without one nothing is counted.
    rememberBackOff: assign(({ context, event }) =>
      event.type !== "containerStatus.started" || event.uncounted === true ? {}
        : { backOff_ms: nextBackOff_ms(context), backOffSince_ms: event.decided_ms }),
    rememberFound: assign(({ event }) => event.type !== "containerStatus.found" ? {} : {
      id: event.id, restartCount: event.restartCount,
      exitCode: event.exitCode ?? 0, finished_ms: event.finished_ms ?? 0
    }),
    rememberExit: assign(({ event }) => event.type !== "containerStatus.exited" ? {}
      : { exitCode: event.exitCode, finished_ms: event.finished_ms }),
    rememberDelay: assign(({ context, event }) => event.type !== "containerStatus.backedOff" ? {}
      : { backOff_ms: Math.max(event.delay_ms, context.backOff_ms) }),
    rememberPullFailure: assign(({ event }) => event.type !== "containerStatus.pullFailed" ? {}
      : { pullFailed_ms: event.clock_ms, pullBackOff_ms: event.delay_ms })
  }
}).createMachine({
  id: "kubelet.container",
  context: ({ input }) => ({
    limits: {
      crashLoopBackOff_ms: defaults.crashLoopBackOff_ms,
      crashLoopBackOff_max_ms: defaults.crashLoopBackOff_max_ms,
      crashLoopReset_ms: defaults.crashLoopReset_ms,
      imagePullBackOff_ms: defaults.imagePullBackOff_ms,
      imagePullBackOff_max_ms: defaults.imagePullBackOff_max_ms,
      ...input?.limits
    },
    id: "", restartCount: 0, exitCode: 0, finished_ms: 0, backOff_ms: 0, backOffSince_ms: 0,
    pullFailed_ms: 0, pullBackOff_ms: 0
  }),
  initial: "waiting",
  states: {
    waiting: {
      description: "ContainerCreating: this kubelet has not seen it run.",
      on: {
        "containerStatus.started": { target: "running", guard: "isFirstStart", actions: "rememberStart" },
        "containerStatus.pullFailed": {
          target: "imageBackOff", guard: "pullBackOffIsLawful", actions: "rememberPullFailure"
        },
        "containerStatus.found": [
          { target: "running", guard: "foundRunning", actions: "rememberFound" },
          { target: "exited", guard: "foundExited", actions: "rememberFound" }
        ]
      }
    },
    imageBackOff: {
      description: "ErrImagePull or ImagePullBackOff: its image did not come; the next try waits.",
      on: {
        "containerStatus.started": { target: "running", guard: "isFirstStart", actions: "rememberStart" },
        "containerStatus.pullFailed": { guard: "pullBackOffIsLawful", actions: "rememberPullFailure" }
      }
    },
    running: {
      description: "The runtime reports it running.",
      on: { "containerStatus.exited": { target: "exited", guard: "isTheSame", actions: "rememberExit" } }
    },
    exited: {
      description: "Terminated. Started again at once if the restart policy says so and no back-off runs.",
      on: {
        "containerStatus.started": {
          target: "running", guard: "mayRestart", actions: ["rememberBackOff", "rememberStart"]
        },
        "containerStatus.backedOff": {
          target: "crashLoopBackOff", guard: "backOffIsLawful", actions: "rememberDelay"
        },
        "containerStatus.pullFailed": { guard: "pullBackOffIsLawful", actions: "rememberPullFailure" }
      }
    },
    crashLoopBackOff: {
      description: "It will be started again when the back-off is over.",
      on: {
        "containerStatus.started": {
          target: "running", guard: "mayRestart", actions: ["rememberBackOff", "rememberStart"]
        },
        "containerStatus.backedOff": { guard: "backOffGrew", actions: "rememberDelay" },
        "containerStatus.pullFailed": { guard: "pullBackOffIsLawful", actions: "rememberPullFailure" }
      }
    }
  }
})
