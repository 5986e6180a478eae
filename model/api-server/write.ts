/**
 * api-server.write: a write with a condition of the client's, or a deletion, from its arrival to its answer; and the
 * decision to remove an object whose last finalizer goes.
 *
 * States: write: idle, requested, done, refused, unknown (initial: idle); finalization: held, emptied (initial: held).
 * Time:   answered within the server's request time-out.
 * Errors: unknown: etcd gave no answer, so nobody can say.
 * Source: reference 2.2, 3.3; apiserver registry/generic/registry/store.go, v1.36.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { clockGrain_ms } from "#model/limits/client.ts"
import { requestTimeout_ms } from "#model/limits.ts"

const limits = { requestTimeout_ms }
type Event = Judged<EventOf<"write"> | Extract<EventOf<"process">, { readonly type: "process.resumed" }>>
interface Context {
  readonly limits: typeof limits
  readonly verb: string
  readonly expected: number
  readonly uid: string
  readonly since_ms: number
  /** When its server last went on after a pause: what fell due meanwhile is done now. */
  readonly resumed_ms: number
}
interface Args { readonly context: Context; readonly event: Event }
const isInTime = ({ limits, resumed_ms, since_ms }: Context, event: Event): boolean =>
  event.clock_ms <= Math.max(since_ms + limits.requestTimeout_ms, resumed_ms) + clockGrain_ms

export const write = setup({
  types: {
    context: {} as Context,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as Event
  },
  guards: {
    isConditional: ({ event }: Args) => event.type === "write.requested"
      && (event.verb === "delete" || event.expected > 0) && event.key !== "",
    /** The object that the client meant, not one that took its name; and nothing older than it had seen. */
    isAsDemanded: ({ context, event }: Args) => event.type === "write.done" && isInTime(context, event)
      && (context.uid === "" || event.uid === context.uid) && event.uid !== ""
      && event.revision >= context.expected && event.revision > 0,
    isRefusal: ({ context, event }: Args) =>
      event.type === "write.refused" && isInTime(context, event) && event.code >= 400 && event.code !== 504,
    isLost: ({ context, event }: Args) => event.type === "write.outcomeUnknown" && isInTime(context, event)
  },
  actions: {
    begin: assign(({ context, event }) => event.type === "write.requested"
      ? { ...context, verb: event.verb, expected: event.expected, uid: event.uid, since_ms: event.clock_ms }
      : context),
    rememberResumption: assign({ resumed_ms: ({ event }) => event.clock_ms })
  }
}).createMachine({
  id: "write",
  context: ({ input }) => ({
    limits: { ...limits, ...input?.limits }, verb: "", expected: 0, uid: "", since_ms: 0, resumed_ms: 0
  }),
  initial: "idle",
  states: {
    idle: {
      description: "Not arrived.",
      on: { "write.requested": { guard: "isConditional", target: "requested", actions: "begin" } }
    },
    requested: {
      description: "Reads, decides and writes, again while others write in between.",
      on: {
        "write.done": { guard: "isAsDemanded", target: "done" },
        "write.refused": { guard: "isRefusal", target: "refused" },
        "write.outcomeUnknown": { guard: "isLost", target: "unknown" },
        "process.resumed": { actions: "rememberResumption" }
      }
    },
    done: { description: "The object is as answered.", type: "final", tags: "gone" },
    refused: { description: "It had no effect.", type: "final", tags: "gone" },
    unknown: { description: "It may have happened, or may yet.", type: "final", tags: "gone" }
  }
})

type FinalizationEvent = Judged<EventOf<"finalizers">>
export const finalization = setup({
  types: { context: {} as { readonly revision: number }, events: {} as FinalizationEvent },
  guards: {
    /** Decided again when somebody else wrote in between, on what is there then. */
    isOnSomethingNewer: ({ context, event }) => event.revision >= context.revision && event.revision > 0
  },
  actions: { remember: assign(({ event }) => ({ revision: event.revision })) }
}).createMachine({
  id: "finalization",
  context: { revision: 0 },
  initial: "held",
  states: {
    held: {
      description: "Finalizers keep the object.",
      on: { "finalizers.emptied": { guard: "isOnSomethingNewer", target: "emptied", actions: "remember" } }
    },
    emptied: {
      description: "An update that takes the last one goes on to remove the object.",
      on: { "finalizers.emptied": { guard: "isOnSomethingNewer", target: "emptied", actions: "remember" } }
    }
  }
})
