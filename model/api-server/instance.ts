/**
 * api-server.instance: one server process.
 *
 * States: off, starting, ready, unready, draining, stopped (initial: off).
 * Time:   it is ready when its caches are, however long etcd takes; it becomes unready after readinessFailures_max
 *         failed probes of etcd, readinessPeriod_ms apart.
 * Errors: a crash is the machine's process.crashed; a server that etcd does not answer for livenessFailing_ms ends so.
 * Source: reference 3.1, 12.3; apiserver server/config.go (post-start hooks gate /readyz), kubeadm's probes, v1.36.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { readinessFailures_max, readinessPeriod_ms } from "#model/limits/api-server.ts"
import { clockGrain_ms } from "#model/limits/client.ts"

const limits = { readinessFailures_max, readinessPeriod_ms }
interface Context {
  readonly limits: typeof limits
  readonly readyAt_ms: number
}

export const instance = setup({
  types: {
    context: {} as Context,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as Judged<EventOf<"apiServer">>
  },
  guards: {
    isItself: ({ event }) => event.entity === event.actor,
    hasFailedOften: ({ context, event }) => event.clock_ms + clockGrain_ms
      >= context.readyAt_ms + (context.limits.readinessFailures_max - 1) * context.limits.readinessPeriod_ms
  },
  actions: { noteReady: assign({ readyAt_ms: ({ event }) => event.clock_ms }) }
}).createMachine({
  id: "instance",
  context: ({ input }) => ({ limits: { ...limits, ...input?.limits }, readyAt_ms: 0 }),
  initial: "off",
  states: {
    off: {
      description: "Does not run.",
      on: { "apiServer.started": { guard: "isItself", target: "starting" } }
    },
    starting: {
      description: "Connects to etcd and fills its watch caches; nobody is listened to.",
      on: { "apiServer.becameReady": { target: "ready", actions: "noteReady" } }
    },
    ready: {
      description: "Accepts connections.",
      on: {
        "apiServer.becameUnready": { guard: "hasFailedOften", target: "unready" },
        "apiServer.draining": "draining"
      }
    },
    unready: {
      description: "Cannot read from etcd: keeps the connections that it has and accepts no others.",
      on: {
        "apiServer.becameReady": { target: "ready", actions: "noteReady" },
        "apiServer.draining": "draining"
      }
    },
    draining: {
      description: "Told to stop: finishes what it has begun, and asks whoever wants more to come back later.",
      on: { "apiServer.stopped": "stopped" }
    },
    stopped: { description: "Told to stop; has closed its watches and ends.", type: "final", tags: "gone" }
  }
})
