/**
 * client: a request that changes something, from its sending until its fate is known, or known to be unknown.
 *
 * States: idle, sent, waiting, succeeded, refused, unknown, unreached (initial: idle).
 * Time:   the client's time-out is the event `request.outcomeUnknown`, never earlier than it was set; a second sending
 *         comes no earlier than Retry-After said.
 * Errors: a refusal had no effect; after `unknown` only reading tells. Nothing is sent twice unless the server asked.
 * Source: client-go rest/request.go, rest/with_retry.go v0.37; reference 12.37.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { clockGrain_ms } from "#model/limits/client.ts"

type RequestEvent = Judged<EventOf<"request">>

interface Context {
  readonly sentAt_ms: number
  readonly timeout_ms: number
  /** The server's Retry-After runs until then. */
  readonly waitUntil_ms: number
}
const timeoutOf = (event: RequestEvent): number => event.type === "request.sent" ? event.timeout_ms : 0

export const chart = setup({
  types: { context: {} as Context, events: {} as RequestEvent },
  guards: {
    isSuccess: ({ event }) => event.type === "request.answered" && event.code < 300 && event.reason === undefined,
    isRefusal: ({ event }) => event.type === "request.answered" && event.code >= 400 && event.code !== 504,
    maySendAgain: ({ context, event }) => event.clock_ms + clockGrain_ms >= context.waitUntil_ms,
    asksToRetry: ({ event }) => event.type === "request.postponed" && (event.code === 429 || event.code >= 500),
    isTimeForUnknown: ({ context, event }) => event.type === "request.outcomeUnknown"
      && (event.reason !== "timeout" || event.clock_ms + clockGrain_ms >= context.sentAt_ms + context.timeout_ms)
  },
  actions: {
    rememberSending: assign({
      sentAt_ms: ({ event }) => event.clock_ms,
      timeout_ms: ({ event }) => timeoutOf(event)
    }),
    rememberWait: assign({
      waitUntil_ms: ({ event }) =>
        event.type === "request.postponed" ? event.clock_ms + event.retryAfter_s * 1000 : event.clock_ms
    })
  }
}).createMachine({
  id: "request",
  context: { sentAt_ms: 0, timeout_ms: 0, waitUntil_ms: 0 },
  initial: "idle",
  states: {
    idle: {
      description: "It waits for a connection.",
      on: {
        "request.sent": { target: "sent", actions: "rememberSending" },
        "request.unreached": "unreached"
      }
    },
    sent: {
      description: "It left the process: from here on it may take effect.",
      on: {
        "request.answered": [
          { guard: "isSuccess", target: "succeeded" },
          { guard: "isRefusal", target: "refused" }
        ],
        "request.postponed": { guard: "asksToRetry", target: "waiting", actions: "rememberWait" },
        "request.outcomeUnknown": { guard: "isTimeForUnknown", target: "unknown" }
      }
    },
    waiting: {
      description: "The server asked to come back later and did nothing.",
      on: {
        "request.sent": { guard: "maySendAgain", target: "sent", actions: "rememberSending" },
        "request.unreached": "unreached"
      }
    },
    succeeded: { type: "final", tags: ["gone"], description: "It took effect." },
    refused: { type: "final", tags: ["gone"], description: "It had no effect." },
    unknown: { type: "final", tags: ["gone"], description: "Nobody here knows whether it took effect." },
    unreached: { type: "final", tags: ["gone"], description: "It was never sent." }
  }
})

export const charts = { "client.request": chart } as const
