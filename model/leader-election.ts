/**
 * leader-election: one instance that competes for a lease, and the Lease object as it is committed.
 *
 * States: elector: standby, leading, renewing, lost, stopped, released (initial: standby);
 *         lease: absent, free, held, removed (initial: absent). A node's lease goes with its node.
 * Time:   an instance gives up no earlier than renewDeadline after its last success; a lease passes from one holder to
 *         another no earlier than leaseDuration after its last change, on a clock that runs at most 1.5 times too fast.
 * Errors: a failed renewal is `elector.renewFailed`; losing the lease ends the process.
 * Source: client-go tools/leaderelection/leaderelection.go v0.37; reference 4.4, 12.7.
 */
import { assign, setup } from "xstate"
import type { EventOf, Judged } from "#model/events.ts"
import { clockGrain_ms } from "#model/limits/client.ts"
import { leaseDuration_ms, renewDeadline_ms } from "#model/limits.ts"
import type { Lease } from "#model/objects/lease.ts"

const limits = { leaseDuration_ms, renewDeadline_ms }
type ElectorEvent = Judged<EventOf<"elector">>
interface ElectorContext {
  readonly limits: typeof limits
  readonly identity: string
  readonly startedAt_ms: number
  /** The last success that is known to this chart: renewals that went well and fast are not told. */
  readonly succeededAt_ms: number
}

export const elector = setup({
  types: {
    context: {} as ElectorContext,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as ElectorEvent
  },
  guards: {
    /** A record that somebody else holds must have been watched unchanged for the whole duration. */
    mayTake: ({ context, event }) => event.type === "elector.acquired" && event.identity === context.identity
      && (event.how !== "expired"
        || event.clock_ms + clockGrain_ms >= context.startedAt_ms + context.limits.leaseDuration_ms),
    /** One renewal after the other: it began after the last success. */
    tookItsTime: ({ context, event }) => event.type === "elector.renewed"
      && event.clock_ms - event.took_ms + clockGrain_ms >= context.succeededAt_ms,
    isOverdue: ({ context, event }) => event.type === "elector.lost" && event.identity === context.identity
      && event.clock_ms + clockGrain_ms >= context.succeededAt_ms + context.limits.renewDeadline_ms,
    isOwn: ({ context, event }) => event.type === "elector.stopped" && event.identity === context.identity
  },
  actions: {
    begin: assign({
      identity: ({ context, event }) => event.type === "elector.started" ? event.identity : context.identity,
      startedAt_ms: ({ event }) => event.clock_ms
    }),
    rememberSuccess: assign({ succeededAt_ms: ({ event }) => event.clock_ms })
  }
}).createMachine({
  id: "elector",
  context: ({ input }) => ({
    limits: { ...limits, ...input?.limits }, identity: "", startedAt_ms: 0, succeededAt_ms: 0
  }),
  initial: "standby",
  states: {
    standby: {
      description: "Reads the lease every 2 to 4.4 s and waits for its turn.",
      on: {
        "elector.started": { target: "standby", actions: "begin" },
        "elector.acquired": { guard: "mayTake", target: "leading", actions: "rememberSuccess" }
      }
    },
    leading: {
      description: "Acts, and renews every 2 s.",
      on: {
        "elector.renewFailed": "renewing",
        "elector.renewed": { guard: "tookItsTime", target: "leading", actions: "rememberSuccess" },
        "elector.stopped": { guard: "isOwn", target: "stopped" }
      }
    },
    renewing: {
      description: "Still acts, but the last renewal failed.",
      on: {
        "elector.renewed": { guard: "tookItsTime", target: "leading", actions: "rememberSuccess" },
        "elector.lost": { guard: "isOverdue", target: "lost" },
        "elector.stopped": { guard: "isOwn", target: "stopped" }
      }
    },
    lost: { type: "final", description: "The process ends." },
    stopped: {
      description: "No longer acts; a scheduler gives the lease back.",
      on: { "elector.released": "released" }
    },
    released: { type: "final", description: "The lease is free for others at once." }
  }
})

type LeaseEvent = Judged<EventOf<"object">>
interface LeaseContext {
  readonly limits: typeof limits
  readonly uid: string
  readonly revision: number
  readonly spec: Lease["spec"]
  readonly changedAt_ms: number
}
/** The rate between two clocks up to which the election is safe: leaseDuration / renewDeadline. */
const legalRate = ({ limits }: LeaseContext): number => limits.leaseDuration_ms / limits.renewDeadline_ms

const leaseOf = (event: LeaseEvent): Lease => event.object as Lease
const holderOf = (spec: Lease["spec"]): string => spec.holderIdentity ?? ""
const isNext = (context: LeaseContext, event: LeaseEvent): boolean => {
  const { uid, resourceVersion } = leaseOf(event).metadata
  return uid === context.uid && event.revision > context.revision && Number(resourceVersion) === event.revision
}
const transitionsOf = (spec: Lease["spec"]): number => spec.leaseTransitions ?? 0
const isSameHolder = (context: LeaseContext, event: LeaseEvent): boolean =>
  holderOf(leaseOf(event).spec) === holderOf(context.spec)
/** The one who gives back keeps the count; the next holder raises it by one. */
const keepsCount = (context: LeaseContext, event: LeaseEvent): boolean =>
  transitionsOf(leaseOf(event).spec) === transitionsOf(context.spec)
const raisesCount = (context: LeaseContext, event: LeaseEvent): boolean =>
  transitionsOf(leaseOf(event).spec) === transitionsOf(context.spec) + 1

export const lease = setup({
  types: {
    context: {} as LeaseContext,
    input: {} as { readonly limits?: Partial<typeof limits> },
    events: {} as LeaseEvent
  },
  guards: {
    isCreatedHeld: ({ event }) => holderOf(leaseOf(event).spec) !== ""
      && Number(leaseOf(event).metadata.resourceVersion) === event.revision,
    isSeenHeld: ({ event }) => holderOf(leaseOf(event).spec) !== "",
    isSeenFree: ({ event }) => holderOf(leaseOf(event).spec) === "",
    isRemoved: ({ context, event }) => isNext(context, event),
    isRenewed: ({ context, event }) =>
      isNext(context, event) && isSameHolder(context, event) && keepsCount(context, event),
    isReleased: ({ context, event }) =>
      isNext(context, event) && holderOf(leaseOf(event).spec) === "" && keepsCount(context, event),
    isTakenOver: ({ context, event }) => isNext(context, event)
      && holderOf(leaseOf(event).spec) !== "" && !isSameHolder(context, event) && raisesCount(context, event)
      && event.clock_ms - context.changedAt_ms + clockGrain_ms
        >= (context.spec.leaseDurationSeconds ?? 0) * 1000 / legalRate(context),
    isTakenFree: ({ context, event }) => isNext(context, event)
      && holderOf(leaseOf(event).spec) !== "" && raisesCount(context, event)
  },
  actions: {
    remember: assign(({ event }) => ({
      uid: leaseOf(event).metadata.uid, revision: event.revision, spec: leaseOf(event).spec,
      changedAt_ms: event.clock_ms
    })),
    /** Nobody knows when it changed last. */
    rememberSight: assign(({ event }) => ({
      uid: leaseOf(event).metadata.uid, revision: event.revision, spec: leaseOf(event).spec, changedAt_ms: -Infinity
    }))
  }
}).createMachine({
  id: "lease",
  context: ({ input }) => ({
    limits: { ...limits, ...input?.limits }, uid: "", revision: 0, spec: {}, changedAt_ms: 0
  }),
  initial: "absent",
  states: {
    absent: {
      description: "Not created yet.",
      on: {
        "object.created": { guard: "isCreatedHeld", target: "held", actions: "remember" },
        "object.seen": [
          { guard: "isSeenHeld", target: "held", actions: "rememberSight" },
          { guard: "isSeenFree", target: "free", actions: "rememberSight" }
        ]
      }
    },
    free: {
      description: "Nobody holds it; anybody may take it.",
      on: {
        "object.updated": { guard: "isTakenFree", target: "held", actions: "remember" },
        "object.deleted": { guard: "isRemoved", target: "removed" }
      }
    },
    held: {
      description: "Held until it has not changed for its duration, or is given back.",
      on: {
        "object.updated": [
          { guard: "isRenewed", target: "held", actions: "remember" },
          { guard: "isReleased", target: "free", actions: "remember" },
          { guard: "isTakenOver", target: "held", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemoved", target: "removed" }
      }
    },
    removed: { description: "Gone with what it spoke for; its uid never comes back.", type: "final", tags: "gone" }
  }
})

export const charts = { "leader-election.elector": elector, "leader-election.lease": lease } as const
