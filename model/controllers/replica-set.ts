/**
 * replica-set: keeps the number of a ReplicaSet's active pods at spec.replicas.
 *
 * States: absent, unobserved, observed, terminating, removed (initial: absent): its life as committed.
 * Time:   none; what is available is told by the clocks of nodes and controller.
 * Errors: refused requests leave no trace in the store.
 * Source: kubernetes.io, "ReplicaSet"; kubernetes.md 8, 12.26; pod-safety.md in design proposals. `lawful` is written
 *         from those, for each write of the controller; what it shares with others is model/controller.ts.
 */
import { assign, setup } from "xstate"
import {
  graceIsOver, isLawfulCreation, isLawfulRemoval, isLawfulSight, isStillHeld, isUnheld, metaOf, nothingRemembered,
  type ObjectEvent, remember, type Remembered
} from "#model/api-server/object-laws.ts"
import { isLawfulUpdate } from "#model/api-server/object.ts"
import { controllerOf, isOwnersChange, isSelected, type Written } from "#model/controller.ts"
import { isReady, readySince_ms, wrongVictim } from "#model/controllers/replica-set/ranking.ts"
import { burstReplicas_max } from "#model/limits/controllers/replica-set.ts"
import { equal } from "#model/objects/equality.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ReplicaSet } from "#model/objects/replica-set.ts"

interface Args { readonly context: Remembered; readonly event: ObjectEvent }

const setOf = (event: ObjectEvent): ReplicaSet => event.object as ReplicaSet
const isLive = (event: ObjectEvent): boolean => metaOf(event).deletionTimestamp === undefined
const isObserved = (event: ObjectEvent): boolean =>
  setOf(event).status.observedGeneration === setOf(event).metadata.generation

/** The parts of its pods are no more than the whole, and nobody has seen what is not there yet. */
const addsUp = (event: ObjectEvent): boolean => {
  const { metadata, status } = setOf(event)
  const { availableReplicas = 0, fullyLabeledReplicas: labelled = 0, readyReplicas = 0, replicas } = status
  const { observedGeneration = 0 } = status
  return labelled <= replicas && readyReplicas <= replicas && availableReplicas <= readyReplicas
    && observedGeneration <= metadata.generation
}
const isLawful = (args: Args): boolean => isLawfulUpdate(args) && addsUp(args.event)

const replicaSet = setup({
  types: { context: {} as Remembered, events: {} as ObjectEvent },
  guards: {
    isCreated: ({ event }: Args) => isLawfulCreation(event) && !isObserved(event) && addsUp(event),
    isSeenObserved: ({ event }: Args) => isLive(event) && isObserved(event) && isLawfulSight(event),
    isSeenLive: ({ event }: Args) => isLive(event) && !isObserved(event) && isLawfulSight(event),
    isSeenTerminating: ({ event }: Args) => !isLive(event) && isLawfulSight(event),
    isReported: (args: Args) => isLive(args.event) && isObserved(args.event) && isLawful(args),
    staysLive: (args: Args) => isLive(args.event) && !isObserved(args.event) && isLawful(args),
    /** Without finalizers there is nothing to wait for. */
    beginsToTerminate: (args: Args) => !isLive(args.event) && isStillHeld(args.event) && isLawful(args),
    staysTerminating: (args: Args) => !isLive(args.event) && isLawful(args),
    isRemovedAtOnce: ({ context, event }: Args) => isUnheld(context) && isLawfulRemoval(context, event),
    isRemovedAtLast: ({ context, event }: Args) => graceIsOver(context) && isLawfulRemoval(context, event)
  },
  actions: { remember: assign(({ event }) => remember(event)) }
}).createMachine({
  id: "replicaSet",
  context: nothingRemembered,
  initial: "absent",
  states: {
    absent: {
      description: "Nothing with this uid has been stored.",
      on: {
        "object.created": { guard: "isCreated", target: "unobserved", actions: "remember" },
        "object.seen": [
          { guard: "isSeenObserved", target: "observed", actions: "remember" },
          { guard: "isSeenLive", target: "unobserved", actions: "remember" },
          { guard: "isSeenTerminating", target: "terminating", actions: "remember" }
        ]
      }
    },
    unobserved: {
      description: "Its status is of an earlier generation: what it says is not of what is wanted.",
      on: {
        "object.updated": [
          { guard: "isReported", target: "observed", actions: "remember" },
          { guard: "staysLive", target: "unobserved", actions: "remember" },
          { guard: "beginsToTerminate", target: "terminating", actions: "remember" }
        ],
        "object.deleted": { guard: "isRemovedAtOnce", target: "removed" }
      }
    },
    observed: {
      description: "Its controller has reported on its present generation.",
      on: {
        "object.updated": [
          { guard: "isReported", target: "observed", actions: "remember" },
          { guard: "staysLive", target: "unobserved", actions: "remember" },
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

export const charts = { "replica-set.replicaSet": replicaSet } as const

// What the controller may write, given what its informers showed.

/** Terminating pods and those that have ended do not count: more processes than spec.replicas may run. */
export const isActive = ({ metadata, status }: Pod): boolean => metadata.deletionTimestamp === undefined
  && status.phase !== "Succeeded" && status.phase !== "Failed"
const isTerminating = ({ metadata, status }: Pod): boolean => metadata.deletionTimestamp !== undefined
  && status.phase !== "Succeeded" && status.phase !== "Failed"

export const selects = (set: ReplicaSet, pod: Pod): boolean =>
  pod.metadata.namespace === set.metadata.namespace && isSelected(set.spec.selector, pod)

const hasLabels = ({ metadata: { labels = {} } }: Pod, wanted: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value)

/** Numbers of its status. Available: ready for minReadySeconds, as far as clocks tell; never before. */
export const figuresOf = (set: ReplicaSet, pods: ReadonlyArray<Pod>, now_ms: number | undefined) => {
  const active = pods.filter(isActive)
  const ready = active.filter(isReady)
  const wait_ms = (set.spec.minReadySeconds ?? 0) * 1_000
  return {
    replicas: active.length, readyReplicas: ready.length,
    fullyLabeledReplicas: active.filter((pod) => hasLabels(pod, set.spec.template.metadata.labels)).length,
    terminatingReplicas: pods.filter(isTerminating).length,
    availableReplicas_max: ready.filter((pod) =>
      wait_ms === 0 || now_ms === undefined || now_ms - readySince_ms(pod) >= wait_ms).length
  }
}

/** That something could not be made or deleted is said once, and taken back when all went well. */
const wrongCondition = (set: ReplicaSet, active: number, { status }: ReplicaSet, hasFailed: boolean) => {
  const of = ({ conditions = [] }: ReplicaSet["status"]) => conditions.find(({ type }) => type === "ReplicaFailure")
  const [had, has] = [of(set.status), of(status)]
  if ((has !== undefined) !== hasFailed) return hasFailed ? "says nothing of its failure" : "reports a failure of none"
  const reason = active < set.spec.replicas ? "FailedCreate" : "FailedDelete"
  if (has === undefined || (had !== undefined && equal(had, has))) return undefined
  return had === undefined && has.status === "True" && has.reason === reason ? undefined
    : `reports its failure as ${JSON.stringify(has)}`
}

const wrongStatus = (set: ReplicaSet, pods: ReadonlyArray<Pod>, { status }: ReplicaSet, now_ms: number | undefined) => {
  const { availableReplicas_max, ...exact } = figuresOf(set, pods, now_ms)
  for (const [name, figure] of Object.entries(exact) as ReadonlyArray<[keyof typeof exact, number]>) {
    if ((status[name] ?? 0) !== figure) return `reports ${status[name]} as ${name}; it saw ${figure}`
  }
  if (status.observedGeneration !== set.metadata.generation) {
    return `reports on generation ${status.observedGeneration}; it saw ${set.metadata.generation}`
  }
  const available = status.availableReplicas ?? 0
  const isTrue = (set.spec.minReadySeconds ?? 0) === 0 ? available === availableReplicas_max
    : available <= availableReplicas_max
  return isTrue ? undefined : `reports ${available} available pods; ${availableReplicas_max} were ready for long enough`
}

/** Without what the admission of a pod adds. */
const programsOf = ({ containers }: Pick<Pod["spec"], "containers">): unknown =>
  containers.map(({ volumeMounts: _, ...container }) => container)

/** Made by its template, for it, and named after it. */
const wrongPod = (set: ReplicaSet, pod: Pod): string | undefined => {
  const { template } = set.spec
  const owner = controllerOf(pod)
  if (!hasLabels(pod, template.metadata.labels)) return "creates a pod without the labels of its template"
  if (!pod.metadata.name.startsWith(`${set.metadata.name}-`)) return `creates a pod under the name ${pod.metadata.name}`
  if (owner?.uid !== set.metadata.uid || owner.kind !== "ReplicaSet" || owner.apiVersion !== "apps/v1"
    || owner.name !== set.metadata.name || owner.blockOwnerDeletion !== true) {
    return `creates a pod with the controller ${JSON.stringify(owner)}`
  }
  return equal(programsOf(pod.spec), programsOf(template.spec)) ? undefined : "creates a pod by another template"
}

const wrongClaim = (set: ReplicaSet, before: Pod, after: Pod): string | undefined => {
  const { name } = before.metadata
  if (!isActive(before)) return `takes or gives away ${name}, which has ended`
  const isSelectedNow = selects(set, before)
  const [had, has] = [controllerOf(before)?.uid, controllerOf(after)?.uid]
  if (!isOwnersChange(before, after)) return `changes more of ${name} than one owner`
  if (has === set.metadata.uid) {
    return had === undefined && isSelectedNow ? undefined
      : `adopts ${name}, which it does not select, or which has ${had}`
  }
  return had === set.metadata.uid && has === undefined && !isSelectedNow ? undefined
    : `releases ${name}, which it selects, or which was not its own`
}

/**
 * Why the last of these writes is not what is documented for this set and these pods (those that it controls and
 * selects, and those that came in this sync); undefined: it is lawful.
 */
export const lawful = (set: ReplicaSet, pods: ReadonlyArray<Pod>, written: Written<Pod>): string | undefined => {
  const { creations, deletions, hasFailed, last, now_ms } = written
  const active = pods.filter(isActive)
  const lacking = set.spec.replicas - active.length
  if (last.verb === "update" && last.resource === "replicasets" && last.subresource === "status") {
    const reported = last.object as ReplicaSet | undefined
    return reported === undefined ? undefined
      : wrongStatus(set, pods, reported, now_ms) ?? wrongCondition(set, active.length, reported, hasFailed)
  }
  if (set.metadata.deletionTimestamp !== undefined) return `${last.verb}s ${last.resource} although it is being deleted`
  if (last.resource !== "pods" || last.subresource !== undefined) return `${last.verb}s ${last.resource}`
  switch (last.verb) {
    case "create":
      if (creations > Math.min(lacking, burstReplicas_max)) {
        return `creates pod ${creations}; it wants ${set.spec.replicas} and saw ${active.length}`
      }
      return last.object === undefined ? undefined : wrongPod(set, last.object as Pod)
    case "delete": {
      if (deletions.size > Math.min(-lacking, burstReplicas_max)) {
        return `deletes pod ${deletions.size}; it wants ${set.spec.replicas} and saw ${active.length}`
      }
      const strange = [...deletions].find((uid) => !active.some(({ metadata }) => metadata.uid === uid))
      if (strange !== undefined) return `deletes ${strange}, which did not count`
      // The order is judged when all are known.
      return deletions.size < Math.min(-lacking, burstReplicas_max) ? undefined
        : wrongVictim(active, deletions, now_ms, controllerOf(set) !== undefined)
    }
    case "patch":
      return last.object === undefined || last.previous === undefined ? undefined
        : wrongClaim(set, last.previous as Pod, last.object as Pod)
    default:
      return `${last.verb}s a pod`
  }
}
