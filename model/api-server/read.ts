/**
 * api-server.read: one list, from its arrival to its answer.
 *
 * States: idle, requested, served, refused (initial: idle).
 * Time:   answered within the server's request time-out.
 * Errors: 504 when the cache does not reach the revision in time, 410 when etcd has compacted it.
 * Source: reference 3.4; apiserver storage/cacher/delegator, v1.36.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { waitForRevision_ms } from "#model/limits/api-server.ts"
import { clockGrain_ms } from "#model/limits/client.ts"
import { requestTimeout_ms } from "#model/limits.ts"

const limits = { requestTimeout_ms, waitForRevision_ms }
type Event = Judged<EventOf<"read"> | Extract<EventOf<"process">, { readonly type: "process.resumed" }>>
interface Context {
  readonly limits: typeof limits
  readonly mode: string
  readonly asked: number
  readonly since_ms: number
  /** When its server last went on after a pause: what fell due meanwhile is done now. */
  readonly resumed_ms: number
}
interface Args { readonly context: Context; readonly event: Event }

/** The wait for the cache may end just before etcd is asked for what is left of the time. */
const isInTime = ({ limits, resumed_ms, since_ms }: Context, event: Event): boolean =>
  event.clock_ms <= Math.max(since_ms + limits.requestTimeout_ms, resumed_ms) + limits.waitForRevision_ms
    + clockGrain_ms

export const read = setup({
  types: {
    context: {} as Context,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as Event
  },
  guards: {
    isReasonable: ({ event }: Args) => event.type === "read.requested"
      && (event.mode === "consistent" || event.mode === "any" ? event.asked === 0 : event.asked > 0),
    isWhatWasAsked: ({ context, event }: Args) => event.type === "read.served" && isInTime(context, event)
      && event.versions <= event.count * event.revision && (context.mode === "exact"
        ? event.revision === context.asked && event.source === "etcd" : event.revision >= context.asked),
    isRefusal: ({ context, event }: Args) => event.type === "read.refused" && isInTime(context, event)
      && event.code >= 400
  },
  actions: {
    begin: assign(({ context, event }) => event.type === "read.requested"
      ? { mode: event.mode, asked: event.asked, since_ms: event.clock_ms, resumed_ms: 0 } : context),
    rememberResumption: assign({ resumed_ms: ({ event }) => event.clock_ms })
  }
}).createMachine({
  id: "read",
  context: ({ input }) => ({ limits: { ...limits, ...input?.limits }, mode: "", asked: 0, since_ms: 0, resumed_ms: 0 }),
  initial: "idle",
  states: {
    idle: {
      description: "Not arrived.",
      on: { "read.requested": { guard: "isReasonable", target: "requested", actions: "begin" } }
    },
    requested: {
      description: "Arrived; maybe waits for etcd's revision or for the cache.",
      on: {
        "read.served": { guard: "isWhatWasAsked", target: "served" },
        "read.refused": { guard: "isRefusal", target: "refused" },
        "process.resumed": { actions: "rememberResumption" }
      }
    },
    served: { description: "Answered with a state of one revision.", type: "final", tags: "gone" },
    refused: { description: "Answered with a Status.", type: "final", tags: "gone" }
  }
})
