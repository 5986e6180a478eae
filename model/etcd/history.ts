/**
 * etcd.history: up to where the API servers, its clients, have the history compacted. Part of model/etcd.ts.
 *
 * States: whole, marked (initial: whole).
 * Time:   none: how often is a flag of the API servers.
 * Errors: the compaction that follows a mark may fail; the next one makes up for it.
 * Source: apiserver storage/etcd3/compact.go, v1.36.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"

interface Context {
  /** Of the last mark. */
  readonly revision: number
}
interface Args { readonly context: Context; readonly event: Judged<EventOf<"history">> }

const isNext = ({ context, event }: Args): boolean => event.key === event.entity && event.revision > context.revision

export const chart = setup({
  types: { context: {} as Context, events: {} as Judged<EventOf<"history">> },
  guards: {
    /** Who takes the first turn knows of nothing to compact. */
    isFirst: (args: Args) => isNext(args) && args.event.compacted === 0,
    /** What was there at the mark before may go; nothing that was written since the one who marks looked. */
    leavesAnInterval: (args: Args) => isNext(args)
      && args.event.compacted >= args.context.revision && args.event.compacted < args.event.revision
  },
  actions: { remember: assign(({ event }) => ({ revision: event.revision })) }
}).createMachine({
  id: "etcd.history",
  context: { revision: 0 },
  initial: "whole",
  states: {
    whole: {
      description: "Everything since the first revision can be asked for.",
      on: { "history.marked": { guard: "isFirst", target: "marked", actions: "remember" } }
    },
    marked: {
      description: "The API servers take turns to compact.",
      on: { "history.marked": { guard: "leavesAnInterval", target: "marked", actions: "remember" } }
    }
  }
})
