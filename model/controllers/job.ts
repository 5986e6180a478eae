/**
 * job: runs pods until enough of them have come to a good end. Only its objects' life as committed stands here: a
 * recorded cluster has Jobs, ours not yet.
 *
 * States: absent, waiting, suspended, active, succeeding, failing, complete, failed, terminating, removed (initial:
 *         absent): its life as committed.
 * Time:   none; activeDeadlineSeconds and back-off are of its controller's clock.
 * Errors: refused requests leave no trace in the store.
 * Source: services-and-work.md 4; reference 12.29; invariants 88, 89, 90; job/laws.ts says what may change.
 */
import { assign, setup } from "xstate"
import {
  changesOf, graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld, isUnheld, metaOf,
  nothingRemembered, type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import { isTrue } from "#model/api-server/status-laws.ts"
import { countsPods, isFresh, isSound, type Job, specIsLawful, statusIsLawful } from "#model/controllers/job/laws.ts"

interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const jobOf = (event: ObjectEvent): Job => event.object as unknown as Job
const beforeOf = (event: ObjectEvent): Job => (event as { readonly previous: unknown }).previous as Job
const isLive = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp === undefined

type Outcome = "waiting" | "suspended" | "active" | "succeeding" | "failing" | "complete" | "failed"
const outcomeOf = ({ status }: Job): Outcome => {
  const has = (type: string): boolean => isTrue(status.conditions, type)
  if (has("Complete")) return "complete"
  if (has("Failed")) return "failed"
  if (has("SuccessCriteriaMet")) return "succeeding"
  if (has("FailureTarget")) return "failing"
  return has("Suspended") ? "suspended" : status.startTime === undefined ? "waiting" : "active"
}

const isLawful = (args: Args): boolean => {
  const { event } = args
  if (event.type !== "object.updated" || !isLawfulUpdate(args)) return false
  const changes = changesOf(event)
  return (!changes.spec || specIsLawful(beforeOf(event), jobOf(event)))
    && (!changes.status || (isSound(jobOf(event)) && statusIsLawful(beforeOf(event), jobOf(event))))
}
/** How it ended may have been written by a version that asked for less. */
const seenAs = (outcome: Outcome) => ({ event }: Args): boolean =>
  isLive(event) && outcomeOf(jobOf(event)) === outcome && isLawfulSight(event) && countsPods(jobOf(event))
const becomes = (outcome: Outcome) => (args: Args): boolean =>
  isLive(args.event) && outcomeOf(jobOf(args.event)) === outcome && isLawful(args)

const job = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) => isLawfulCreation(event) && isFresh(jobOf(event)),
    isSeenWaiting: seenAs("waiting"),
    isSeenSuspended: seenAs("suspended"),
    isSeenActive: seenAs("active"),
    isSeenSucceeding: seenAs("succeeding"),
    isSeenFailing: seenAs("failing"),
    isSeenComplete: seenAs("complete"),
    isSeenFailed: seenAs("failed"),
    isSeenTerminating: ({ event }: Args) => !isLive(event) && isLawfulSight(event) && countsPods(jobOf(event)),
    isWaiting: becomes("waiting"),
    isSuspended: becomes("suspended"),
    isActive: becomes("active"),
    succeeds: becomes("succeeding"),
    fails: becomes("failing"),
    isComplete: becomes("complete"),
    hasFailed: becomes("failed"),
    /** Without finalizers there is nothing to wait for. */
    beginsToTerminate: (args: Args) => !isLive(args.event) && isStillHeld(args.event) && isLawful(args),
    staysTerminating: (args: Args) => !isLive(args.event) && isLawful(args),
    isRemovedAtOnce: ({ context, event }: Args) => isUnheld(context) && isLawfulRemoval(context, event),
    isRemovedAtLast: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "job",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": { guard: "isCreated", target: "waiting", actions: "remember" },
        "object.seen": [
          { guard: "isSeenWaiting", target: "waiting", actions: "remember" },
          { guard: "isSeenSuspended", target: "suspended", actions: "remember" },
          { guard: "isSeenActive", target: "active", actions: "remember" },
          { guard: "isSeenSucceeding", target: "succeeding", actions: "remember" },
          { guard: "isSeenFailing", target: "failing", actions: "remember" },
          { guard: "isSeenComplete", target: "complete", actions: "remember" },
          { guard: "isSeenFailed", target: "failed", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" }
        ]
      }
    },
    waiting: {
      description: "Not started: its controller has not seen it.",
      on: {
        "object.updated": [
          { guard: "isWaiting", target: "waiting", actions: "remember" },
          { guard: "isActive", target: "active", actions: "remember" },
          { guard: "isSuspended", target: "suspended", actions: "remember" },
          { guard: "succeeds", target: "succeeding", actions: "remember" },
          { guard: "fails", target: "failing", actions: "remember" },
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "hasFailed", target: "failed", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    suspended: {
      description: "Its active pods are deleted, and none is made, until it is resumed.",
      on: {
        "object.updated": [
          { guard: "isSuspended", target: "suspended", actions: "remember" },
          { guard: "isActive", target: "active", actions: "remember" },
          { guard: "succeeds", target: "succeeding", actions: "remember" },
          { guard: "fails", target: "failing", actions: "remember" },
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "hasFailed", target: "failed", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    active: {
      description: "Started; its pods are made and counted.",
      on: {
        "object.updated": [
          { guard: "isActive", target: "active", actions: "remember" },
          { guard: "isSuspended", target: "suspended", actions: "remember" },
          { guard: "succeeds", target: "succeeding", actions: "remember" },
          { guard: "fails", target: "failing", actions: "remember" },
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "hasFailed", target: "failed", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    succeeding: {
      description: "Enough came to a good end, for good; what still runs is deleted and counted.",
      on: {
        "object.updated": [
          { guard: "succeeds", target: "succeeding", actions: "remember" },
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    failing: {
      description: "It cannot succeed any more, for good; what still runs is deleted and counted.",
      on: {
        "object.updated": [
          { guard: "fails", target: "failing", actions: "remember" },
          { guard: "hasFailed", target: "failed", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    complete: {
      description: "Came to a good end, and stays so.",
      on: {
        "object.updated": [
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    failed: {
      description: "Came to a bad end, and stays so.",
      on: {
        "object.updated": [
          { guard: "hasFailed", target: "failed", actions: "remember" },
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

export const charts = { "job.job": job } as const
