/**
 * replica-set: keeps the number of a ReplicaSet's active pods at spec.replicas.
 *
 * States: idle, creating, deleting, expecting, gone (initial: idle).
 * Time:   expectations are given up after 5 min by the controller's clock.
 * Errors: a failed creation ends the slow start; a failed creation or deletion is no longer expected.
 * Source: pkg/controller/replicaset/replica_set.go and controller_utils.go, v1.36; kubernetes.md 4.3, 8, 12.26.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import * as defaults from "#model/limits/controllers/replica-set.ts"

interface Limits {
  readonly burstReplicas_max: number
  readonly slowStartInitialBatch: number
  readonly expectationsTimeout_ms: number
}

interface ReplicaSet {
  readonly limits: Limits
  /** Creations of this sync that have not been attempted; of the batch under way, that are not answered. */
  readonly remaining: number
  readonly inBatch: number
  readonly batchSize: number
  readonly created: number
  readonly failed: number
  /** Victims of this sync whose deletion is not answered. */
  readonly victims: ReadonlyArray<string>
  readonly expectedAt_ms: number
}
type ReplicaSetEvent = Judged<EventOf<"replicaSet">>

/** A sync that creates or deletes finishes its sentence before anything else is said of the set. */
const vanishes = { "replicaSet.deleted": { target: "gone" } } as const

const replicaSet = setup({
  types: {
    context: {} as ReplicaSet,
    events: {} as ReplicaSetEvent,
    input: {} as { readonly limits?: Partial<Limits> } | undefined
  },
  guards: {
    lacksSoMany: ({ context, event }) => event.type === "replicaSet.createsExpected" && event.count > 0 &&
      event.count === Math.min(event.replicas - event.active, context.limits.burstReplicas_max),
    hasTooMany: ({ context, event }) => event.type === "replicaSet.deletesExpected" && event.victims.length > 0 &&
      event.victims.length === Math.min(event.active - event.replicas, context.limits.burstReplicas_max) &&
      new Set(event.victims).size === event.victims.length,
    startsSlowly: ({ context, event }) => event.type === "replicaSet.batchStarted" && context.inBatch === 0 &&
      context.failed === 0 && event.size === Math.min(context.remaining,
      context.batchSize === 0 ? context.limits.slowStartInitialBatch : context.batchSize * 2),
    isInBatch: ({ context }) => context.inBatch > 0,
    createsAllSeen: ({ context, event }) => event.type === "replicaSet.createsEnded" && context.inBatch === 0 &&
      event.created === context.created && event.outstanding <= 0 &&
      (context.remaining === 0 || context.failed > 0),
    createsUnseen: ({ context, event }) => event.type === "replicaSet.createsEnded" && context.inBatch === 0 &&
      event.created === context.created && event.outstanding > 0 && event.outstanding <= context.created &&
      (context.remaining === 0 || context.failed > 0),
    isVictim: ({ context, event }) => (event.type === "replicaSet.podDeleted" ||
      event.type === "replicaSet.podDeleteFailed") && context.victims.includes(event.uid),
    deletesAllSeen: ({ context, event }) => event.type === "replicaSet.deletesEnded" &&
      context.victims.length === 0 && event.outstanding === 0,
    deletesUnseen: ({ context, event }) => event.type === "replicaSet.deletesEnded" &&
      context.victims.length === 0 && event.outstanding > 0,
    waitedLong: ({ context, event }) =>
      event.clock_ms - context.expectedAt_ms >= context.limits.expectationsTimeout_ms,
    addsUp: ({ event }) => event.type === "replicaSet.statusWritten" && event.fullyLabeledReplicas <= event.replicas &&
      event.readyReplicas <= event.replicas && event.availableReplicas <= event.readyReplicas &&
      event.observedGeneration > 0
  },
  actions: {
    expectCreates: assign({
      remaining: ({ event }) => event.type === "replicaSet.createsExpected" ? event.count : 0,
      inBatch: 0, batchSize: 0, created: 0, failed: 0,
      expectedAt_ms: ({ event }) => event.clock_ms
    }),
    startBatch: assign(({ context, event }) => event.type !== "replicaSet.batchStarted" ? context : {
      ...context, inBatch: event.size, batchSize: event.size, remaining: context.remaining - event.size
    }),
    created: assign({ inBatch: ({ context }) => context.inBatch - 1, created: ({ context }) => context.created + 1 }),
    createFailed: assign({
      inBatch: ({ context }) => context.inBatch - 1, failed: ({ context }) => context.failed + 1
    }),
    expectDeletes: assign({
      victims: ({ event }) => event.type === "replicaSet.deletesExpected" ? event.victims : [],
      expectedAt_ms: ({ event }) => event.clock_ms
    }),
    answered: assign({ victims: ({ context, event }) => event.type === "replicaSet.podDeleted" ||
      event.type === "replicaSet.podDeleteFailed" ? context.victims.filter((uid) => uid !== event.uid)
      : context.victims }),
    claim: () => {},
    report: () => {}
  }
}).createMachine({
  context: ({ input }) => ({
    limits: { ...defaults, ...input?.limits },
    remaining: 0, inBatch: 0, batchSize: 0, created: 0, failed: 0, victims: [], expectedAt_ms: 0
  }),
  initial: "idle",
  on: {
    "replicaSet.statusWritten": { guard: "addsUp", actions: "report" },
    "replicaSet.podAdopted": { actions: "claim" },
    "replicaSet.podReleased": { actions: "claim" }
  },
  states: {
    idle: {
      description: "Nothing is expected: the next sync may count pods and act.",
      on: {
        "replicaSet.createsExpected": { guard: "lacksSoMany", target: "creating", actions: "expectCreates" },
        "replicaSet.deletesExpected": { guard: "hasTooMany", target: "deleting", actions: "expectDeletes" },
        ...vanishes
      }
    },
    creating: {
      description: "Batches of 1, 2, 4, … creations; the first failure ends them.",
      on: {
        "replicaSet.batchStarted": { guard: "startsSlowly", actions: "startBatch" },
        "replicaSet.podCreated": { guard: "isInBatch", actions: "created" },
        "replicaSet.podCreateFailed": { guard: "isInBatch", actions: "createFailed" },
        "replicaSet.createsEnded": [
          { guard: "createsAllSeen", target: "idle" },
          { guard: "createsUnseen", target: "expecting" }
        ]
      }
    },
    deleting: {
      description: "The victims are being deleted, all at once.",
      on: {
        "replicaSet.podDeleted": { guard: "isVictim", actions: "answered" },
        "replicaSet.podDeleteFailed": { guard: "isVictim", actions: "answered" },
        "replicaSet.deletesEnded": [
          { guard: "deletesAllSeen", target: "idle" },
          { guard: "deletesUnseen", target: "expecting" }
        ]
      }
    },
    expecting: {
      description: "The informer has not shown all of the controller's own writes: no pod is created or deleted.",
      on: {
        "replicaSet.expectationsMet": { target: "idle" },
        "replicaSet.expectationsExpired": { guard: "waitedLong", target: "idle" },
        ...vanishes
      }
    },
    gone: { description: "The object is gone; its uid never comes back.", type: "final", tags: "gone" }
  }
})

export const charts = { "replica-set.replicaSet": replicaSet } as const
