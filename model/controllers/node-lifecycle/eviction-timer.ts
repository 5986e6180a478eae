/**
 * The eviction of a pod from a tainted node. Part of model/controllers/node-lifecycle.ts.
 *
 * States: none, waiting, evicting (initial: none).
 * Time:   a pod waits for the shortest of its tolerations since the taint was observed, by the controller's clock.
 * Errors: a failed eviction is `taintEviction.failed`, and tried again.
 * Source: pkg/controller/tainteviction/taint_eviction.go v1.36; reference 7.2, 12.19.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { clockGrain_ms } from "#model/limits/client.ts"

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
