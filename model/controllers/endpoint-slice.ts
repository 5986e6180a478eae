/**
 * endpoint-slice: keeps the addresses of a Service's pods in slices. Only its objects' life as committed stands here: a
 * recorded cluster has slices, ours not yet.
 *
 * States: absent, empty, serving, idle, terminating, removed (initial: absent): its life as committed, and whether
 *         somebody in it takes traffic.
 * Time:   none.
 * Errors: refused requests leave no trace in the store.
 * Source: services-and-work.md 2; kubernetes apis/discovery/validation ValidateEndpointSliceUpdate, v1.36; invariant
 *         100.
 */
import { assign, setup } from "xstate"
import {
  graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld, isUnheld, metaOf, nothingRemembered,
  type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import { keeps } from "#model/api-server/status-laws.ts"
import type { ObservedObjects } from "#model/observed.ts"

type EndpointSlice = ObservedObjects["endpointslices"]
interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const sliceOf = (event: ObjectEvent): EndpointSlice => event.object as unknown as EndpointSlice
const beforeOf = (event: ObjectEvent): EndpointSlice =>
  (event as { readonly previous: unknown }).previous as EndpointSlice
const isLive = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp === undefined

/** An endpoint that says nothing is ready. */
export const isReadyEndpoint = ({ conditions }: NonNullable<EndpointSlice["endpoints"]>[number]): boolean =>
  conditions?.ready !== false

type Traffic = "empty" | "serving" | "idle"
const trafficOf = (slice: EndpointSlice): Traffic => {
  // Null is written where there are none.
  const endpoints = slice.endpoints ?? []
  return endpoints.length === 0 ? "empty" : endpoints.some(isReadyEndpoint) ? "serving" : "idle"
}

/** Source: apis/discovery/validation maxEndpoints, maxPorts, maxAddresses, v1.36. */
const endpoints_max = 1_000
const ports_max = 20_000
const addresses_max = 100
const isWellFormed = ({ endpoints, ports }: EndpointSlice): boolean =>
  (endpoints ?? []).length <= endpoints_max && (ports ?? []).length <= ports_max
  && (endpoints ?? []).every(({ addresses }) => addresses.length >= 1 && addresses.length <= addresses_max)
  && new Set((ports ?? []).map(({ name = "" }) => name)).size === (ports ?? []).length

const isLawful = (args: Args): boolean => {
  const { event } = args
  return event.type === "object.updated" && isLawfulUpdate(args) && isWellFormed(sliceOf(event))
    && keeps(beforeOf(event), sliceOf(event), ["addressType"])
}
const createdAs = (traffic: Traffic) => ({ event }: Args): boolean =>
  trafficOf(sliceOf(event)) === traffic && isLawfulCreation(event) && isWellFormed(sliceOf(event))
const seenAs = (traffic: Traffic) => ({ event }: Args): boolean =>
  isLive(event) && trafficOf(sliceOf(event)) === traffic && isLawfulSight(event) && isWellFormed(sliceOf(event))
const becomes = (traffic: Traffic) => (args: Args): boolean =>
  isLive(args.event) && trafficOf(sliceOf(args.event)) === traffic && isLawful(args)

const endpointSlice = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreatedEmpty: createdAs("empty"),
    isCreatedServing: createdAs("serving"),
    isCreatedIdle: createdAs("idle"),
    isSeenEmpty: seenAs("empty"),
    isSeenServing: seenAs("serving"),
    isSeenIdle: seenAs("idle"),
    isSeenTerminating: ({ event }: Args) => !isLive(event) && isLawfulSight(event) && isWellFormed(sliceOf(event)),
    isEmpty: becomes("empty"),
    isServing: becomes("serving"),
    isIdle: becomes("idle"),
    /** Without finalizers there is nothing to wait for. */
    beginsToTerminate: (args: Args) => !isLive(args.event) && isStillHeld(args.event) && isLawful(args),
    staysTerminating: (args: Args) => !isLive(args.event) && isLawful(args),
    isRemovedAtOnce: ({ context, event }: Args) => isUnheld(context) && isLawfulRemoval(context, event),
    isRemovedAtLast: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "endpointSlice",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": [
          { guard: "isCreatedEmpty", target: "empty", actions: "remember" },
          { guard: "isCreatedServing", target: "serving", actions: "remember" },
          { guard: "isCreatedIdle", target: "idle", actions: "remember" }
        ],
        "object.seen": [
          { guard: "isSeenEmpty", target: "empty", actions: "remember" },
          { guard: "isSeenServing", target: "serving", actions: "remember" },
          { guard: "isSeenIdle", target: "idle", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" }
        ]
      }
    },
    empty: {
      description: "Holds the place of a Service that has no pod with an address.",
      on: {
        "object.updated": [
          { guard: "isEmpty", target: "empty", actions: "remember" },
          { guard: "isServing", target: "serving", actions: "remember" },
          { guard: "isIdle", target: "idle", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    serving: {
      description: "At least one endpoint is ready.",
      on: {
        "object.updated": [
          { guard: "isServing", target: "serving", actions: "remember" },
          { guard: "isIdle", target: "idle", actions: "remember" },
          { guard: "isEmpty", target: "empty", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    idle: {
      description: "None of its endpoints is ready: they start, fail or terminate.",
      on: {
        "object.updated": [
          { guard: "isIdle", target: "idle", actions: "remember" },
          { guard: "isServing", target: "serving", actions: "remember" },
          { guard: "isEmpty", target: "empty", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    terminating: {
      description: "Deleted by a user, kept until its finalizers are gone.",
      on: {
        "object.updated": { guard: "staysTerminating", target: "terminating", actions: "remember" },
        "object.deleted": { guard: "isRemovedAtLast", target: "removed" }
      }
    },
    removed: { description: "Gone for good; its uid never comes back.", type: "final", tags: "gone" }
  }
})

export const charts = { "endpoint-slice.endpointSlice": endpointSlice } as const
