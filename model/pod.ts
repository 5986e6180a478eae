/**
 * pod: the API's pod as committed: its life, its phase and its binding. Written by users, the scheduler, the kubelet
 * and controllers, always through the API server.
 *
 * States: life: absent, live, terminating, removed; phase: pending, running, succeeded, failed; binding: unbound, bound
 *         (initial: absent, pending, unbound).
 * Time:   none; stamps are of the server's wall clock.
 * Errors: refused requests leave no trace in the store.
 * Source: reference 3.2, 3.3, 3.6, 12.8, 12.12; invariants 14, 16, 18, 20 to 24, 36, 37, 42, 47; kubernetes v1.36.
 */
import { assign, setup } from "xstate"
import {
  type Changes, changesOf, graceIsOver, isLawfulChange, isLawfulCreation, isLawfulRemoval, isLawfulSight, metaOf,
  nothingRemembered, type ObjectEvent, objectOf, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import type { Container, Pod, PodPhase, PodStatus } from "#model/objects/pod.ts"
import { equal } from "#model/objects/equality.ts"

interface Context extends Remembered {
  readonly nodeName: string
  readonly phase: PodPhase
}
interface Args { readonly context: Context; readonly event: ObjectEvent }

const podOf = (event: ObjectEvent): Pod => objectOf(event) as Pod
const nodeOf = (pod: Pod): string => pod.spec.nodeName ?? ""
const isTerminal = (phase: PodPhase): boolean => phase === "Succeeded" || phase === "Failed"
const isGated = (pod: Pod): boolean => (pod.spec.schedulingGates?.length ?? 0) > 0

const successors: Readonly<Record<PodPhase, ReadonlyArray<PodPhase>>> = {
  Pending: ["Pending", "Running", "Succeeded", "Failed"],
  Running: ["Running", "Succeeded", "Failed"],
  Succeeded: ["Succeeded"],
  Failed: ["Failed"]
}

/** What a binding leaves as it is; it clears the nomination. */
const withoutScheduled = ({ conditions = [], nominatedNodeName: _nominated, ...rest }: PodStatus): object =>
  ({ ...rest, conditions: conditions.filter(({ type }) => type !== "PodScheduled") })

/**
 * Set once, by a binding: a pod that is live and not gated, and nothing else but that it is scheduled now. It is
 * written past the strategy, so the generation does not count it (setPodNodeAndMetadata).
 */
const bindingIsLawful = (context: Context, before: Pod, pod: Pod): boolean =>
  context.nodeName === "" && !isGated(before) && context.deletionTimestamp === undefined
  && pod.metadata.deletionTimestamp === undefined
  && equal({ ...before.spec, nodeName: nodeOf(pod) }, pod.spec)
  && equal(withoutScheduled(before.status), withoutScheduled(pod.status))

const plain = (container: Container): object => ({ ...container, image: "", resources: {}, resizePolicy: [] })
/** Each as it was, but for its image and what it may use. */
const areContainersKept = (before: ReadonlyArray<Container> = [], now: ReadonlyArray<Container> = []): boolean =>
  before.length === now.length && before.every((one, index) => equal(plain(one), plain(now[index]!)))
/** Of a list to which one may add, and from which nothing goes. */
const isKept = (before: ReadonlyArray<unknown> = [], now: ReadonlyArray<unknown> = []): boolean =>
  before.every((one) => now.some((other) => equal(one, other)))
/** A deadline may be set, and brought forward. */
const isDeadlineLawful = (before = Infinity, now = Infinity): boolean => now >= 0 && now <= before

/**
 * Images, resources (by resize), more tolerations, fewer gates, a nearer deadline, more ephemeral containers; and where
 * a gated pod may be placed. Source: apis/core/validation ValidatePodUpdate, ValidatePodResize,
 * ValidatePodEphemeralContainersUpdate, v1.36.
 */
const specIsLawful = (before: Pod, pod: Pod): boolean => {
  const { activeDeadlineSeconds: deadlineBefore, affinity: affinityBefore, containers: containersBefore,
    ephemeralContainers: ephemeralBefore, initContainers: initBefore, nodeSelector: selectorBefore,
    schedulingGates: gatesBefore = [], terminationGracePeriodSeconds: graceBefore, tolerations: toleratedBefore,
    ...rest } = before.spec
  const { activeDeadlineSeconds, affinity, containers, ephemeralContainers, initContainers, nodeSelector,
    schedulingGates = [], terminationGracePeriodSeconds, tolerations, ...restNow } = pod.spec
  return equal(rest, restNow) && areContainersKept(containersBefore, containers)
    && areContainersKept(initBefore, initContainers) && isKept(ephemeralBefore, ephemeralContainers)
    && isKept(toleratedBefore, tolerations) && isKept(schedulingGates, gatesBefore)
    && isDeadlineLawful(deadlineBefore, activeDeadlineSeconds)
    && (graceBefore === terminationGracePeriodSeconds || (graceBefore < 0 && terminationGracePeriodSeconds === 1))
    && (gatesBefore.length > 0 || (equal(affinityBefore, affinity) && equal(selectorBefore, nodeSelector)))
}

/** No grace is granted where no kubelet could use it. */
const graceIsLawful = (context: Context, pod: Pod): boolean => context.deletionTimestamp !== undefined
  || pod.metadata.deletionTimestamp === undefined || (context.nodeName !== "" && !isTerminal(context.phase))
  || pod.metadata.deletionGracePeriodSeconds === 0

const podChangeIsLawful = (context: Context, event: ObjectEvent, before: Pod, changes: Changes): boolean => {
  const pod = podOf(event)
  const isFirstDelete = context.deletionTimestamp === undefined && pod.metadata.deletionTimestamp !== undefined
  if (!successors[context.phase].includes(pod.status.phase) || !graceIsLawful(context, pod)) return false
  if (isFirstDelete) return !changes.spec && !changes.status
  if (!changes.spec) return true
  if (nodeOf(pod) !== context.nodeName) return bindingIsLawful(context, before, pod)
  return !changes.status && specIsLawful(before, pod)
}

const isLawfulUpdate = ({ context, event }: Args): boolean => {
  if (event.type !== "object.updated") return false
  const changes = changesOf(event)
  const isBinding = nodeOf(podOf(event)) !== context.nodeName
  return isLawfulChange(context, event, changes, changes.spec && !isBinding)
    && podChangeIsLawful(context, event, event.previous as Pod, changes)
}

const isSeen = (event: ObjectEvent): boolean => isLawfulSight(event) && podOf(event).kind === "Pod"
const seenAs = (phase: PodPhase) => ({ event }: Args): boolean =>
  podOf(event).status.phase === phase && isSeen(event)
const becomes = (phase: PodPhase) => (args: Args): boolean =>
  podOf(args.event).status.phase === phase && isLawfulUpdate(args)
const isCreated = ({ event }: Args): boolean => {
  const pod = podOf(event)
  return isLawfulCreation(event) && pod.kind === "Pod" && pod.status.phase === "Pending"
    && (pod.status.containerStatuses?.length ?? 0) === 0 && !(isGated(pod) && nodeOf(pod) !== "")
}

export const chart = setup({
  types: { context: {} as Context, events: {} as ObjectEvent },
  guards: {
    isCreated,
    isCreatedBound: (args: Args) => nodeOf(podOf(args.event)) !== "" && isCreated(args),
    isSeenLive: ({ event }: Args) => metaOf(event).deletionTimestamp === undefined && isSeen(event),
    isSeenTerminating: ({ event }: Args) => metaOf(event).deletionTimestamp !== undefined && isSeen(event),
    isSeenBound: ({ event }: Args) => nodeOf(podOf(event)) !== "" && isSeen(event),
    isSeenRunning: seenAs("Running"),
    isSeenSucceeded: seenAs("Succeeded"),
    isSeenFailed: seenAs("Failed"),
    staysLive: (args: Args) => metaOf(args.event).deletionTimestamp === undefined && isLawfulUpdate(args),
    terminates: (args: Args) => metaOf(args.event).deletionTimestamp !== undefined && isLawfulUpdate(args),
    /** A pod is always marked first; what is removed has no grace left. */
    isRemoved: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
      && podOf(event).status.phase === context.phase && nodeOf(podOf(event)) === context.nodeName,
    becomesRunning: becomes("Running"),
    becomesSucceeded: becomes("Succeeded"),
    becomesFailed: becomes("Failed"),
    isBound: (args: Args) => nodeOf(podOf(args.event)) !== "" && isLawfulUpdate(args)
  },
  actions: {
    remember: assign(({ event }) => {
      const pod = podOf(event)
      return { ...remember(event), nodeName: nodeOf(pod), phase: pod.status.phase }
    })
  }
}).createMachine({
  id: "pod",
  type: "parallel",
  context: { ...nothingRemembered, nodeName: "", phase: "Pending" },
  states: {
    phase: {
      initial: "pending",
      description: "What the kubelet last reported.",
      states: {
        pending: {
          description: "Accepted; not all of its containers have been started.",
          on: {
            "object.updated": [
              { guard: "becomesRunning", target: "running" },
              { guard: "becomesSucceeded", target: "succeeded" },
              { guard: "becomesFailed", target: "failed" }
            ],
            "object.seen": [
              { guard: "isSeenRunning", target: "running" },
              { guard: "isSeenSucceeded", target: "succeeded" },
              { guard: "isSeenFailed", target: "failed" }
            ]
          }
        },
        running: {
          description: "Bound, and at least one container runs or is being restarted.",
          on: { "object.updated": [
            { guard: "becomesSucceeded", target: "succeeded" },
            { guard: "becomesFailed", target: "failed" }
          ] }
        },
        succeeded: { description: "All containers ended well, for good." },
        failed: { description: "Ended, and not well, for good." }
      }
    },
    binding: {
      initial: "unbound",
      description: "Whether it has a node.",
      states: {
        unbound: {
          description: "No node yet.",
          on: {
            "object.created": { guard: "isCreatedBound", target: "bound" },
            "object.updated": { guard: "isBound", target: "bound" },
            "object.seen": { guard: "isSeenBound", target: "bound" }
          }
        },
        bound: { description: "Its node never changes." }
      }
    },
    life: {
      initial: "absent",
      description: "From its creation to its removal.",
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
          description: "Nobody has asked to delete it.",
          on: { "object.updated": [
            { guard: "staysLive", target: "live", actions: "remember" },
            { guard: "terminates", target: "terminating", actions: "remember" }
          ] }
        },
        terminating: {
          description: "Deleted by somebody; kept until its grace is over and its finalizers are gone.",
          on: {
            "object.updated": { guard: "terminates", target: "terminating", actions: "remember" },
            "object.deleted": { guard: "isRemoved", target: "removed" }
          }
        },
        removed: { description: "Gone for good; its uid never comes back.", tags: "gone" }
      }
    }
  }
})

export const charts = { "pod.pod": chart } as const
