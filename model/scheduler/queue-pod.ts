/**
 * A pod in the scheduling queue. Part of model/scheduler.ts; its header speaks for this chart too.
 *
 * States: absent, gated, active, backoff, unschedulable, inFlight, gone.
 * Time:   `backoffEnded` and `flushed` come from the world; the guards hold them to the limits by the actor's clock.
 * Errors: none of its own.
 * Source: pkg/scheduler/backend/queue/{scheduling_queue,backoff_queue}.go, v1.36; kubernetes.md 12.23.
 */
import { assign, emit, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import * as defaults from "#model/limits/scheduler.ts"

export interface QueueLimits {
  readonly podInitialBackoff_ms: number
  readonly podMaxBackoff_ms: number
  readonly unschedulableStay_ms_max: number
}

interface QueuePod {
  readonly limits: QueueLimits
  readonly attempts: number
  readonly reason: "unschedulable" | "error"
  /** Attempts in a row that ended as unschedulable, and that ended in an error. */
  readonly unschedulable: number
  readonly errors: number
  /** When the last attempt ended, and when its back-off is over, by the actor's clock. */
  readonly returned_ms: number
  readonly backoffUntil_ms: number
}

const backoff = (limits: QueueLimits, failures: number): number =>
  Math.min(limits.podMaxBackoff_ms, limits.podInitialBackoff_ms * 2 ** Math.min(failures - 1, 30))

export const chart = setup({
  types: {
    context: {} as QueuePod,
    events: {} as Judged<EventOf<"schedulingQueue">>,
    input: {} as { readonly limits?: Partial<QueueLimits> } | undefined,
    emitted: {} as {
      readonly type: string; readonly entity: string; readonly chart: string; readonly within_ms: number
    }
  },
  guards: {
    isGated: ({ event }) => event.type === "schedulingQueue.added" && event.gated,
    isNextAttempt: ({ context, event }) =>
      event.type === "schedulingQueue.popped" && event.attempts === context.attempts + 1,
    /** A pod may be taken before its back-off is over, unless it waits because of an error. */
    mayPopEarly: ({ context, event }) => event.type === "schedulingQueue.popped" &&
      event.attempts === context.attempts + 1 && context.reason === "unschedulable",
    isError: ({ context, event }) => event.type === "schedulingQueue.returned" && event.reason === "error" &&
      event.failures === context.errors + 1,
    isWoken: ({ context, event }) => event.type === "schedulingQueue.returned" && event.reason === "unschedulable" &&
      event.woken && event.failures === context.unschedulable + 1,
    isUnschedulable: ({ context, event }) => event.type === "schedulingQueue.returned" &&
      event.reason === "unschedulable" && !event.woken && event.plugins.length > 0 &&
      event.failures === context.unschedulable + 1,
    backoffIsOver: ({ context, event }) => event.clock_ms >= context.backoffUntil_ms,
    stayedTooLong: ({ context, event }) =>
      event.clock_ms - context.returned_ms >= context.limits.unschedulableStay_ms_max
  },
  actions: {
    attempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    fail: assign(({ context, event }) => {
      if (event.type !== "schedulingQueue.returned") return context
      const isError = event.reason === "error"
      const failures = isError ? context.errors + 1 : context.unschedulable + 1
      return {
        ...context,
        reason: event.reason,
        errors: isError ? failures : 0,
        unschedulable: isError ? context.unschedulable : failures,
        returned_ms: event.clock_ms,
        backoffUntil_ms: event.clock_ms + backoff(context.limits, failures)
      }
    }),
    popped: emit(() => ({ type: "scheduling.began", entity: "cycle", chart: "scheduler.cycle", within_ms: 0 }))
  }
}).createMachine({
  context: ({ input }) => ({
    limits: { ...defaults, ...input?.limits },
    attempts: 0, reason: "unschedulable", unschedulable: 0, errors: 0, returned_ms: 0, backoffUntil_ms: 0
  }),
  initial: "absent",
  states: {
    absent: {
      description: "The queue has not seen the pod.",
      on: {
        "schedulingQueue.added": [{ guard: "isGated", target: "gated" }, { target: "active" }]
      }
    },
    gated: {
      description: "Scheduling gates hold it back; nothing but their removal lets it in.",
      on: {
        "schedulingQueue.ungated": { target: "active" },
        "schedulingQueue.removed": { target: "gone" }
      }
    },
    active: {
      description: "Ready for an attempt, by priority and then age.",
      on: {
        "schedulingQueue.popped": { guard: "isNextAttempt", target: "inFlight", actions: ["attempt", "popped"] },
        "schedulingQueue.removed": { target: "gone" }
      }
    },
    backoff: {
      description: "It failed lately. With nothing active it may be taken early, but not after an error.",
      on: {
        "schedulingQueue.popped": { guard: "mayPopEarly", target: "inFlight", actions: ["attempt", "popped"] },
        "schedulingQueue.backoffEnded": { guard: "backoffIsOver", target: "active" },
        "schedulingQueue.removed": { target: "gone" }
      }
    },
    unschedulable: {
      description: "No node passed the filters, and nothing that could change this has happened since.",
      on: {
        "schedulingQueue.woken": [{ guard: "backoffIsOver", target: "active" }, { target: "backoff" }],
        "schedulingQueue.flushed": { guard: "stayedTooLong", target: "active" },
        "schedulingQueue.removed": { target: "gone" }
      }
    },
    inFlight: {
      description: "In a scheduling or binding cycle.",
      on: {
        "schedulingQueue.returned": [
          { guard: "isError", target: "backoff", actions: "fail" },
          { guard: "isWoken", target: "backoff", actions: "fail" },
          { guard: "isUnschedulable", target: "unschedulable", actions: "fail" }
        ],
        "schedulingQueue.removed": { target: "gone" }
      }
    },
    gone: { description: "Bound, or deleted, or no longer the scheduler's.", type: "final", tags: "gone" }
  }
})
