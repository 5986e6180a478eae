/**
 * stateful-set: pods with names that stay, one after the other. Only its objects' life as committed stands here: a
 * recorded cluster has StatefulSets, ours not yet.
 *
 * States: absent, unobserved, rolling, current, terminating, removed (initial: absent): its life as committed, and
 *         whether all of its pods are of the revision that is wanted by its own account.
 * Time:   none.
 * Errors: refused requests leave no trace in the store.
 * Source: reference 12.27; kubernetes apis/apps/validation ValidateStatefulSetUpdate, ValidateStatefulSetStatusUpdate;
 *         pkg/controller/statefulset/stateful_set_control.go, stateful_set_utils.go completeRollingUpdate, v1.36.
 */
import { assign, setup } from "xstate"
import {
  changesOf, graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld, isUnheld, metaOf,
  nothingRemembered, type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import { areNatural, keepsAllBut, observesByName } from "#model/api-server/status-laws.ts"
import type { ObservedObjects } from "#model/observed.ts"

type StatefulSet = ObservedObjects["statefulsets"]
interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const setOf = (event: ObjectEvent): StatefulSet => event.object as unknown as StatefulSet
const beforeOf = (event: ObjectEvent): StatefulSet => (event as { readonly previous: unknown }).previous as StatefulSet
const isLive = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp === undefined

type Progress = "unobserved" | "rolling" | "current"
const progressOf = ({ metadata, status }: StatefulSet): Progress =>
  (status.observedGeneration ?? 0) !== metadata.generation ? "unobserved"
    : status.currentRevision === status.updateRevision ? "current" : "rolling"

const mayChange = ["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy", "minReadySeconds"] as const

/** The parts of its pods are no more than the whole; none is of two revisions. */
const addsUp = ({ status }: StatefulSet): boolean => {
  const { availableReplicas = 0, collisionCount, currentReplicas = 0, readyReplicas = 0, replicas,
    updatedReplicas = 0 } = status
  const isRolling = status.currentRevision !== status.updateRevision
  return areNatural(availableReplicas, collisionCount, currentReplicas, readyReplicas, replicas, updatedReplicas)
    && readyReplicas <= replicas && availableReplicas <= readyReplicas && currentReplicas <= replicas
    && updatedReplicas + (isRolling ? currentReplicas : 0) <= replicas
}
const isFresh = ({ status }: StatefulSet): boolean => status.replicas === 0 && (status.availableReplicas ?? 0) === 0
  && status.observedGeneration === undefined && status.updateRevision === undefined

/** The revision that its pods have is left for no other than the one that they are to have. */
const revisionsAreLawful = (before: StatefulSet, { status }: StatefulSet): boolean =>
  status.currentRevision === before.status.currentRevision || status.currentRevision === status.updateRevision
const statusIsLawful = (before: StatefulSet, set: StatefulSet): boolean =>
  observesByName(before.status, set.status, set.metadata.generation) && revisionsAreLawful(before, set)
  && (set.status.collisionCount ?? 0) >= (before.status.collisionCount ?? 0)

const isLawful = (args: Args): boolean => {
  const { event } = args
  if (event.type !== "object.updated" || !isLawfulUpdate(args)) return false
  const [before, set] = [beforeOf(event), setOf(event)]
  return addsUp(set) && keepsAllBut(before.spec, set.spec, mayChange)
    && (!changesOf(event).status || statusIsLawful(before, set))
}
const seenAs = (progress: Progress) => ({ event }: Args): boolean =>
  isLive(event) && progressOf(setOf(event)) === progress && isLawfulSight(event) && addsUp(setOf(event))
const becomes = (progress: Progress) => (args: Args): boolean =>
  isLive(args.event) && progressOf(setOf(args.event)) === progress && isLawful(args)

const statefulSet = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) => isLawfulCreation(event) && isFresh(setOf(event)),
    isSeenUnobserved: seenAs("unobserved"),
    isSeenRolling: seenAs("rolling"),
    isSeenCurrent: seenAs("current"),
    isSeenTerminating: ({ event }: Args) => !isLive(event) && isLawfulSight(event) && addsUp(setOf(event)),
    isUnobserved: becomes("unobserved"),
    isRolling: becomes("rolling"),
    isCurrent: becomes("current"),
    /** Without finalizers there is nothing to wait for. */
    beginsToTerminate: (args: Args) => !isLive(args.event) && isStillHeld(args.event) && isLawful(args),
    staysTerminating: (args: Args) => !isLive(args.event) && isLawful(args),
    isRemovedAtOnce: ({ context, event }: Args) => isUnheld(context) && isLawfulRemoval(context, event),
    isRemovedAtLast: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "statefulSet",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": { guard: "isCreated", target: "unobserved", actions: "remember" },
        "object.seen": [
          { guard: "isSeenUnobserved", target: "unobserved", actions: "remember" },
          { guard: "isSeenRolling", target: "rolling", actions: "remember" },
          { guard: "isSeenCurrent", target: "current", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" }
        ]
      }
    },
    unobserved: {
      description: "Its status is of another generation: what it says is not of what is wanted.",
      on: {
        "object.updated": [
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "isRolling", target: "rolling", actions: "remember" },
          { guard: "isCurrent", target: "current", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    rolling: {
      description: "Some of its pods are still to be of another revision than the one that is wanted.",
      on: {
        "object.updated": [
          { guard: "isRolling", target: "rolling", actions: "remember" },
          { guard: "isCurrent", target: "current", actions: "remember" },
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    current: {
      description: "The revision that is wanted is the one that its pods have; another needs another generation.",
      on: {
        "object.updated": [
          { guard: "isCurrent", target: "current", actions: "remember" },
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
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

export const charts = { "stateful-set.statefulSet": statefulSet } as const
