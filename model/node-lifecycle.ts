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
import {
  evictionBurst, largeClusterThreshold, lateHeartbeat_ms, nodeEvictionRate_per_s, nodeStartupGracePeriod_ms,
  secondaryNodeEvictionRate_per_s, unhealthyZoneNodes_min, unhealthyZoneThreshold
} from "#model/limits/node-lifecycle.ts"
import { nodeMonitorGracePeriod_ms, nodeMonitorPeriod_ms } from "#model/limits.ts"

const healthLimits = { nodeMonitorGracePeriod_ms, nodeStartupGracePeriod_ms, lateHeartbeat_ms, nodeMonitorPeriod_ms }
type HealthEvent = Judged<EventOf<"nodeHealth">>
interface HealthContext {
  readonly limits: typeof healthLimits
  readonly seenAt_ms: number
  readonly lateAt_ms: number | undefined
}

const says = (event: HealthEvent, ready: "none" | "True" | "False" | "Unknown"): boolean =>
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
  { guard: "saysUnknown", target: "unknown" } as const
]

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
      && event.reason === "NodeStatusNeverUpdated" && hasWaited(context, event, context.limits.nodeStartupGracePeriod_ms),
    marksSome: ({ event }) => event.type === "nodeHealth.podsMarked" && event.pods > 0
  },
  actions: {
    rememberSeeing: assign({ seenAt_ms: ({ event }) => event.clock_ms }),
    rememberLate: assign({ lateAt_ms: ({ event }) => event.clock_ms }),
    forgetLate: assign({ lateAt_ms: () => undefined }),
    noteMarking: () => {},
    noteFailure: () => {}
  }
}).createMachine({
  id: "nodeHealth",
  type: "parallel",
  context: ({ input }) => ({ limits: { ...healthLimits, ...input?.limits }, seenAt_ms: 0, lateAt_ms: undefined }),
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
              { guard: "saysNone", target: "neverPosted", actions: "rememberSeeing" },
              { guard: "saysTrue", target: "ready", actions: "rememberSeeing" },
              { guard: "saysFalse", target: "notReady", actions: "rememberSeeing" },
              { guard: "saysUnknown", target: "unknown", actions: "rememberSeeing" }
            ]
          }
        },
        neverPosted: {
          description: "Registered, but its kubelet has posted no status.",
          on: {
            "nodeHealth.observed": observed,
            "nodeHealth.markedUnknown": { guard: "startupGraceIsOver", target: "unknown" },
            "nodeHealth.writeFailed": { actions: "noteFailure" },
            "nodeHealth.gone": "unseen"
          }
        },
        ready: {
          description: "Ready=True.",
          on: {
            "nodeHealth.observed": observed,
            "nodeHealth.markedUnknown": { guard: "graceIsOver", target: "unknown" },
            "nodeHealth.writeFailed": { actions: "noteFailure" },
            "nodeHealth.gone": "unseen"
          }
        },
        notReady: {
          description: "Ready=False: the kubelet says so itself.",
          on: {
            "nodeHealth.observed": observed,
            "nodeHealth.markedUnknown": { guard: "graceIsOver", target: "unknown" },
            "nodeHealth.writeFailed": { actions: "noteFailure" },
            "nodeHealth.gone": "unseen"
          }
        },
        unknown: {
          description: "Ready=Unknown: nobody has heard of the kubelet. Its pods do not count as ready.",
          on: {
            "nodeHealth.observed": observed,
            "nodeHealth.podsMarked": { guard: "marksSome", actions: "noteMarking" },
            "nodeHealth.writeFailed": { actions: "noteFailure" },
            "nodeHealth.gone": "unseen"
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

export const taint = setup({
  types: { events: {} as TaintEvent },
  guards: {
    isNotReady: ({ event }) => adds(event, "not-ready"),
    isUnreachable: ({ event }) => adds(event, "unreachable"),
    isDisrupted: ({ event }) => event.type === "nodeTaint.queued" && (event.ready === "False" || event.ready === "Unknown"),
    isLeftover: ({ event }) => event.type === "nodeTaint.cleared" && event.why === "seen"
  },
  actions: { noteLeftover: () => {} }
}).createMachine({
  id: "taint",
  initial: "clean",
  states: {
    clean: {
      description: "Neither tainted nor waiting for it.",
      tags: ["gone"],
      on: {
        "nodeTaint.queued": { guard: "isDisrupted", target: "queued" },
        "nodeTaint.cleared": { guard: "isLeftover", actions: "noteLeftover" },
        "nodeTaint.swapped": [
          { guard: "isNotReady", target: "notReadyTaint" },
          { guard: "isUnreachable", target: "unreachableTaint" }
        ]
      }
    },
    queued: {
      description: "Waits for a token of its zone.",
      on: {
        "nodeTaint.added": [
          { guard: "isNotReady", target: "notReadyTaint" },
          { guard: "isUnreachable", target: "unreachableTaint" }
        ],
        "nodeTaint.swapped": [
          { guard: "isNotReady", target: "notReadyTaint" },
          { guard: "isUnreachable", target: "unreachableTaint" }
        ],
        "nodeTaint.cleared": "clean"
      }
    },
    notReadyTaint: {
      description: "not-ready:NoExecute.",
      on: {
        "nodeTaint.swapped": { guard: "isUnreachable", target: "unreachableTaint" },
        "nodeTaint.cleared": "clean"
      }
    },
    unreachableTaint: {
      description: "unreachable:NoExecute.",
      on: {
        "nodeTaint.swapped": { guard: "isNotReady", target: "notReadyTaint" },
        "nodeTaint.cleared": "clean"
      }
    }
  }
})

const zoneLimits = {
  nodeEvictionRate_per_s, secondaryNodeEvictionRate_per_s, evictionBurst, largeClusterThreshold, unhealthyZoneThreshold,
  unhealthyZoneNodes_min
}
type ZoneEvent = Judged<EventOf<"zone">>
interface ZoneContext {
  readonly limits: typeof zoneLimits
  readonly rate_per_s: number
  readonly tokens: number
  readonly at_ms: number
}
const tokensAt = ({ limits, rate_per_s, tokens, at_ms }: ZoneContext, clock_ms: number): number =>
  Math.min(limits.evictionBurst, tokens + (clock_ms - at_ms) * rate_per_s / 1000)
/** A line's clock is whole milliseconds: that much of a token may be missing. */
const almost = 1 - 1e-3
const hasToken = (context: ZoneContext, clock_ms: number): boolean => tokensAt(context, clock_ms) >= almost

const isPartial = ({ limits }: ZoneContext, ready: number, notReady: number): boolean =>
  notReady >= limits.unhealthyZoneNodes_min && notReady / (ready + notReady) >= limits.unhealthyZoneThreshold
const counted = (event: ZoneEvent, to: string, fits: (ready: number, notReady: number) => boolean): boolean =>
  event.type === "zone.changed" && event.to === to && fits(event.ready, event.notReady)

/** A bucket that is swapped for one with another rate starts empty, unless the old one had a token to give. */
const swapped = (context: ZoneContext, event: ZoneEvent, rate_per_s: number): Partial<ZoneContext> =>
  rate_per_s === context.rate_per_s ? {} : {
    rate_per_s, at_ms: event.clock_ms,
    tokens: context.rate_per_s > 0 && rate_per_s > 0 && hasToken(context, event.clock_ms) ? context.limits.evictionBurst : 0
  }
const changes = [
  { guard: "isNormal", target: "normal", actions: "useNormalRate" } as const,
  { guard: "isPartial", target: "partial", actions: "usePartialRate" } as const,
  { guard: "isFull", target: "full", actions: "useNormalRate" } as const
]
const others = (but: "normal" | "partial" | "full") => changes.filter(({ target }) => target !== but)

export const zone = setup({
  types: {
    context: {} as ZoneContext,
    input: {} as { readonly limits?: Partial<typeof zoneLimits> },
    events: {} as ZoneEvent
  },
  guards: {
    isNormal: ({ context, event }) => counted(event, "normal", (ready, notReady) =>
      !isPartial(context, ready, notReady) && !(ready === 0 && notReady > 0)),
    isPartial: ({ context, event }) => counted(event, "partial", (ready, notReady) =>
      ready > 0 && isPartial(context, ready, notReady)),
    isFull: ({ event }) => counted(event, "full", (ready, notReady) => ready === 0 && notReady > 0),
    isAllLost: ({ event }) => event.type === "zone.evictionsStopped" && event.notReady > 0,
    hasToken: ({ context, event }) => hasToken(context, event.clock_ms)
  },
  actions: {
    begin: assign(({ context, event }) => ({ tokens: context.limits.evictionBurst, at_ms: event.clock_ms })),
    takeToken: assign(({ context, event }) =>
      ({ tokens: Math.max(0, tokensAt(context, event.clock_ms) - 1), at_ms: event.clock_ms })),
    useNormalRate: assign(({ context, event }) => swapped(context, event, context.limits.nodeEvictionRate_per_s)),
    usePartialRate: assign(({ context, event }) => event.type !== "zone.changed" ? {} : swapped(context, event,
      event.ready + event.notReady > context.limits.largeClusterThreshold
        ? context.limits.secondaryNodeEvictionRate_per_s : 0)),
    stop: assign(({ context, event }) => swapped(context, event, 0))
  }
}).createMachine({
  id: "zone",
  context: ({ input }) => {
    const limits = { ...zoneLimits, ...input?.limits }
    return { limits, rate_per_s: limits.nodeEvictionRate_per_s, tokens: limits.evictionBurst, at_ms: 0 }
  },
  initial: "initial",
  states: {
    initial: {
      description: "Not judged yet.",
      on: {
        "zone.seen": { actions: "begin" },
        "zone.changed": changes,
        "zone.evictionsStopped": { guard: "isAllLost", target: "stopped", actions: "stop" },
        "zone.gone": "gone"
      }
    },
    normal: {
      description: "Few nodes are not ready: they are tainted at the normal rate.",
      on: {
        "zone.changed": others("normal"),
        "zone.tokenTaken": { guard: "hasToken", actions: "takeToken" },
        "zone.evictionsStopped": { guard: "isAllLost", target: "stopped", actions: "stop" },
        "zone.gone": "gone"
      }
    },
    partial: {
      description: "At least 55 % and three nodes are not ready: slowly in a large zone, not at all in a small one.",
      on: {
        "zone.changed": others("partial"),
        "zone.tokenTaken": { guard: "hasToken", actions: "takeToken" },
        "zone.evictionsStopped": { guard: "isAllLost", target: "stopped", actions: "stop" },
        "zone.gone": "gone"
      }
    },
    full: {
      description: "No node is ready, but some in other zones: the normal rate.",
      on: {
        "zone.changed": others("full"),
        "zone.tokenTaken": { guard: "hasToken", actions: "takeToken" },
        "zone.evictionsStopped": { guard: "isAllLost", target: "stopped", actions: "stop" },
        "zone.gone": "gone"
      }
    },
    stopped: {
      description: "No node of any zone is ready: nobody is tainted or evicted.",
      on: { "zone.changed": changes, "zone.gone": "gone" }
    },
    gone: { description: "It has no nodes.", tags: ["gone"], type: "final" }
  }
})

type EvictionEvent = Judged<EventOf<"taintEviction">>
interface EvictionContext {
  readonly since_ms: number
  readonly seconds: number
}

export const evictionTimer = setup({
  types: { context: {} as EvictionContext, events: {} as EvictionEvent },
  guards: {
    isTolerated: ({ event }) => event.type === "taintEviction.scheduled" && event.seconds > 0,
    isNotTolerated: ({ event }) => event.type === "taintEviction.started" && event.why === "not tolerated",
    timeIsOver: ({ context, event }) => event.type === "taintEviction.started" && event.why === "time over"
      && event.clock_ms - context.since_ms + clockGrain_ms >= context.seconds * 1000
  },
  actions: {
    startTimer: assign(({ event }) => event.type !== "taintEviction.scheduled" ? {}
      : { since_ms: event.clock_ms, seconds: event.seconds }),
    noteFailure: () => {}
  }
}).createMachine({
  id: "evictionTimer",
  context: { since_ms: 0, seconds: 0 },
  initial: "none",
  states: {
    none: {
      description: "Nothing asks for its eviction.",
      tags: ["gone"],
      on: {
        "taintEviction.scheduled": { guard: "isTolerated", target: "waiting", actions: "startTimer" },
        "taintEviction.started": { guard: "isNotTolerated", target: "evicting" }
      }
    },
    waiting: {
      description: "It tolerates the taints for a time that runs since they were observed.",
      on: {
        "taintEviction.started": [
          { guard: "timeIsOver", target: "evicting" },
          { guard: "isNotTolerated", target: "evicting" }
        ],
        "taintEviction.cancelled": "none"
      }
    },
    evicting: {
      description: "The condition is written and the pod deleted, gracefully and by name.",
      on: {
        "taintEviction.done": "none",
        "taintEviction.failed": { actions: "noteFailure" },
        "taintEviction.cancelled": "none"
      }
    }
  }
})

export const charts = {
  "node-lifecycle.nodeHealth": nodeHealth, "node-lifecycle.taint": taint, "node-lifecycle.zone": zone,
  "node-lifecycle.evictionTimer": evictionTimer
} as const
