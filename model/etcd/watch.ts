/**
 * etcd.watch: one watch as the member serves it.
 *
 * States: opening, live, canceled, closed (initial: opening).
 * Time:   none; what was committed is sent as soon as the member applies it.
 * Errors: `etcdWatch.canceled` when its start was compacted, or when the member has had no leader for long.
 * Source: ../reference/kubernetes.md 2.1; etcd-io/etcd tests/robustness/validate/watch.go, v3.8.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"

export interface Context {
  readonly prefix: string
  /** The first revision that may still be sent. */
  readonly next: number
  /** The highest revision that the watcher was told of. */
  readonly told: number
  readonly start: number
  /** Nothing was sent yet. */
  readonly isUnused: boolean
}
export type Event = Judged<EventOf<"etcdWatch">>
type Of<Type extends Event["type"]> = Extract<Event, { readonly type: Type }>
interface Args { readonly context: Context; readonly event: Event }
const as = <Type extends Event["type"]>(_type: Type, event: Event): Of<Type> => event as Of<Type>

const machine = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: {
    isPossible: ({ event }: Args) => {
      const { revision, startRevision } = as("etcdWatch.opened", event)
      return revision >= 1 && startRevision >= 0
    },
    /** Ordered, Unique, Atomic, Filter: later than all before, and nothing but what was asked for. */
    isNextRevision: ({ context, event }: Args) => {
      const { keys, revision } = as("etcdWatch.sent", event)
      return revision >= context.next && keys.length > 0 && new Set(keys).size === keys.length &&
        keys.every((key) => key.startsWith(context.prefix))
    },
    /** Bookmarkable: never less than what was sent or told, or than what a watcher had seen before it asked. */
    isNotBehind: ({ context, event }: Args) => as("etcdWatch.progressed", event).revision >= context.told,
    isLawfulCancel: ({ context, event }: Args) => {
      const { compactRevision, reason } = as("etcdWatch.canceled", event)
      return reason === "noLeader" || (context.isUnused && context.start > 0 && context.start < compactRevision)
    }
  },
  actions: {
    open: assign(({ event }) => {
      const { prefix, revision, startRevision } = as("etcdWatch.opened", event)
      const next = startRevision === 0 ? revision + 1 : startRevision
      return { prefix, start: startRevision, next, told: next - 1, isUnused: true }
    }),
    send: assign(({ context, event }) => {
      const { revision } = as("etcdWatch.sent", event)
      return { next: revision + 1, told: Math.max(context.told, revision), isUnused: false }
    }),
    tell: assign(({ context, event }) => {
      const { revision } = as("etcdWatch.progressed", event)
      return { next: Math.max(context.next, revision + 1), told: revision, isUnused: false }
    })
  }
})

export const chart = machine.createMachine({
  id: "etcd.watch",
  context: { prefix: "", next: 0, told: 0, start: 0, isUnused: true },
  initial: "opening",
  states: {
    opening: {
      description: "Asked for, not yet answered.",
      on: { "etcdWatch.opened": { guard: "isPossible", target: "live", actions: "open" } }
    },
    live: {
      description: "Every change from its start on is sent, a revision in one piece.",
      on: {
        "etcdWatch.sent": { guard: "isNextRevision", actions: "send" },
        "etcdWatch.progressed": { guard: "isNotBehind", actions: "tell" },
        "etcdWatch.canceled": { guard: "isLawfulCancel", target: "canceled" },
        "etcdWatch.closed": { target: "closed" }
      }
    },
    canceled: { description: "The member ended it and said why.", type: "final", tags: "gone" },
    closed: { description: "The client ended it, or its connection broke.", type: "final", tags: "gone" }
  }
})
