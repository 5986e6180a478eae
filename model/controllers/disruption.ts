/**
 * disruption: says how many pods of a PodDisruptionBudget may be evicted. Only its objects' life as committed stands
 * here: a recorded cluster has budgets, ours not yet.
 *
 * States: absent, unobserved, allowing, exhausted, terminating, removed (initial: absent): its life as committed, and
 *         whether an eviction would be granted.
 * Time:   none; an eviction that was granted and did not come is forgotten after 2 minutes of the controller's clock.
 * Errors: refused requests leave no trace in the store.
 * Source: services-and-work.md 7; kubernetes apis/policy/validation; pkg/controller/disruption/disruption.go
 *         updatePdbStatus, failSafe; registry/core/pod/storage/eviction.go checkAndDecrement, v1.36.
 */
import { assign, setup } from "xstate"
import {
  changesOf, graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld, isUnheld, metaOf,
  nothingRemembered, type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import { areNatural, conditionOf, keepTheirTimes, observesInOrder } from "#model/api-server/status-laws.ts"
import type { ObservedObjects } from "#model/observed.ts"

type Budget = ObservedObjects["poddisruptionbudgets"]
interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const budgetOf = (event: ObjectEvent): Budget => event.object as unknown as Budget
const beforeOf = (event: ObjectEvent): Budget => (event as { readonly previous: unknown }).previous as Budget
const isLive = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp === undefined

interface Observing {
  readonly observedGeneration?: number
}
type Grants = "unobserved" | "allowing" | "exhausted"
const grantsOf = ({ metadata, status }: Budget): Grants =>
  (status.observedGeneration ?? 0) !== metadata.generation ? "unobserved"
    : (status.disruptionsAllowed ?? 0) > 0 ? "allowing" : "exhausted"

/** No more may be evicted than are healthy beyond those that must be, and its condition says so. */
const isSafe = ({ status }: Budget): boolean => {
  const { conditions, currentHealthy = 0, desiredHealthy = 0, disruptionsAllowed = 0, expectedPods = 0,
    observedGeneration } = status
  const said = conditionOf(conditions, "DisruptionAllowed")
  return areNatural(currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods)
    && disruptionsAllowed <= Math.max(0, currentHealthy - desiredHealthy)
    && (said === undefined ? disruptionsAllowed === 0 : (disruptionsAllowed > 0
      ? said.status === "True" && said.reason === "SufficientPods"
      : said.status === "False" && (said.reason === "InsufficientPods" || said.reason === "SyncFailed"))
      && (said as Observing).observedGeneration === observedGeneration)
}
/** A number is demanded as it is asked for, as soon as the status is of what is wanted now. */
const demandsWhatIsAsked = ({ metadata, spec: { maxUnavailable, minAvailable }, status }: Budget): boolean =>
  typeof minAvailable !== "number" || maxUnavailable !== undefined || status.observedGeneration !== metadata.generation
    || conditionOf(status.conditions, "DisruptionAllowed")?.reason === "SyncFailed"
    || status.desiredHealthy === minAvailable
const isFresh = ({ status }: Budget): boolean => isSafe({ status } as Budget)
  && status.observedGeneration === undefined && (status.conditions ?? []).length === 0
  && Object.keys(status.disruptedPods ?? {}).length === 0

/** Whoever takes a permit says for which pod, in the same write. */
const permitsAreCounted = ({ status: before }: Budget, { status: now }: Budget): boolean => {
  const were = before.disruptedPods ?? {}
  const taken = Object.keys(now.disruptedPods ?? {})
    .filter((pod) => were[pod] !== now.disruptedPods![pod])
  return taken.length === 0
    || (taken.length === 1 && now.disruptionsAllowed === (before.disruptionsAllowed ?? 0) - 1)
}
const isLawful = (args: Args): boolean => {
  const { event } = args
  if (event.type !== "object.updated" || !isLawfulUpdate(args)) return false
  const [before, budget] = [beforeOf(event), budgetOf(event)]
  return isSafe(budget) && demandsWhatIsAsked(budget) && (!changesOf(event).status || (permitsAreCounted(before, budget)
    && observesInOrder(before.status, budget.status, budget.metadata.generation)
    && keepTheirTimes(before.status.conditions, budget.status.conditions)))
}
const seenAs = (grants: Grants) => ({ event }: Args): boolean =>
  isLive(event) && grantsOf(budgetOf(event)) === grants && isLawfulSight(event) && isSafe(budgetOf(event))
const becomes = (grants: Grants) => (args: Args): boolean =>
  isLive(args.event) && grantsOf(budgetOf(args.event)) === grants && isLawful(args)

const podDisruptionBudget = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) => isLawfulCreation(event) && isFresh(budgetOf(event)),
    isSeenUnobserved: seenAs("unobserved"),
    isSeenAllowing: seenAs("allowing"),
    isSeenExhausted: seenAs("exhausted"),
    isSeenTerminating: ({ event }: Args) => !isLive(event) && isLawfulSight(event) && isSafe(budgetOf(event)),
    isUnobserved: becomes("unobserved"),
    isAllowing: becomes("allowing"),
    isExhausted: becomes("exhausted"),
    /** Without finalizers there is nothing to wait for. */
    beginsToTerminate: (args: Args) => !isLive(args.event) && isStillHeld(args.event) && isLawful(args),
    staysTerminating: (args: Args) => !isLive(args.event) && isLawful(args),
    isRemovedAtOnce: ({ context, event }: Args) => isUnheld(context) && isLawfulRemoval(context, event),
    isRemovedAtLast: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "podDisruptionBudget",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": { guard: "isCreated", target: "unobserved", actions: "remember" },
        "object.seen": [
          { guard: "isSeenUnobserved", target: "unobserved", actions: "remember" },
          { guard: "isSeenAllowing", target: "allowing", actions: "remember" },
          { guard: "isSeenExhausted", target: "exhausted", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" }
        ]
      }
    },
    unobserved: {
      description: "Its status is of an earlier generation; no eviction is granted meanwhile.",
      on: {
        "object.updated": [
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "isAllowing", target: "allowing", actions: "remember" },
          { guard: "isExhausted", target: "exhausted", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    allowing: {
      description: "More pods are healthy than must be.",
      on: {
        "object.updated": [
          { guard: "isAllowing", target: "allowing", actions: "remember" },
          { guard: "isExhausted", target: "exhausted", actions: "remember" },
          { guard: "isUnobserved", target: "unobserved", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    exhausted: {
      description: "Nobody more may be evicted: all who are healthy must be, or nobody knows.",
      on: {
        "object.updated": [
          { guard: "isExhausted", target: "exhausted", actions: "remember" },
          { guard: "isAllowing", target: "allowing", actions: "remember" },
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

export const charts = { "disruption.podDisruptionBudget": podDisruptionBudget } as const
