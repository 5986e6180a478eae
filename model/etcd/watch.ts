/**
 * etcd.watch: one watch as the member serves it.
 *
 * States: opening, fresh, live, canceled, closed (initial: opening).
 * Time:   none; what was committed is sent as soon as the member applies it.
 * Errors: `etcdWatch.canceled` when its start was compacted, or when the member has had no leader for long.
 * Source: ../reference/kubernetes.md 2.1; etcd-io/etcd tests/robustness/validate/watch.go, v3.8.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { typed } from "#model/typed.ts"

export interface Context {
  readonly prefix: string
  /** The first revision that may still be sent. */
  readonly next: number
  /** The highest revision that the watcher was told of. */
  readonly told: number
  readonly start: number
}
export type Event = Judged<EventOf<"etcdWatch">>

const { take, when } = typed<Context, Event>()

const machine = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: {
    isPossible: when("etcdWatch.opened", (_context, { revision, startRevision }) =>
      revision >= 1 && startRevision >= 0),
    /** Ordered, Unique, Atomic, Filter: later than all before, and nothing but what was asked for. */
    isNextRevision: when("etcdWatch.sent", (context, { keys, revision }) =>
      revision >= context.next && keys.length > 0 && new Set(keys).size === keys.length &&
      keys.every((key) => key.startsWith(context.prefix))),
    /** Bookmarkable: never less than what was sent or told, or than what a watcher had seen before it asked. */
    isNotBehind: when("etcdWatch.progressed", (context, { revision }) => revision >= context.told),
    hasNoLeader: when("etcdWatch.canceled", (_context, { reason }) => reason === "noLeader"),
    isCompacted: when("etcdWatch.canceled", (context, { compactRevision, reason }) =>
      reason === "compacted" && context.start > 0 && context.start < compactRevision)
  },
  actions: {
    open: assign(take("etcdWatch.opened", (_context, { prefix, revision, startRevision }) => {
      const next = startRevision === 0 ? revision + 1 : startRevision
      return { prefix, start: startRevision, next, told: next - 1 }
    })),
    send: assign(take("etcdWatch.sent", (context, { revision }) =>
      ({ next: revision + 1, told: Math.max(context.told, revision) }))),
    tell: assign(take("etcdWatch.progressed", (context, { revision }) =>
      ({ next: Math.max(context.next, revision + 1), told: revision })))
  }
})

const follows = {
  "etcdWatch.sent": { guard: "isNextRevision", target: "live", actions: "send" },
  "etcdWatch.progressed": { guard: "isNotBehind", target: "live", actions: "tell" },
  "etcdWatch.closed": { target: "closed" }
} as const
const losesItsLeader = { guard: "hasNoLeader", target: "canceled" } as const

export const chart = machine.createMachine({
  id: "etcd.watch",
  context: { prefix: "", next: 0, told: 0, start: 0 },
  initial: "opening",
  states: {
    opening: {
      description: "Asked for, not yet answered.",
      on: { "etcdWatch.opened": { guard: "isPossible", target: "fresh", actions: "open" } }
    },
    fresh: {
      description: "Answered; nothing was sent yet, and its start may turn out to be compacted.",
      on: { ...follows, "etcdWatch.canceled": [losesItsLeader, { guard: "isCompacted", target: "canceled" }] }
    },
    live: {
      description: "Every change from its start on is sent, a revision in one piece.",
      on: { ...follows, "etcdWatch.canceled": losesItsLeader }
    },
    canceled: { description: "The member ended it and said why.", type: "final", tags: "gone" },
    closed: { description: "The client ended it, or its connection broke.", type: "final", tags: "gone" }
  }
})
