/**
 * etcd.request: one operation on a key, as etcd's client (the API server) saw it.
 *
 * States: idle, pending, ok, failed, unknown (initial: idle).
 * Time:   none; a request that is never answered ends as unknown, or with its client.
 * Errors: `unknown` is not a failure: the operation may have taken effect, or may still.
 * Source: ../reference/kubernetes.md 2.1, 2.2; etcd-io/etcd tests/robustness/model, v3.8.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { typed } from "#model/typed.ts"

export interface Context {
  readonly kind: string
  /** -1: unconditional. */
  readonly expected: number
}
export type Event = Judged<EventOf<"kv">>

const { take, when } = typed<Context, Event>()

const isRead = (context: Context): boolean => context.kind === "get" || context.kind === "range"

const machine = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: {
    isNamed: when("kv.invoked", (_context, { entity, id, key }) => id === entity && key !== ""),
    /** A write's own revision is the store's at that moment, and above the one that it replaced. */
    isSuccess: when("kv.returned", (context, { modRevision, outcome, revision }) => {
      if (outcome !== "ok" || revision < 1 || (modRevision ?? 0) > revision) return false
      if (isRead(context)) return true
      if (context.expected >= revision) return false
      return modRevision === undefined || modRevision === 0 || modRevision === revision
    }),
    /** Only a condition can fail, and only if the key was found otherwise. */
    isFailure: when("kv.returned", (context, { modRevision, outcome, revision }) =>
      outcome === "failed" && revision >= 1 && !isRead(context) && context.expected >= 0 &&
      modRevision !== context.expected && (modRevision ?? 0) <= revision),
    isUnknown: when("kv.returned", (_context, { outcome }) => outcome === "unknown")
  },
  actions: {
    remember: assign(take("kv.invoked", (_context, { expected, kind }) => ({ kind, expected: expected ?? -1 })))
  }
})

export const chart = machine.createMachine({
  id: "etcd.request",
  context: { kind: "", expected: -1 },
  initial: "idle",
  states: {
    idle: {
      description: "Not sent.",
      on: { "kv.invoked": { guard: "isNamed", target: "pending", actions: "remember" } }
    },
    pending: {
      description: "Sent, not answered.",
      on: { "kv.returned": [
        { guard: "isSuccess", target: "ok" }, { guard: "isFailure", target: "failed" },
        { guard: "isUnknown", target: "unknown" }
      ] }
    },
    ok: { description: "It was read, or it took effect.", type: "final", tags: "gone" },
    failed: { description: "Its condition did not hold: it had no effect.", type: "final", tags: "gone" },
    unknown: { description: "No answer: it may have taken effect, or may still.", type: "final", tags: "gone" }
  }
})
