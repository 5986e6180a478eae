/**
 * podWorker: the life of one pod on one node, as its kubelet leads it. One way: from syncing to finished.
 *
 * States: none, syncing, terminating, terminated, finished (initial: none).
 * Time:   none of its own: the grace is the runtime's to keep (container-runtime.container).
 * Errors: a pod refused at admission is `podWorker.rejected`; an answer that never came is simply not journalled.
 * Source: pkg/kubelet/pod_workers.go, status/status_manager.go (canBeDeleted, mergePodStatus), v1.36; kubernetes.md
 *         12.11.
 */
import { assign, emit, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { podGrace_min_s } from "#model/limits/kubelet.ts"

const limits = { podGrace_min_s }

export interface WorkerContext {
  readonly limits: typeof limits
  /** The grace of the running termination; it only gets shorter. */
  readonly grace_s: number
  /** The terminal phase that the API server took from here, "" before. */
  readonly posted: string
}

const isTerminal = (phase: string) => phase === "Succeeded" || phase === "Failed"

export const podWorker = setup({
  types: {} as {
    context: WorkerContext
    events: Judged<EventOf<"podWorker" | "podStatus">>
    input: { readonly limits?: Partial<typeof limits> } | undefined
    emitted: { type: "podWorker.finished"; entity: string; chart: string; within_ms: number }
  },
  guards: {
    graceIsShorter: ({ context, event }) => event.type === "podWorker.terminating" && event.grace_s < context.grace_s,
    graceIsLawful: ({ context, event }) =>
      event.type === "podWorker.terminating" && event.grace_s >= context.limits.podGrace_min_s,
    /** Only a pod that was seen in the API can be found deleted there; the rest are leftovers of the runtime. */
    isForeign: ({ context, event }) => event.type === "podWorker.terminating"
      && event.grace_s >= context.limits.podGrace_min_s && event.reason !== "removed",
    /** A terminal phase is held back while containers may run, unless somebody else has set it: then it stays. */
    phaseIsLive: ({ event }) => event.type === "podStatus.posted"
      && (isTerminal(event.phase) ? event.phase === event.shown : event.shown === undefined),
    /** A status sent before the end may be answered after it; a terminal phase is final. */
    phaseIsFinal: ({ context, event }) => event.type === "podStatus.posted"
      && (context.posted === "" || (event.phase === context.posted && !event.ready))
      && (!isTerminal(event.phase) || !event.ready),
    mayBeDeleted: ({ context, event }) => event.type === "podStatus.deleted" && event.uid === event.entity
      && isTerminal(event.phase) && (context.posted === "" || context.posted === event.phase)
  },
  actions: {
    rememberGrace: assign({
      grace_s: ({ context, event }) => event.type === "podWorker.terminating" ? event.grace_s : context.grace_s
    }),
    rememberPhase: assign({
      posted: ({ context, event }) =>
        event.type === "podStatus.posted" && isTerminal(event.phase) ? event.phase : context.posted
    }),
    /** Volumes and cgroups are not modelled: nothing stands between terminated and finished. */
    finished: emit(({ event }) =>
      ({ type: "podWorker.finished" as const, entity: event.entity, chart: "kubelet.podWorker", within_ms: 1 })),
    forget: assign({ grace_s: Infinity, posted: "" }),
    noteStatus: () => {},
    noteDeletion: () => {}
  }
}).createMachine({
  id: "kubelet.podWorker",
  context: ({ input }) => ({ limits: { ...limits, ...input?.limits }, grace_s: Infinity, posted: "" }),
  initial: "none",
  states: {
    none: {
      description: "The kubelet does nothing for this uid.",
      on: {
        "podWorker.started": "syncing",
        "podWorker.rejected": { target: "terminated", actions: "finished" },
        "podWorker.terminating": { target: "terminating", guard: "isForeign", actions: "rememberGrace" },
        "podWorker.terminated": { target: "terminated", actions: "finished" }
      }
    },
    syncing: {
      description: "Its containers are started, and started again as its restart policy says.",
      on: {
        "podWorker.terminating": { target: "terminating", guard: "graceIsLawful", actions: "rememberGrace" },
        "podStatus.posted": { guard: "phaseIsLive", actions: "noteStatus" }
      }
    },
    terminating: {
      description: "Its containers are being stopped. None of them is ever started again.",
      on: {
        "podWorker.terminating": { guard: "graceIsShorter", actions: "rememberGrace" },
        "podWorker.terminated": { target: "terminated", actions: "finished" },
        "podStatus.posted": { guard: "phaseIsLive", actions: "noteStatus" }
      }
    },
    terminated: {
      description: "The runtime reports no running container of it.",
      on: { "podWorker.finished": "finished" }
    },
    finished: {
      description: "The node holds nothing that the API's object must outlive. The object may be deleted.",
      on: {
        "podStatus.posted": { guard: "phaseIsFinal", actions: "rememberPhase" },
        "podStatus.deleted": { guard: "mayBeDeleted", actions: "noteDeletion" },
        "podWorker.forgotten": { target: "none", actions: "forget" }
      }
    }
  }
})
