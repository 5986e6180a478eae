/**
 * work-queue: a key to be reconciled, and how long it waits after a failure.
 *
 * States: key: absent, queued, processing, dirty (initial: absent);
 *         rateLimit: clean, waiting, failing (initial: clean).
 * Time:   `retry.due` comes no earlier than the back-off after its failure; of two delays of a key the earlier wins.
 * Errors: a failed sync is `retry.postponed`; nothing here gives up.
 * Source: client-go util/workqueue/{queue,delaying_queue,default_rate_limiters}.go v0.37; reference 4.2, 12.6.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { clockGrain_ms, queueBackoff_max_ms, queueBackoff_ms, slowestRetry_ms } from "#model/limits/client.ts"

export const key = setup({
  types: { events: {} as Judged<EventOf<"key">> }
}).createMachine({
  id: "key",
  initial: "absent",
  states: {
    absent: { description: "Nothing to do.", tags: ["gone"], on: { "key.added": "queued" } },
    queued: { description: "Waits for a worker; further adds are the same add.", on: { "key.taken": "processing" } },
    processing: {
      description: "One worker has it.",
      on: { "key.added": "dirty", "key.done": "absent" }
    },
    dirty: {
      description: "One worker has it, and it was added again: it will be handled once more, afterwards.",
      on: { "key.done": "queued" }
    }
  }
})

const limits = { queueBackoff_ms, queueBackoff_max_ms, slowestRetry_ms }
interface RetryContext {
  readonly limits: typeof limits
  readonly failures: number
  /** The earliest time at which a pending delay ends. */
  readonly due_ms: number | undefined
}
const backoff_ms = ({ limits }: RetryContext, failures: number, entity: string): number =>
  Math.min(limits.queueBackoff_ms * 2 ** Math.min(failures - 1, 40),
    limits.slowestRetry_ms[entity.slice(0, entity.indexOf(":"))] ?? limits.queueBackoff_max_ms)

export const rateLimit = setup({
  types: {
    context: {} as RetryContext,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as Judged<EventOf<"retry">>
  },
  guards: {
    isOneMoreFailure: ({ context, event }) =>
      event.type === "retry.postponed" && event.failures === context.failures + 1,
    isDue: ({ context, event }) =>
      context.due_ms !== undefined && event.clock_ms + clockGrain_ms >= context.due_ms
  },
  actions: {
    countFailure: assign(({ context, event }) => {
      const failures = context.failures + 1
      const due_ms = event.clock_ms + backoff_ms(context, failures, event.entity)
      return { failures, due_ms: Math.min(due_ms, context.due_ms ?? due_ms) }
    }),
    endDelay: assign({ due_ms: () => undefined }),
    forgetFailures: assign({ failures: () => 0 })
  }
}).createMachine({
  id: "rateLimit",
  context: ({ input }) => ({ limits: { ...limits, ...input?.limits }, failures: 0, due_ms: undefined }),
  initial: "clean",
  states: {
    clean: {
      description: "No failure since the last success.",
      on: { "retry.postponed": { guard: "isOneMoreFailure", target: "waiting", actions: "countFailure" } }
    },
    waiting: {
      description: "Failed, and will be added when the back-off has passed.",
      on: {
        "retry.postponed": { guard: "isOneMoreFailure", target: "waiting", actions: "countFailure" },
        "retry.due": { guard: "isDue", target: "failing", actions: "endDelay" },
        "retry.forgotten": { target: "clean", actions: "forgetFailures" }
      }
    },
    failing: {
      description: "Failed before, and was added again.",
      on: {
        "retry.postponed": { guard: "isOneMoreFailure", target: "waiting", actions: "countFailure" },
        "retry.forgotten": { target: "clean", actions: "forgetFailures" }
      }
    }
  }
})

export const charts = { "work-queue.key": key, "work-queue.rateLimit": rateLimit } as const
