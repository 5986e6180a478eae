/**
 * api-server.object: the life of a stored object that has no chart of its own, as committed.
 *
 * States: absent, live, terminating, removed (initial: absent).
 * Time:   none; deletionTimestamp is a stamp of the server's wall clock.
 * Errors: refused requests leave no trace in the store.
 * Source: reference 3.2, 3.3, 12.8; apiserver registry/rest/delete.go, v1.36.
 */
import { assign, setup } from "xstate"
import {
  changesOf, graceIsOver, isLawfulChange, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld,
  isUnheld, metaOf,
  nothingRemembered, type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { kindOf } from "#model/observed.ts"

interface Args { readonly context: Remembered; readonly event: ObjectEvent }

/**
 * Whose status changes with its spec: a Service's goes with its type, and a custom resource may have no door for its
 * status alone. Source: kubernetes registry/core/service/strategy.go dropTypeDependentFields, v1.36.
 */
const hasOneDoor = (resource: string): boolean => resource === "services" || kindOf(resource) === undefined

/**
 * Spec and status are written through different doors: never both at once. Only a namespace says that it terminates
 * in the write that marks it. Source: kubernetes registry/core/namespace/storage/storage.go Delete, v1.36.
 */
export const isLawfulUpdate = ({ context, event }: Args): boolean => {
  if (event.type !== "object.updated") return false
  const changes = changesOf(event)
  const isFirstDelete = context.deletionTimestamp === undefined && metaOf(event).deletionTimestamp !== undefined
  return isLawfulChange(context, event, changes)
    && !(changes.spec && changes.status && !hasOneDoor(event.resource))
    && !(isFirstDelete && (changes.spec || (changes.status && event.resource !== "namespaces")))
}

export const object = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) => isLawfulCreation(event),
    isSeenLive: ({ event }: Args) => metaOf(event).deletionTimestamp === undefined && isLawfulSight(event),
    isSeenTerminating: ({ event }: Args) => metaOf(event).deletionTimestamp !== undefined && isLawfulSight(event),
    staysLive: (args: Args) => metaOf(args.event).deletionTimestamp === undefined && isLawfulUpdate(args),
    /** Without finalizers there is nothing to wait for. */
    beginsToTerminate: (args: Args) =>
      metaOf(args.event).deletionTimestamp !== undefined && isStillHeld(args.event) && isLawfulUpdate(args),
    staysTerminating: (args: Args) => metaOf(args.event).deletionTimestamp !== undefined && isLawfulUpdate(args),
    isRemovedAtOnce: ({ context, event }: Args) => isUnheld(context) && isLawfulRemoval(context, event),
    isRemovedAtLast: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "object",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": { guard: "isCreated", target: "live", actions: "remember" },
        "object.seen": [
          { guard: "isSeenLive", target: "live", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" }
        ]
      }
    },
    live: {
      description: "Stored, and nobody has asked to delete it.",
      on: {
        "object.updated": [
          { guard: "staysLive", target: "live", actions: "remember" },
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
