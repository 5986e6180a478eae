/**
 * daemon-set: one pod on each node that fits. Only its objects' life as committed stands here: a recorded cluster has
 * DaemonSets, ours not yet.
 *
 * States: absent, unobserved, rolling, current, terminating, removed (initial: absent): its life as committed, and
 *         whether every node that should has a pod of the present template by its own account.
 * Time:   none.
 * Errors: refused requests leave no trace in the store.
 * Source: reference 12.28; kubernetes apis/apps/validation ValidateDaemonSetUpdate, ValidateDaemonSetStatusUpdate;
 *         registry/apps/daemonset/strategy.go; apis/apps/v1/conversion.go (the generation of the template is an
 *         annotation); pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus, v1.36.
 */
import { assign, setup } from "xstate"
import {
  changesOf, graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld, isUnheld, metaOf,
  nothingRemembered, type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import { areNatural, keeps, observesByName } from "#model/api-server/status-laws.ts"
import { equal } from "#model/objects/equality.ts"
import type { ObservedObjects } from "#model/observed.ts"

type DaemonSet = ObservedObjects["daemonsets"]
interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const setOf = (event: ObjectEvent): DaemonSet => event.object as unknown as DaemonSet
const beforeOf = (event: ObjectEvent): DaemonSet => (event as { readonly previous: unknown }).previous as DaemonSet
const isLive = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp === undefined

type Progress = "unobserved" | "rolling" | "current"
const progressOf = ({ metadata, status }: DaemonSet): Progress =>
  (status.observedGeneration ?? 0) !== metadata.generation ? "unobserved"
    : (status.updatedNumberScheduled ?? 0) < status.desiredNumberScheduled ? "rolling" : "current"

/** All is counted over the nodes that should have a pod, once for each. */
const addsUp = ({ status }: DaemonSet): boolean => {
  const { collisionCount, currentNumberScheduled: current, desiredNumberScheduled: desired, numberAvailable = 0,
    numberMisscheduled, numberReady, numberUnavailable = 0, updatedNumberScheduled = 0 } = status
  return areNatural(collisionCount, current, desired, numberAvailable, numberMisscheduled, numberReady,
    numberUnavailable, updatedNumberScheduled)
    && current <= desired && numberReady <= current && updatedNumberScheduled <= current
    && numberAvailable <= numberReady && numberUnavailable === desired - numberAvailable
}
const isFresh = ({ status }: DaemonSet): boolean => status.desiredNumberScheduled === 0
  && status.currentNumberScheduled === 0 && status.numberMisscheduled === 0 && status.observedGeneration === undefined

const templateGenerationOf = ({ metadata: { annotations = {} } }: DaemonSet): number =>
  Number(annotations["deprecated.daemonset.template.generation"])
/** Counted by the server, whatever a user gives. */
const countsTemplates = (before: DaemonSet, set: DaemonSet): boolean => templateGenerationOf(set)
  === templateGenerationOf(before) + (equal(before.spec.template, set.spec.template) ? 0 : 1)

const statusIsLawful = (before: DaemonSet, { metadata, status }: DaemonSet): boolean =>
  observesByName(before.status, status, metadata.generation)
  && (status.collisionCount ?? 0) >= (before.status.collisionCount ?? 0)

const isLawful = (args: Args): boolean => {
  const { event } = args
  if (event.type !== "object.updated" || !isLawfulUpdate(args)) return false
  const [before, set] = [beforeOf(event), setOf(event)]
  return addsUp(set) && keeps(before.spec, set.spec, ["selector"]) && countsTemplates(before, set)
    && (!changesOf(event).status || statusIsLawful(before, set))
}
const seenAs = (progress: Progress) => ({ event }: Args): boolean =>
  isLive(event) && progressOf(setOf(event)) === progress && isLawfulSight(event) && addsUp(setOf(event))
const becomes = (progress: Progress) => (args: Args): boolean =>
  isLive(args.event) && progressOf(setOf(args.event)) === progress && isLawful(args)

const daemonSet = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) =>
      isLawfulCreation(event) && isFresh(setOf(event)) && templateGenerationOf(setOf(event)) >= 1,
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
  id: "daemonSet",
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
      description: "A node has no pod yet, or one of an older template.",
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
      description: "Every node that should has a pod of the present template; nodes come, and pods are lost.",
      on: {
        "object.updated": [
          { guard: "isCurrent", target: "current", actions: "remember" },
          { guard: "isRolling", target: "rolling", actions: "remember" },
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

export const charts = { "daemon-set.daemonSet": daemonSet } as const
