/**
 * node-lifecycle: how the controller sees a node, taints it, and evicts its pods; one zone at a time.
 *
 * States: nodeHealth: ready {unseen, neverPosted, ready, notReady, unknown} × heartbeat {fresh, late};
 *         taint: clean, queued, notReadyTaint, unreachableTaint; zone: initial, normal, partial, full, stopped, gone;
 *         evictionTimer: none, waiting, evicting (initial: unseen × fresh, clean, initial, none).
 * Time:   a node becomes unknown no earlier than the grace allows after it was found late, a pod is evicted no earlier
 *         than its tolerations grant after the taint was observed, both on the controller's clock; a node is tainted
 *         for the first time only with a token of its zone's bucket.
 * Errors: writes that failed are `nodeHealth.writeFailed` and `taintEviction.failed`; both are tried again.
 * Source: pkg/controller/nodelifecycle, pkg/controller/tainteviction v1.36; reference 7.1, 7.2, 12.17-12.20.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { clockGrain_ms } from "#model/limits/client.ts"
import { lateHeartbeat_ms, nodeStartupGracePeriod_ms } from "#model/limits/controllers/node-lifecycle.ts"
import { nodeMonitorGracePeriod_ms, nodeMonitorPeriod_ms } from "#model/limits.ts"
import { evictionTimer } from "#model/controllers/node-lifecycle/eviction-timer.ts"
import { zone } from "#model/controllers/node-lifecycle/zone.ts"

const healthLimits = { nodeMonitorGracePeriod_ms, nodeStartupGracePeriod_ms, lateHeartbeat_ms, nodeMonitorPeriod_ms }
type HealthEvent = Judged<EventOf<"nodeHealth">>
type Ready = "none" | "True" | "False" | "Unknown"
interface HealthContext {
  readonly limits: typeof healthLimits
  readonly seenAt_ms: number
  readonly lateAt_ms: number | undefined
  /** When the node was last heard of again: what was begun before may end after. */
  readonly heardAgainAt_ms: number | undefined
}

const says = (event: HealthEvent, ready: Ready): boolean =>
  (event.type === "nodeHealth.seen" || event.type === "nodeHealth.observed") && event.ready === ready
/** The grace since the node was first seen, and what is left of it when a node is found late, one look after it was. */
const hasWaited = (
  { limits, seenAt_ms, lateAt_ms }: HealthContext, event: HealthEvent, grace_ms: number
): boolean =>
  lateAt_ms !== undefined && event.clock_ms - seenAt_ms + clockGrain_ms >= grace_ms
  && event.clock_ms - lateAt_ms + clockGrain_ms >= grace_ms - limits.lateHeartbeat_ms - limits.nodeMonitorPeriod_ms

const observed = [
  { guard: "saysTrue", target: "ready" } as const,
  { guard: "saysFalse", target: "notReady" } as const,
  // A predecessor's write that came late, or another leader's.
  { guard: "saysUnknown", target: "unknown" } as const
]
/** Only a change is told. */
const observedBut = (state: "ready" | "notReady") => observed.filter(({ target }) => target !== state)
const heardAgain = [
  { guard: "saysTrue", target: "ready", actions: "rememberReturn" } as const,
  { guard: "saysFalse", target: "notReady", actions: "rememberReturn" } as const
]
const seen = (guard: "saysNone" | "saysTrue" | "saysFalse" | "saysUnknown", target: string) =>
  ({ guard, target, actions: "rememberSeeing" } as const)
const whileSeen = { "nodeHealth.gone": "unseen", "nodeHealth.writeFailed": { actions: "noteFailure" } } as const
const marksLate = { guard: "marksLate", actions: "noteMarking" } as const

export const nodeHealth = setup({
  types: {
    context: {} as HealthContext,
    input: {} as { readonly limits?: Partial<typeof healthLimits> },
    events: {} as HealthEvent
  },
  guards: {
    saysNone: ({ event }) => says(event, "none"),
    saysTrue: ({ event }) => says(event, "True"),
    saysFalse: ({ event }) => says(event, "False"),
    saysUnknown: ({ event }) => says(event, "Unknown"),
    graceIsOver: ({ context, event }) => event.type === "nodeHealth.markedUnknown"
      && event.reason === "NodeStatusUnknown" && hasWaited(context, event, context.limits.nodeMonitorGracePeriod_ms),
    startupGraceIsOver: ({ context, event }) => event.type === "nodeHealth.markedUnknown"
      && event.reason === "NodeStatusNeverUpdated"
      && hasWaited(context, event, context.limits.nodeStartupGracePeriod_ms),
    marksSome: ({ event }) =>
      event.type === "nodeHealth.podsMarked" && event.pods > 0 && event.began_ms <= event.clock_ms,
    /**
     * The marking was on its way when the node was heard of again. How long it takes has no bound but the pods': each
     * is a request of its own, one after the other (MarkPodsNotReady, controller/util/node/controller_utils.go v1.36).
     */
    marksLate: ({ context, event }) => event.type === "nodeHealth.podsMarked" && event.pods > 0
      && context.heardAgainAt_ms !== undefined && event.began_ms <= context.heardAgainAt_ms
  },
  actions: {
    rememberSeeing: assign({ seenAt_ms: ({ event }) => event.clock_ms }),
    rememberLate: assign({ lateAt_ms: ({ event }) => event.clock_ms }),
    forgetLate: assign({ lateAt_ms: () => undefined }),
    rememberReturn: assign({ heardAgainAt_ms: ({ event }) => event.clock_ms }),
    noteMarking: () => {},
    noteFailure: () => {}
  }
}).createMachine({
  id: "nodeHealth",
  type: "parallel",
  context: ({ input }) => ({ limits: { ...healthLimits, ...input?.limits }, seenAt_ms: 0,
    lateAt_ms: undefined, heardAgainAt_ms: undefined }),
  states: {
    ready: {
      description: "The node's Ready condition, as this controller last saw or wrote it.",
      initial: "unseen",
      states: {
        unseen: {
          description: "The controller does not know the node.",
          tags: ["gone"],
          on: {
            "nodeHealth.seen": [
              seen("saysNone", "neverPosted"), seen("saysTrue", "ready"), seen("saysFalse", "notReady"),
              seen("saysUnknown", "unknown")
            ]
          }
        },
        neverPosted: {
          description: "Registered, but its kubelet has posted no status.",
          on: {
            ...whileSeen,
            "nodeHealth.observed": observed,
            "nodeHealth.markedUnknown": { guard: "startupGraceIsOver", target: "unknown" }
          }
        },
        ready: {
          description: "Ready=True.",
          on: {
            ...whileSeen,
            "nodeHealth.observed": observedBut("ready"),
            "nodeHealth.podsMarked": marksLate,
            "nodeHealth.markedUnknown": { guard: "graceIsOver", target: "unknown" }
          }
        },
        notReady: {
          description: "Ready=False: the kubelet says so itself.",
          on: {
            ...whileSeen,
            "nodeHealth.observed": observedBut("notReady"),
            "nodeHealth.podsMarked": marksLate,
            "nodeHealth.markedUnknown": { guard: "graceIsOver", target: "unknown" }
          }
        },
        unknown: {
          description: "Ready=Unknown: nobody has heard of the kubelet. Its pods do not count as ready.",
          on: {
            "nodeHealth.observed": heardAgain,
            ...whileSeen,
            "nodeHealth.podsMarked": { guard: "marksSome", actions: "noteMarking" }
          }
        }
      }
    },
    heartbeat: {
      description: "Whether status or lease changed within half of the grace.",
      initial: "fresh",
      states: {
        fresh: {
          description: "Heard of lately.",
          on: { "nodeHealth.late": { target: "late", actions: "rememberLate" } }
        },
        late: {
          description: "Not heard of for half of the grace.",
          on: {
            "nodeHealth.fresh": { target: "fresh", actions: "forgetLate" },
            "nodeHealth.gone": { target: "fresh", actions: "forgetLate" }
          }
        }
      }
    }
  }
})

type TaintEvent = Judged<EventOf<"nodeTaint">>
const adds = (event: TaintEvent, key: "not-ready" | "unreachable"): boolean =>
  (event.type === "nodeTaint.added" || event.type === "nodeTaint.swapped") && event.key === `node.kubernetes.io/${key}`

const isLate = (event: TaintEvent): boolean => event.type === "nodeTaint.added" && event.late === true

const swapped = [
  { guard: "becomesNotReady", target: "notReadyTaint" } as const,
  { guard: "becomesUnreachable", target: "unreachableTaint" } as const
] as const

export const taint = setup({
  types: { events: {} as TaintEvent },
  guards: {
    isNotReady: ({ event }) => adds(event, "not-ready"),
    isUnreachable: ({ event }) => adds(event, "unreachable"),
    /** The write and the reason not to write it crossed; the next look sets it right. */
    isNotReadyLate: ({ event }) => isLate(event) && adds(event, "not-ready"),
    isUnreachableLate: ({ event }) => isLate(event) && adds(event, "unreachable"),
    /** What is swapped may be another's taint, whatever this controller thought before. */
    becomesNotReady: ({ event }) => event.type === "nodeTaint.swapped" && adds(event, "not-ready"),
    becomesUnreachable: ({ event }) => event.type === "nodeTaint.swapped" && adds(event, "unreachable"),
    isDisrupted: ({ event }) =>
      event.type === "nodeTaint.queued" && (event.ready === "False" || event.ready === "Unknown"),
    isLeftover: ({ event }) => event.type === "nodeTaint.cleared" && event.why === "seen"
  },
  actions: { noteLeftover: () => {} }
}).createMachine({
  id: "taint",
  initial: "clean",
  on: {
    "nodeTaint.added": [
      { guard: "isNotReadyLate", target: ".notReadyTaint" },
      { guard: "isUnreachableLate", target: ".unreachableTaint" }
    ]
  },
  states: {
    clean: {
      description: "Neither tainted nor waiting for it.",
      tags: ["gone"],
      on: {
        "nodeTaint.queued": { guard: "isDisrupted", target: "queued" },
        "nodeTaint.swapped": swapped,
        "nodeTaint.cleared": { guard: "isLeftover", actions: "noteLeftover" }
      }
    },
    queued: {
      description: "Waits for a token of its zone.",
      on: {
        "nodeTaint.added": [
          { guard: "isNotReady", target: "notReadyTaint" },
          { guard: "isUnreachable", target: "unreachableTaint" }
        ],
        "nodeTaint.swapped": swapped,
        "nodeTaint.cleared": "clean"
      }
    },
    notReadyTaint: {
      description: "not-ready:NoExecute.",
      on: { "nodeTaint.swapped": swapped[1], "nodeTaint.cleared": "clean" }
    },
    unreachableTaint: {
      description: "unreachable:NoExecute.",
      on: { "nodeTaint.swapped": swapped[0], "nodeTaint.cleared": "clean" }
    }
  }
})

export const charts = {
  "node-lifecycle.nodeHealth": nodeHealth, "node-lifecycle.taint": taint, "node-lifecycle.zone": zone,
  "node-lifecycle.evictionTimer": evictionTimer
} as const
