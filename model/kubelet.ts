/**
 * kubelet: the node's agent. Registers the node, runs the pods bound to it, reports both.
 *
 * States: process starting, registered, synced, ready (initial: starting). nodeStatus unposted, ready, notReady
 *         (initial: unposted).
 * Time:   a status with nothing new is posted no more often than each 5 minutes. Leases are judged by node-lifecycle.
 * Errors: registration and posts are retried for ever; only what the API server took is journalled.
 * Source: pkg/kubelet/kubelet.go, kubelet_node_status.go, v1.36; kubernetes.md 6.8. Charts of pods: kubelet/*.ts.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { container } from "#model/kubelet/container.ts"
import { podWorker } from "#model/kubelet/pod-worker.ts"
import { nodeStatusReportFrequency_ms } from "#model/limits/kubelet.ts"

const process = setup({
  types: {} as { events: Judged<EventOf<"kubelet">>; input: object | undefined }
}).createMachine({
  id: "kubelet.process",
  initial: "starting",
  states: {
    starting: {
      description: "Neither is its Node object known to exist, nor are its pods known.",
      on: { "kubelet.registered": "registered", "kubelet.synced": "synced" }
    },
    synced: {
      description: "Pods are worked on; the Node object is not known to exist.",
      on: { "kubelet.registered": "ready" }
    },
    registered: {
      description: "The Node object is this machine's. Running containers are left alone until the pods are known.",
      on: { "kubelet.synced": "ready" }
    },
    ready: {
      description: "Registered, and pods are worked on. Once only: a Node that somebody deletes stays away until the " +
        "kubelet starts anew."
    }
  }
})

export interface StatusLimits {
  readonly nodeStatusReportFrequency_ms: number
}
interface StatusContext {
  readonly limits: StatusLimits
  readonly posted_ms: number
}

/** A period may be short by the jitter of a tick's rounding. */
const rounding_ms = 1

type Posted = Extract<Judged<EventOf<"nodeStatus">>, { readonly type: "nodeStatus.posted" }>
/** Something changed, or the report is due. The answer to the one that told of the change may have been lost. */
const isDue = ({ limits, posted_ms }: StatusContext, { changed, clock_ms }: Posted): boolean =>
  changed || clock_ms >= posted_ms + limits.nodeStatusReportFrequency_ms - rounding_ms

const nodeStatus = setup({
  types: {} as {
    context: StatusContext
    events: Judged<EventOf<"nodeStatus">>
    input: { readonly limits?: Partial<StatusLimits> } | undefined
  },
  guards: {
    isReady: ({ event }) => event.ready,
    isNotReady: ({ event }) => !event.ready,
    isReadyAndDue: ({ context, event }) => event.ready && isDue(context, event),
    isNotReadyAndDue: ({ context, event }) => !event.ready && isDue(context, event)
  },
  actions: {
    rememberPost: assign({ posted_ms: ({ event }) => event.clock_ms })
  }
}).createMachine({
  id: "kubelet.nodeStatus",
  context: ({ input }) => ({ limits: { nodeStatusReportFrequency_ms, ...input?.limits }, posted_ms: 0 }),
  initial: "unposted",
  states: {
    unposted: {
      description: "This kubelet has not reported yet.",
      on: {
        "nodeStatus.posted": [
          { target: "ready", guard: "isReady", actions: "rememberPost" },
          { target: "notReady", guard: "isNotReady", actions: "rememberPost" }
        ]
      }
    },
    ready: {
      description: "The last report said Ready.",
      on: {
        "nodeStatus.posted": [
          { guard: "isReadyAndDue", actions: "rememberPost" },
          { target: "notReady", guard: "isNotReadyAndDue", actions: "rememberPost" }
        ]
      }
    },
    notReady: {
      description: "The last report said not Ready: the runtime is down or its events are overdue.",
      on: {
        "nodeStatus.posted": [
          { guard: "isNotReadyAndDue", actions: "rememberPost" },
          { target: "ready", guard: "isReadyAndDue", actions: "rememberPost" }
        ]
      }
    }
  }
})

export const charts = {
  "kubelet.process": process,
  "kubelet.podWorker": podWorker,
  "kubelet.container": container,
  "kubelet.nodeStatus": nodeStatus
} as const
