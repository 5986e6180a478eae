/**
 * A zone: how disrupted it is, and how fast its nodes are tainted. Part of model/controllers/node-lifecycle.ts.
 *
 * States: initial, normal, partial, full, stopped, gone (initial: initial).
 * Time:   `zone.tokenTaken` needs a whole token of a bucket that fills by the controller's clock.
 * Errors: none of its own.
 * Source: handleDisruption, ComputeZoneState, ReducedQPSFunc; pkg/controller/nodelifecycle v1.36; reference 12.20.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import {
  evictionBurst, largeClusterThreshold, nodeEvictionRate_per_s, secondaryNodeEvictionRate_per_s,
  unhealthyZoneNodes_min, unhealthyZoneThreshold
} from "#model/limits/controllers/node-lifecycle.ts"

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
    tokens: context.rate_per_s > 0 && rate_per_s > 0 && hasToken(context, event.clock_ms)
      ? context.limits.evictionBurst : 0
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
