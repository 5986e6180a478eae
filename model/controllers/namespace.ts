/**
 * namespace: a namespace goes with all that is in it, pods first.
 *
 * States: absent, active, terminating, finalized, removed (initial: absent): its life as committed.
 * Time:   none; the longest grace in it is waited for, and 15 s for finalizers.
 * Errors: refused requests leave no trace in the store; what cannot be deleted is said in its conditions.
 * Source: kubernetes.io, "Namespaces"; design proposal "namespaces"; services-and-work.md 6; KEP-5080 for the order.
 */
import { assign, setup } from "xstate"
import {
  graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isUnheld, metaOf, nothingRemembered, type ObjectEvent,
  remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import { contentFinalizer, type Namespace } from "#model/objects/namespace.ts"

interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const namespaceOf = (event: ObjectEvent): Namespace => event.object as Namespace
const isGoing = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp !== undefined
/** Somebody is to take its content away before it may go. */
const holdsContent = (event: ObjectEvent): boolean =>
  namespaceOf(event).spec.finalizers?.includes(contentFinalizer) === true
/** Its phase says nothing but whether it is being deleted. */
const tellsItsPhase = (event: ObjectEvent): boolean =>
  namespaceOf(event).status.phase === (isGoing(event) ? "Terminating" : "Active")
const keepsItsConditions = (event: ObjectEvent): boolean => {
  if (event.type !== "object.updated") return false
  const before = (event.previous as Namespace).status.conditions ?? []
  const after = new Set((namespaceOf(event).status.conditions ?? []).map(({ type }) => type))
  return before.every(({ type }) => after.has(type))
}
const isLawful = (args: Args): boolean =>
  isLawfulUpdate(args) && tellsItsPhase(args.event) && keepsItsConditions(args.event)

const namespace = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) => isLawfulCreation(event) && tellsItsPhase(event) && holdsContent(event),
    isSeenActive: ({ event }: Args) => !isGoing(event) && isLawfulSight(event) && tellsItsPhase(event),
    isSeenTerminating: ({ event }: Args) => isGoing(event) && holdsContent(event) && isLawfulSight(event),
    isSeenFinalized: ({ event }: Args) => isGoing(event) && !holdsContent(event) && isLawfulSight(event),
    staysActive: (args: Args) => !isGoing(args.event) && isLawful(args),
    beginsToTerminate: (args: Args) => isGoing(args.event) && holdsContent(args.event) && isLawful(args),
    staysTerminating: (args: Args) => holdsContent(args.event) && isLawful(args),
    isFinalized: (args: Args) => !holdsContent(args.event) && isLawful(args),
    /** The write that takes its last finalizer away removes it. */
    isRemoved: ({ context, event }: Args) =>
      graceIsOver(context) && isUnheld(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "namespace",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": { guard: "isCreated", target: "active", actions: "remember" },
        "object.seen": [
          { guard: "isSeenActive", target: "active", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" },
          { guard: "isSeenFinalized", target: "finalized", actions: "remember" }
        ]
      }
    },
    active: {
      description: "Takes content.",
      on: {
        "object.updated": [
          { guard: "staysActive", target: "active", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ]
      }
    },
    terminating: {
      description: "Takes nothing new; its content is taken away, pods first.",
      on: {
        "object.updated": [
          { guard: "staysTerminating", target: "terminating", actions: "remember" },
          { guard: "isFinalized", target: "finalized", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemoved", target: "removed" }
      }
    },
    finalized: {
      description: "Empty; finalizers of others hold it.",
      on: {
        "object.updated": { guard: "isFinalized", target: "finalized", actions: "remember" },
        "object.deleted": { guard: "isRemoved", target: "removed" }
      }
    },
    removed: { description: "Gone for good; its uid never comes back.", type: "final", tags: "gone" }
  }
})

export const charts = { "namespace.namespace": namespace } as const
