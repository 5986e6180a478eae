/**
 * api-server.watchCache: one resource in one server's memory, fed by a watch on etcd.
 *
 * States: uninitialised, ready (initial: uninitialised).
 * Time:   none; how far the cache lags behind etcd is not bounded.
 * Errors: a broken stream is resumed after the last revision; when etcd has compacted it the cache is reset.
 * Source: reference 12.3; apiserver storage/cacher/{cacher,watch_cache}.go, v1.36.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"

type Event = Judged<EventOf<"watchCache"> | EventOf<"process">>
interface Context {
  /** The newest revision that the cache is known to have stood at: outlives the process as a fact about etcd. */
  readonly revision: number
}
interface Args { readonly context: Context; readonly event: Event }
const isOwn = (event: Event): boolean => "resource" in event && event.resource === event.entity

export const watchCache = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: {
    /** The list that fills it is linearizable, so it is never older than what was known before. */
    isFilled: ({ context, event }: Args) => event.type === "watchCache.initialised" && isOwn(event)
      && event.revision >= Math.max(1, context.revision) && (event.count > 0) === (event.versions > 0)
      && event.versions <= event.count * event.revision,
    goesOn: ({ context, event }: Args) =>
      event.type === "watchCache.resumed" && isOwn(event) && event.revision >= context.revision,
    isBehindCompaction: ({ context, event }: Args) => event.type === "watchCache.reset" && isOwn(event)
      && event.revision >= context.revision && event.compacted > event.revision
  },
  actions: {
    remember: assign(({ context, event }) => ("revision" in event ? { revision: event.revision } : context)),
    loseMemory: assign({})
  }
}).createMachine({
  id: "watchCache",
  context: { revision: 0 },
  initial: "uninitialised",
  states: {
    uninitialised: {
      description: "Empty: lists go to etcd, watches are told to come back.",
      on: {
        "watchCache.initialised": { guard: "isFilled", target: "ready", actions: "remember" },
        "process.crashed": { target: "uninitialised", actions: "loseMemory" },
        "process.stopped": { target: "uninitialised", actions: "loseMemory" }
      }
    },
    ready: {
      description: "A consistent state at some revision, moving on with etcd.",
      on: {
        "watchCache.resumed": { guard: "goesOn", target: "ready", actions: "remember" },
        "watchCache.reset": { guard: "isBehindCompaction", target: "uninitialised", actions: "remember" },
        "process.crashed": { target: "uninitialised", actions: "loseMemory" },
        "process.stopped": { target: "uninitialised", actions: "loseMemory" }
      }
    }
  }
})
