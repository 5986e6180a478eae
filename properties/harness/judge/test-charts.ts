/** Small charts that use every construct a chart may use, for the tests of the judge and of the search. */
import { assign, emit, enqueueActions, not, raise, setup, stateIn, and } from "xstate"

/** A lease as judged on the store: guards compare a remembered instant with the actor's clock. */
export const lease = setup({
  types: { context: {} as { holder: string; at_ms: number; duration_ms: number }, events: {} as any,
    input: {} as { limits?: { duration_ms?: number } } },
  guards: {
    expired: ({ context, event }) => event.clock_ms - context.at_ms >= context.duration_ms,
    mine: ({ context, event }) => event.by === context.holder
  },
  actions: {
    take: assign({ holder: ({ event }) => event.by, at_ms: ({ event }) => event.clock_ms }),
    renew: assign({ at_ms: ({ event }) => event.clock_ms }),
    free: assign({ holder: "" })
  }
}).createMachine({
  id: "lease", initial: "free",
  context: ({ input }) => ({ holder: "", at_ms: 0, duration_ms: input.limits?.duration_ms ?? 15_000 }),
  states: {
    free: { description: "Nobody holds it.", on: { "lease.taken": { target: "held", actions: "take" } } },
    held: { description: "Its holder renews it in time.", on: {
      "lease.renewed": { guard: "mine", actions: "renew" },
      "lease.taken": { guard: "expired", actions: "take" },
      "lease.released": { guard: "mine", target: "free", actions: "free" } } }
  }
})

const fan = ({ context, enqueue, check }: any): void => {
  enqueue.assign({ lease: context.lease + 10 })
  if (check("netUp")) enqueue("announce")
  enqueue({ type: "note", params: { text: "f" } })
  enqueue.emit({ type: "fanned", lease: context.lease })
}

/** Parallel regions, nested states, eventless transitions, raised events, wildcards, forbidden events, re-entry. */
export const worker = setup({
  types: { context: {} as { restarts: number; probes: number; lease: number; log: string }, events: {} as any },
  guards: {
    backoffDone: ({ context }) => context.restarts < 5,
    unhealthy: ({ context }, params: { atLeast: number }) => context.probes >= params.atLeast,
    netUp: stateIn({ net: "up" }),
    canCreate: and(["backoffDone", "netUp"]),
    spent: not("backoffDone")
  },
  actions: {
    restart: assign({ restarts: ({ context }) => context.restarts + 1, probes: 0 }),
    bad: assign({ probes: ({ context }) => context.probes + 1 }),
    good: assign({ probes: 0 }),
    renew: assign(({ context }) => ({ lease: context.lease + 1 })),
    reset: assign({ restarts: 0 }),
    note: assign({ log: ({ context }, params: { text: string }) => (context.log + params.text).slice(-8) }),
    announce: emit(({ context, event }) => ({ type: "pod.announced", n: context.restarts, because: event.type })),
    lawful: () => {},
    // @ts-expect-error: XState types this wrongly under exactOptionalPropertyTypes
    fan: enqueueActions(fan as never),
    kick: raise({ type: "KICKED" })
  }
}).createMachine({
  id: "worker", type: "parallel", context: { restarts: 0, probes: 0, lease: 0, log: "" },
  on: { ALL: { actions: "fan" }, RESET: { target: ".pod", actions: "reset", reenter: true } },
  states: {
    pod: {
      initial: "pending", entry: { type: "note", params: { text: "P" } }, exit: { type: "note", params: { text: "p" } },
      states: {
        pending: { on: { START: { target: "creating", guard: "netUp" }, "NET.DOWN": {} } },
        creating: {
          initial: "pulling", on: { EXIT: "backoff", "*": { actions: "lawful" }, "NET.*": { actions: "good" } },
          states: {
            pulling: { entry: "announce", on: { TICK: "sandbox", EXIT: {} } },
            sandbox: { exit: { type: "note", params: { text: "s" } },
              on: { STARTED: "#worker.pod.running", TICK: { target: "sandbox", reenter: true, actions: "bad" } } }
          }
        },
        running: {
          initial: "unready", on: { EXIT: { target: "backoff", actions: ["restart", "announce"] },
            INNER: { target: ".ready" }, OUTER: { target: ".ready", reenter: true } },
          entry: { type: "note", params: { text: "R" } },
          states: {
            unready: { on: { PROBE_OK: { target: "ready", actions: "good" } } },
            ready: { on: { PROBE_FAIL: [
              { guard: { type: "unhealthy", params: { atLeast: 3 } }, target: "#worker.pod.backoff",
                actions: "restart" },
              { actions: ["bad", "kick"] }] } }
          }
        },
        backoff: { always: { guard: "spent", target: "failed" },
          on: { TICK: { target: "creating", guard: "canCreate" }, KICKED: "creating" } },
        failed: { on: { START: { target: "creating", actions: "reset" } } }
      }
    },
    net: { initial: "up", states: {
      up: { on: { "NET.DOWN": "down", PROBE_FAIL: { actions: "renew" } } }, down: { on: { "NET.UP": "up" } } } },
    lease: { initial: "held", states: {
      held: { on: { LEASE: { actions: "renew", guard: "netUp" }, "NET.DOWN": "expiring" } },
      expiring: { on: { TICK: "lost", "NET.UP": "held", KICKED: { actions: "renew" } } },
      lost: { on: { LEASE: { target: "held", guard: not("spent") } } } } }
  }
})

/** Final states: done events, a region that completes, and a top that ends. */
export const job = setup({
  types: { context: {} as { done: number }, events: {} as any },
  actions: { count: assign({ done: ({ context }) => context.done + 1 }) }
}).createMachine({
  id: "job", initial: "work", context: { done: 0 },
  states: {
    work: {
      type: "parallel", onDone: { target: "wrapping", actions: "count" },
      states: {
        left: { initial: "a", states: { a: { on: { L: "b", BOTH: "c" } }, b: { on: { L: "c" } }, c: { type: "final" } },
          onDone: { actions: "count" } },
        right: { initial: "a", states: { a: { on: { R: "b", BOTH: "b" } }, b: { type: "final" } } }
      }
    },
    wrapping: { on: { AGAIN: "work", END: "ended" }, exit: "count" },
    ended: { type: "final", entry: "count", exit: "count" }
  }
})
