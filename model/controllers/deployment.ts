/**
 * deployment: rolls a Deployment's pods from one template to the next, through ReplicaSets. Only its objects' life as
 * committed stands here: a recorded cluster has Deployments, ours not yet.
 *
 * States: absent, unobserved, progressing, complete, stalled, paused, terminating, removed (initial: absent): its life
 *         as committed, and how far the last roll-out has come by its own account.
 * Time:   none; progressDeadlineSeconds is measured by its controller's clock.
 * Errors: refused requests leave no trace in the store.
 * Source: reference 12.26; kubernetes apis/apps/validation ValidateDeploymentUpdate, ValidateDeploymentStatusUpdate;
 *         registry/apps/deployment/strategy.go; pkg/controller/deployment/progress.go, sync.go, v1.36.
 */
import { assign, setup } from "xstate"
import {
  changesOf, graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld, isUnheld, metaOf,
  nothingRemembered, type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import {
  areNatural, areNotRefreshed, areSingle, conditionOf, keeps, keepTheirTimes, observesInOrder
} from "#model/api-server/status-laws.ts"
import { equal } from "#model/objects/equality.ts"
import { scaled } from "#model/objects/int-or-string.ts"
import type { ObservedObjects } from "#model/observed.ts"

type Deployment = ObservedObjects["deployments"]
interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const deploymentOf = (event: ObjectEvent): Deployment => event.object as unknown as Deployment
const beforeOf = (event: ObjectEvent): Deployment => (event as { readonly previous: unknown }).previous as Deployment
const isLive = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp === undefined

/** How the last roll-out goes: what the condition says, once the status is of the present generation. */
const progressOf = ({ metadata, status }: Deployment) => {
  if ((status.observedGeneration ?? 0) !== metadata.generation) return "unobserved"
  const condition = conditionOf(status.conditions, "Progressing")
  if (condition?.reason === "DeploymentPaused") return "paused"
  if (condition?.status === "False") return "stalled"
  return condition?.status === "True" && condition.reason === "NewReplicaSetAvailable" ? "complete" : "progressing"
}

/** How many of its pods may be missing while it rolls. Source: deployment/util MaxUnavailable. */
export const maxUnavailableOf = ({ spec: { replicas = 1, strategy } }: Deployment): number => {
  if (strategy?.type !== "RollingUpdate" || replicas === 0) return 0
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate ?? {}
  const missing = scaled(maxUnavailable, replicas)
  // Nobody may be missing and nobody may be added: it could not move.
  return Math.min(replicas, missing === 0 && scaled(maxSurge, replicas, "up") === 0 ? 1 : missing)
}

/** The parts of its pods are no more than the whole. */
const addsUp = ({ status }: Deployment): boolean => {
  const { availableReplicas = 0, collisionCount, readyReplicas = 0, replicas = 0, terminatingReplicas,
    unavailableReplicas, updatedReplicas = 0 } = status
  return areNatural(availableReplicas, collisionCount, readyReplicas, replicas, terminatingReplicas,
    unavailableReplicas, updatedReplicas) && areSingle(status.conditions)
    && updatedReplicas <= replicas && readyReplicas <= replicas && availableReplicas <= readyReplicas
}
/** Available says whether enough are, as soon as the status is of what is wanted now. */
const tellsAvailability = (deployment: Deployment): boolean => {
  const { metadata, spec, status } = deployment
  if (status.observedGeneration !== metadata.generation) return true
  const isEnough = (status.availableReplicas ?? 0) >= (spec.replicas ?? 1) - maxUnavailableOf(deployment)
  return conditionOf(status.conditions, "Available")?.status === (isEnough ? "True" : "False")
}
/** By type and status: for which reasons. Others may keep conditions of other types. */
const reasons: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = {
  Available: { True: ["MinimumReplicasAvailable"], False: ["MinimumReplicasUnavailable"] },
  Progressing: {
    True: ["NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetUpdated", "NewReplicaSetAvailable"],
    False: ["ReplicaSetCreateError", "ProgressDeadlineExceeded"], Unknown: ["DeploymentPaused", "DeploymentResumed"]
  }
}
const hasReasons = ({ status: { conditions = [] } }: Deployment): boolean => conditions.every((condition) =>
  reasons[condition.type] === undefined
    || reasons[condition.type]![condition.status]?.includes(condition.reason ?? "") === true)

/** As long as progress is measured it is told of. Source: deployment/util HasProgressDeadline. */
const hasDeadline = ({ spec: { progressDeadlineSeconds } }: Deployment): boolean =>
  progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== 2_147_483_647

/** Nothing has been rolled out yet. */
const isFresh = ({ status }: Deployment): boolean => Object.keys(status).length === 0

/** A status is written through its own door, which leaves labels as they are; conditions stay but for these. */
const mayPass = (type: string, deployment: Deployment): boolean =>
  type === "ReplicaFailure" || (type === "Progressing" && !hasDeadline(deployment))
const statusIsLawful = (event: ObjectEvent): boolean => {
  const [before, now] = [beforeOf(event), deploymentOf(event)]
  const { metadata, status } = now
  return equal(before.metadata.labels ?? {}, metadata.labels ?? {})
    && observesInOrder(before.status, status, metadata.generation)
    && (status.collisionCount ?? 0) >= (before.status.collisionCount ?? 0)
    && hasReasons(now) && keepTheirTimes(before.status.conditions, status.conditions)
    // Whoever sees progress writes when it was.
    && areNotRefreshed(before.status.conditions, status.conditions, ({ reason }) => reason === "ReplicaSetUpdated")
    && (before.status.conditions ?? []).every(({ type }) =>
      mayPass(type, now) || conditionOf(status.conditions, type) !== undefined)
}
/**
 * It says that a roll-out is complete when all of its pods are of the new template, and available. A change that asks
 * for no new set leaves the last roll-out complete.
 */
const completes = (event: ObjectEvent): boolean => {
  const reasonOf = ({ status }: Deployment) => conditionOf(status.conditions, "Progressing")?.reason
  if (reasonOf(beforeOf(event)) === reasonOf(deploymentOf(event))) return true
  const { spec: { replicas }, status: { availableReplicas = 0, replicas: total = 0, updatedReplicas = 0 } } =
    deploymentOf(event)
  return updatedReplicas === replicas && total === replicas && availableReplicas === replicas
}

const isLawful = (args: Args): boolean => {
  const { event } = args
  if (event.type !== "object.updated" || !isLawfulUpdate(args)) return false
  const changes = changesOf(event)
  const deployment = deploymentOf(event)
  return addsUp(deployment) && tellsAvailability(deployment)
    && keeps(beforeOf(event).spec, deployment.spec, ["selector"]) && (!changes.status || statusIsLawful(event))
}
const seenAs = (progress: ReturnType<typeof progressOf>) => ({ event }: Args): boolean =>
  isLive(event) && progressOf(deploymentOf(event)) === progress && isLawfulSight(event) && addsUp(deploymentOf(event))
  && tellsAvailability(deploymentOf(event))
const becomes = (progress: ReturnType<typeof progressOf>) => (args: Args): boolean =>
  isLive(args.event) && progressOf(deploymentOf(args.event)) === progress && isLawful(args)

const deployment = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) => isLawfulCreation(event) && isFresh(deploymentOf(event)),
    isSeenUnobserved: seenAs("unobserved"),
    isSeenProgressing: seenAs("progressing"),
    isSeenComplete: seenAs("complete"),
    isSeenStalled: seenAs("stalled"),
    isSeenPaused: seenAs("paused"),
    isSeenTerminating: ({ event }: Args) => !isLive(event) && isLawfulSight(event) && addsUp(deploymentOf(event)),
    isUnobserved: becomes("unobserved"),
    progresses: becomes("progressing"),
    isComplete: (args: Args) => becomes("complete")(args) && completes(args.event),
    isStalled: becomes("stalled"),
    /** Who is complete has no deadline any more; the set may be gone, and fail to be made again. */
    failsAnew: (args: Args) => becomes("stalled")(args)
      && conditionOf(deploymentOf(args.event).status.conditions, "Progressing")?.reason !== "ProgressDeadlineExceeded",
    isPaused: becomes("paused"),
    /** Without finalizers there is nothing to wait for. */
    beginsToTerminate: (args: Args) => !isLive(args.event) && isStillHeld(args.event) && isLawful(args),
    staysTerminating: (args: Args) => !isLive(args.event) && isLawful(args),
    isRemovedAtOnce: ({ context, event }: Args) => isUnheld(context) && isLawfulRemoval(context, event),
    isRemovedAtLast: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "deployment",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": { guard: "isCreated", target: "unobserved", actions: "remember" },
        "object.seen": [
          { guard: "isSeenUnobserved", target: "unobserved", actions: "remember" },
          { guard: "isSeenProgressing", target: "progressing", actions: "remember" },
          { guard: "isSeenComplete", target: "complete", actions: "remember" },
          { guard: "isSeenStalled", target: "stalled", actions: "remember" },
          { guard: "isSeenPaused", target: "paused", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" }
        ]
      }
    },
    unobserved: {
      description: "Its status is of an earlier generation: what it says is not of what is wanted.",
      on: {
        "object.updated": [
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "progresses", target: "progressing", actions: "remember" },
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "isStalled", target: "stalled", actions: "remember" },
          { guard: "isPaused", target: "paused", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    progressing: {
      description: "Rolls out its template, or nobody measures how far it has come.",
      on: {
        "object.updated": [
          { guard: "progresses", target: "progressing", actions: "remember" },
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "isStalled", target: "stalled", actions: "remember" },
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    complete: {
      description: "The last roll-out came to its end; pods may be lost and made since.",
      on: {
        "object.updated": [
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "progresses", target: "progressing", actions: "remember" },
          { guard: "failsAnew", target: "stalled", actions: "remember" },
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    stalled: {
      description: "Made no progress within its deadline, or could not make its set; it goes on trying.",
      on: {
        "object.updated": [
          { guard: "isStalled", target: "stalled", actions: "remember" },
          { guard: "progresses", target: "progressing", actions: "remember" },
          { guard: "isComplete", target: "complete", actions: "remember" },
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    paused: {
      description: "Scales, and rolls nothing out, until somebody resumes it: a change of its spec.",
      on: {
        "object.updated": [
          { guard: "isPaused", target: "paused", actions: "remember" },
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

export const charts = { "deployment.deployment": deployment } as const
