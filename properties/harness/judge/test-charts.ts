/** Small charts that use all that a chart may be drawn with, for the tests of the judge and of the search. */
import { assign, emit, setup } from "xstate"

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

/** Regions, nested states, transitions of the chart, of parents and of leaves, several candidates, lawful nothings. */
export const worker = setup({
  types: { context: {} as { restarts: number; probes: number; lease: number; log: string }, events: {} as any },
  guards: {
    mayRestart: ({ context }) => context.restarts < 5,
    isSpent: ({ context }) => context.restarts >= 5,
    isUnhealthy: ({ context }) => context.probes >= 3,
    isFresh: ({ context, event }) => event.n > context.lease % 3
  },
  actions: {
    restart: assign({ restarts: ({ context }) => context.restarts + 1, probes: 0 }),
    bad: assign({ probes: ({ context }) => context.probes + 1 }),
    good: assign({ probes: 0 }),
    renew: assign(({ context }) => ({ lease: context.lease + 1 })),
    reset: assign({ restarts: 0 }),
    note: assign({ log: ({ context, event }) => (context.log + event.type[0]).slice(-8) }),
    announce: emit(({ context, event }) => ({ type: "pod.announced", n: context.restarts, because: event.type })),
    greet: emit({ type: "pod.greeted" }),
    lawful: () => {}
  }
}).createMachine({
  id: "worker", type: "parallel", context: { restarts: 0, probes: 0, lease: 0, log: "" },
  on: { ALL: { actions: ["renew", "announce", "note"] } },
  states: {
    pod: {
      initial: "pending",
      on: { RESET: { target: ".pending", actions: "reset" }, TICK: { actions: "lawful" } },
      states: {
        pending: { on: { START: "creating" } },
        creating: {
          initial: "pulling",
          on: { EXIT: "backoff", INNER: ".sandbox", AGAIN: { target: "creating", actions: ["note", "greet"] } },
          states: {
            pulling: { on: { TICK: { target: "sandbox", actions: "announce" }, EXIT: { actions: "lawful" } } },
            sandbox: { on: { STARTED: { target: "#worker.pod.running", actions: ["good", "greet"] },
              TICK: { target: "sandbox", actions: "bad" } } }
          }
        },
        running: {
          initial: "unready",
          on: { EXIT: { target: "backoff", actions: ["restart", "announce"] }, INNER: { target: ".ready" } },
          states: {
            unready: { on: { PROBE_OK: { target: "ready", actions: "good" } } },
            ready: { on: { PROBE_FAIL: [
              { guard: "isUnhealthy", target: "#worker.pod.backoff", actions: "restart" },
              { guard: "isFresh", actions: ["bad", "note"] }] } }
          }
        },
        backoff: { on: {
          TICK: [{ target: "failed", guard: "isSpent" }, { target: "creating", guard: "mayRestart" }] } },
        failed: { on: { START: { target: "#worker.pod.creating.sandbox", actions: "reset" } } }
      }
    },
    net: { initial: "up", states: {
      up: { on: { "NET.DOWN": "down", PROBE_FAIL: { actions: "renew" } } }, down: { on: { "NET.UP": "up" } } } },
    lease: { initial: "held", states: {
      held: { on: { LEASE: { actions: "renew", guard: "isFresh" }, "NET.DOWN": "expiring" } },
      expiring: { on: { TICK: "lost", "NET.UP": "held", ALL: { actions: "renew" } } },
      lost: { on: { LEASE: { target: "held", guard: "mayRestart" } } } } }
  }
})

/** It ends, and some of what it hears goes on being lawful then. */
export const job = setup({
  types: { context: {} as { done: number }, events: {} as any },
  guards: { isEnough: ({ context }) => context.done >= 2 },
  actions: { count: assign({ done: ({ context }) => context.done + 1 }) }
}).createMachine({
  id: "job", initial: "work", context: { done: 0 },
  on: { COUNT: { actions: "count" } },
  states: {
    work: {
      type: "parallel", on: { END: { guard: "isEnough", target: "ended" }, WRAP: "wrapping" },
      states: {
        left: { initial: "a", states: { a: { on: { L: "b", BOTH: "c" } }, b: { on: { L: "c" } }, c: {} } },
        right: { initial: "a", states: { a: { on: { R: "b", BOTH: "b" } }, b: {} } }
      }
    },
    wrapping: { on: { AGAIN: "work", END: "ended" } },
    ended: { type: "final", tags: "gone" }
  }
})
