/**
 * informer: a reflector, which keeps a store equal to a resource: first a whole copy, then a watch.
 *
 * States: idle, listing, listBackoff, watching, disconnected, watchBackoff (initial: idle).
 * Time:   after a failure nothing is tried again before the back-off has passed: 800 ms, doubled up to 30 s, forgotten
 *         when two minutes lie between two failures.
 * Errors: every failure is `reflector.failed`; after "Expired" the next copy must be a consistent one.
 * Source: client-go tools/cache/reflector.go v0.37; reference 4.1, 12.5.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import {
  clockGrain_ms, reflectorBackoff_max_ms, reflectorBackoff_ms, reflectorBackoffReset_ms
} from "#model/limits/client.ts"

const limits = { reflectorBackoff_ms, reflectorBackoff_max_ms, reflectorBackoffReset_ms }
type ReflectorEvent = Judged<EventOf<"reflector">>
interface Context {
  readonly limits: typeof limits
  /** The last resourceVersion that a line told; 0 before the first copy and after the history was lost. */
  readonly resourceVersion: number
  /** The version of the store that was told last, by a list or a report: a report has news. */
  readonly told: number
  /** The shortest wait after the next failure. */
  readonly backoff_ms: number
  readonly failedAt_ms: number | undefined
  readonly notBefore_ms: number
}

const lostHistory = new Set(["Expired", "Gone"])
const versionOf = (event: ReflectorEvent): number => "resourceVersion" in event ? event.resourceVersion : 0

export const chart = setup({
  types: {
    context: {} as Context,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as ReflectorEvent
  },
  guards: {
    asksForFirstCopy: ({ event }) => event.type === "reflector.listStarted" && event.atLeast === 0,
    asksAgainInTime: ({ context, event }) => event.type === "reflector.listStarted"
      && event.clock_ms + clockGrain_ms >= context.notBefore_ms
      && (event.atLeast === 0 ? context.resourceVersion === 0 : event.atLeast >= context.resourceVersion),
    isStreamedCopy: ({ context, event }) => event.type === "reflector.listed" && event.isStreamed
      && event.resourceVersion >= context.resourceVersion,
    isNotOlder: ({ context, event }) => versionOf(event) >= context.resourceVersion,
    isNews: ({ context, event }) => versionOf(event) >= context.resourceVersion && versionOf(event) > context.told,
    watchesAgainInTime: ({ context, event }) => versionOf(event) >= context.resourceVersion
      && event.clock_ms + clockGrain_ms >= context.notBefore_ms,
    needsCopy: ({ event }) => event.type === "reflector.failed" && event.step === "list",
    triesAgainInTime: ({ context, event }) => event.type === "reflector.failed" && event.step === "watch"
      && event.clock_ms + clockGrain_ms >= context.notBefore_ms,
    canGoOn: ({ event }) => event.type === "reflector.failed" && event.step === "watch"
  },
  actions: {
    /** What the store holds is no place to go on from when the history behind it is gone. */
    noteReport: assign({ told: ({ event }) => versionOf(event) }),
    remember: assign(({ context, event }) => ({
      resourceVersion: versionOf(event),
      told: event.type === "reflector.listed" || event.type === "reflector.reported" ? versionOf(event) : context.told
    })),
    backOff: assign(({ context, event }) => {
      const { limits, failedAt_ms } = context
      const isQuiet = failedAt_ms === undefined
        || event.clock_ms - failedAt_ms > limits.reflectorBackoffReset_ms - clockGrain_ms
      const wait_ms = isQuiet ? limits.reflectorBackoff_ms : context.backoff_ms
      const isLost = event.type === "reflector.failed"
        && (lostHistory.has(event.reason) || (event.step === "list" && event.reason === "Timeout"))
      return {
        failedAt_ms: event.clock_ms,
        notBefore_ms: event.clock_ms + wait_ms,
        backoff_ms: Math.min(wait_ms * 2, limits.reflectorBackoff_max_ms),
        ...(isLost ? { resourceVersion: 0 } : {})
      }
    })
  }
}).createMachine({
  id: "reflector",
  context: ({ input }) => ({
    limits: { ...limits, ...input?.limits },
    resourceVersion: 0, told: 0, backoff_ms: input?.limits?.reflectorBackoff_ms ?? reflectorBackoff_ms,
    failedAt_ms: undefined, notBefore_ms: 0
  }),
  initial: "idle",
  states: {
    idle: {
      description: "Has seen nothing.",
      on: { "reflector.listStarted": { guard: "asksForFirstCopy", target: "listing" } }
    },
    listing: {
      description: "Waits for a whole copy.",
      on: {
        "reflector.listed": [
          { guard: "isStreamedCopy", target: "watching", actions: "remember" },
          { guard: "isNotOlder", target: "disconnected", actions: "remember" }
        ],
        "reflector.failed": { guard: "needsCopy", target: "listBackoff", actions: "backOff" },
        // Who looks at the old copy meanwhile has it told.
        "reflector.reported": { guard: "isNews", actions: "noteReport" }
      }
    },
    listBackoff: {
      description: "Waits before it asks for a whole copy.",
      on: {
        "reflector.listStarted": { guard: "asksAgainInTime", target: "listing" },
        "reflector.reported": { guard: "isNews", actions: "noteReport" }
      }
    },
    watching: {
      description: "The store follows the stream.",
      on: {
        "reflector.reported": { guard: "isNews", target: "watching", actions: "remember" },
        "reflector.watchEnded": { guard: "isNotOlder", target: "disconnected", actions: "remember" },
        "reflector.failed": { guard: "needsCopy", target: "listBackoff", actions: "backOff" }
      }
    },
    disconnected: {
      description: "There is a copy and no stream; one is asked for from where the copy stands.",
      on: {
        "reflector.watched": { guard: "isNotOlder", target: "watching", actions: "remember" },
        "reflector.reported": { guard: "isNews", target: "disconnected", actions: "remember" },
        "reflector.failed": { guard: "canGoOn", target: "watchBackoff", actions: "backOff" }
      }
    },
    watchBackoff: {
      description: "Waits before it asks for a stream from the same place.",
      on: {
        "reflector.watched": { guard: "watchesAgainInTime", target: "watching", actions: "remember" },
        "reflector.reported": { guard: "isNews", target: "watchBackoff", actions: "remember" },
        "reflector.failed": { guard: "triesAgainInTime", target: "watchBackoff", actions: "backOff" }
      }
    }
  }
})

export const charts = { "informer.reflector": chart } as const
