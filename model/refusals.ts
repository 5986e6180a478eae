/**
 * Why a guard refuses, in words, where its name does not say enough. A guard holds or does not; here stands which part
 * of it was missed. Each reason excludes its guard: harness/judge/refusal.test.ts holds every one of them to that.
 * A guard without a reason that applies is told by its name.
 */
import { deletionIsLawful } from "#model/api-server/object-laws.ts"

/** Looks at what the chart remembers and at the line that it refuses: any chart's and any line's. */
type When = (context: any, event: any) => boolean
/** In the order in which they are looked at, the most telling first. */
export type Reasons = ReadonlyArray<readonly [says: string, when: When]>

const meta = (event: any): any => event.object.metadata

const ofIdentity: Reasons = [
  ["its uid is another than that of the object which the line is about", (_, event) =>
    meta(event).uid !== event.entity],
  ["it is stored under a key that is not of its name", (_, { key, object: { metadata: { name, namespace } } }) =>
    !key.endsWith(namespace === undefined ? `/${name}` : `/${namespace}/${name}`)],
  ["it has no creationTimestamp", (_, event) => meta(event).creationTimestamp === ""]
]
const ofVersion: Reasons = [
  ["its resourceVersion is not the revision that wrote it", (_, event) =>
    Number(meta(event).resourceVersion) !== event.revision]
]
const ofCreation: Reasons = [
  ...ofIdentity, ...ofVersion,
  ["it is new and has a deletionTimestamp", (_, event) => meta(event).deletionTimestamp !== undefined]
]
const ofSight: Reasons = [
  ...ofIdentity,
  ["it is newer than the revision at which it was seen", (_, event) =>
    Number(meta(event).resourceVersion) > event.revision]
]
const ofSuccession: Reasons = [
  ["its uid changed", (before, event) => meta(event).uid !== before.uid],
  ["its key changed", (before, event) => event.key !== before.key],
  ["its revision does not grow", (before, event) => event.revision <= before.revision],
  ...ofVersion
]
const ofChange: Reasons = [
  ...ofSuccession,
  ["its creationTimestamp changed", (before, event) => meta(event).creationTimestamp !== before.creationTimestamp],
  ["it was made from another version than the last", (before, event) =>
    Number(event.previous.metadata.resourceVersion) !== before.revision],
  ["its deletion was taken back", (before, event) =>
    before.deletionTimestamp !== undefined && meta(event).deletionTimestamp === undefined],
  ["its grace grew while it was terminating", (before, event) =>
    before.grace_s !== undefined && meta(event).deletionGracePeriodSeconds > before.grace_s],
  ["its deletionTimestamp and its grace do not belong together", (before, event) =>
    !deletionIsLawful(before, meta(event), event.resource)],
  ["a finalizer was added while it was terminating", (before, event) => before.deletionTimestamp !== undefined &&
    (meta(event).finalizers ?? []).some((one: string) =>
      !before.finalizers.includes(one) && one !== "orphan" && one !== "foregroundDeletion")],
  ["its generation went back", (before, event) => meta(event).generation < before.generation],
  ["its generation grew by more than one", (before, event) => meta(event).generation > before.generation + 1]
]
const ofRemoval: Reasons = [
  ...ofSuccession,
  ["its last state has another generation", (before, event) => meta(event).generation !== before.generation],
  ["its last state has another deletionTimestamp", (before, event) =>
    meta(event).deletionTimestamp !== before.deletionTimestamp]
]
const ofRemovalAtOnce: Reasons = [
  ["it has finalizers and was never marked for deletion", (before) => before.finalizers.length > 0], ...ofRemoval
]
const ofRemovalAtLast: Reasons = [
  ["it was never marked for deletion", (before) => before.deletionTimestamp === undefined],
  ["its grace is not over", (before) => (before.grace_s ?? 0) !== 0], ...ofRemoval
]
/** Of an object that a chart of its own follows, by the names that these charts share. */
const ofObjects = {
  isCreated: ofCreation, isSeenLive: ofSight, isSeenTerminating: ofSight, staysLive: ofChange,
  beginsToTerminate: ofChange, staysTerminating: ofChange, isRemovedAtOnce: ofRemovalAtOnce,
  isRemovedAtLast: ofRemovalAtLast
}

const selectorOf = (object: any): string => JSON.stringify(object.spec?.selector)
const status = (event: any): any => event.object.status ?? {}
const isSaid = (object: any, type: string): boolean => (object.status?.conditions ?? [])
  .some((condition: any) => condition.type === type && condition.status === "True")
/** Of the report of a controller that a recorded cluster has. */
const ofReport: Reasons = [
  ["it has more ready pods than pods", (_, event) => status(event).readyReplicas > (status(event).replicas ?? 0)],
  ["it has more available pods than ready ones", (_, event) =>
    status(event).availableReplicas > (status(event).readyReplicas ?? 0)],
  ["fewer collisions are counted than before", (_, event) =>
    (status(event).collisionCount ?? 0) < (event.previous.status?.collisionCount ?? 0)],
  ...ofChange
]
const ofRollOut: Reasons = [
  ["its selector changed", (_, event) => selectorOf(event.object) !== selectorOf(event.previous)],
  ["its status is of a generation that is to come", (_, event) =>
    status(event).observedGeneration > meta(event).generation],
  ["its status is of an earlier generation than the last", (_, event) =>
    (status(event).observedGeneration ?? 0) < (event.previous.status?.observedGeneration ?? 0)],
  ...ofReport
]
const ofJob: Reasons = [
  ["fewer pods have failed than before", (_, event) =>
    (status(event).failed ?? 0) < (event.previous.status?.failed ?? 0)],
  ["an outcome was taken back", (_, event) => ["Complete", "Failed", "FailureTarget", "SuccessCriteriaMet"]
    .some((type) => isSaid(event.previous, type) && !isSaid(event.object, type))],
  ["it is over while pods are active", (_, event) => status(event).active > 0
    && (isSaid(event.object, "Complete") || isSaid(event.object, "Failed"))],
  ...ofChange
]
const ofBudget: Reasons = [
  ["it allows more evictions than it has healthy pods to spare", (_, event) =>
    status(event).disruptionsAllowed > Math.max(0, status(event).currentHealthy - status(event).desiredHealthy)],
  ...ofRollOut.slice(1)
]
const ofSlice: Reasons = [
  ["its addresses are of another type", (_, event) => event.object.addressType !== event.previous.addressType],
  ...ofChange
]
const ofForeign = {
  isCreated: ofCreation, isSeenTerminating: ofSight, beginsToTerminate: ofChange, staysTerminating: ofChange,
  isRemovedAtOnce: ofRemovalAtOnce, isRemovedAtLast: ofRemovalAtLast
}

const later: Readonly<Record<string, ReadonlyArray<string>>> = {
  Running: ["Pending"], Succeeded: ["Pending", "Running", "Failed"], Failed: ["Pending", "Running", "Succeeded"]
}
const nodeOf = (event: any): string => event.object.spec.nodeName ?? ""
const ofPodChange: Reasons = [
  ["its phase goes back", (before, event) => (later[before.phase] ?? []).includes(event.object.status.phase)],
  ["it is bound, and was bound before", (before, event) => before.nodeName !== "" && nodeOf(event) !== before.nodeName],
  ["it is bound while it is gated", (before, event) => before.isGated && nodeOf(event) !== before.nodeName],
  ["it is bound while it is terminating", (before, event) =>
    before.deletionTimestamp !== undefined && nodeOf(event) !== before.nodeName],
  ...ofChange
]
const ofPodRemoval: Reasons = [
  ...ofRemovalAtLast,
  ["its last state has another phase", (before, event) => event.object.status.phase !== before.phase],
  ["its last state is on another node", (before, event) => nodeOf(event) !== before.nodeName]
]
const ofPodCreation: Reasons = [
  ...ofCreation,
  ["it is new and not Pending", (_, event) => event.object.status.phase !== "Pending"],
  ["it is new and has statuses of containers", (_, event) => (event.object.status.containerStatuses ?? []).length > 0]
]

const ofDisk: Reasons = [
  ["it ends before it begins", (_, event) => event.from > event.to],
  ["it was accepted in a term before its own", (_, event) => (event.inTerm ?? event.term) < event.term]
]
const leavesGap: Reasons[number] = ["it leaves a gap after what is on the disk", (before, event) =>
  event.from > before.last + 1]

/** By chart, then by guard. */
export const refusals: Readonly<Record<string, Readonly<Record<string, Reasons>>>> = {
  "etcd.raft": {
    keptItsPromises: [
      ["its term is lower than the one it had promised", (before, event) => event.term < before.term],
      ["its vote in this term is gone or another", (before, event) =>
        event.term === before.term && before.vote !== "" && event.vote !== before.vote],
      ["its log is shorter than what it applied", (before, event) => event.lastIndex < before.appliedEver],
      ["it says that it applied more than its log has", (_, event) => event.applied > event.lastIndex],
      ["it applied an entry of a later term than its own", (_, event) => event.appliedTerm > event.term],
      ["its cluster has another number of members", (before, event) =>
        before.members !== 0 && event.members !== before.members]
    ],
    isNextEntry: [
      ["it applies an entry again", (before, event) => event.index <= before.applied],
      ["it skips an entry", (before, event) => event.index > before.applied + 1],
      ["the entry's term is lower than that of the entry before", (before, event) => event.term < before.appliedTerm],
      ["the entry's term is higher than its own", (before, event) => event.term > before.term],
      ["an entry without a proposal makes a revision", (before, event) =>
        event.proposal === "" && event.revision !== before.revision],
      ["the revision goes back", (before, event) => event.revision < before.revision],
      ["the revision grows by more than one", (before, event) => event.revision > before.revision + 1]
    ],
    wonPreVote: [
      ["it campaigns in a term that is not the next", (before, event) => event.term !== before.term + 1],
      ["those who would vote for it are no majority", (before, event) => event.voters.length * 2 <= before.members]
    ],
    wonVote: [
      ["it is elected in a term that is not its own", (before, event) => event.term !== before.term],
      ["it did not vote for itself", (before, event) => before.vote !== event.actor],
      ["those who voted for it are no majority", (before, event) => event.voters.length * 2 <= before.members]
    ],
    hasItsVoteLeft: [
      ["it votes for itself", (_, event) => event.candidate === event.actor],
      ["it votes in a term that is not its own", (before, event) => event.term !== before.term],
      ["it has voted in this term", (before) => before.vote !== ""]
    ],
    electionIsDue: [
      ["it is in another term", (before, event) => event.term !== before.term],
      ["its election timeout is not over", (before, event) =>
        event.clock_ms - before.quietSince_ms < before.limits.electionTimeout_ms]
    ],
    isLeaderOfTerm: [
      ["the leader is of an earlier term", (before, event) => event.term < before.term],
      ["it follows another leader in this term already", (before, event) =>
        event.term === before.term && before.leader !== "" && before.leader !== event.leader]
    ]
  },
  "etcd.disk": {
    isFirst: [["what is on its disk does not begin with entry 1", (_, event) => event.from !== 1], ...ofDisk],
    isFound: [leavesGap, ...ofDisk],
    isNext: [leavesGap, ...ofDisk],
    isConflict: [
      ["a leader of an earlier term, or of the same, overwrites what is there", (before, event) =>
        event.from <= before.last && (event.inTerm ?? event.term) <= before.acceptedIn], ...ofDisk
    ]
  },
  "pod.pod": {
    isSeenLive: ofSight, isSeenTerminating: ofSight, isSeenBound: ofSight,
    isSeenRunning: ofSight, isSeenSucceeded: ofSight, isSeenFailed: ofSight,
    isCreated: ofPodCreation, isCreatedBound: ofPodCreation, isRemoved: ofPodRemoval,
    staysLive: ofPodChange, terminates: ofPodChange, isBound: ofPodChange, becomesRunning: ofPodChange,
    becomesSucceeded: ofPodChange, becomesFailed: ofPodChange
  },
  "api-server.object": ofObjects,
  "replica-set.replicaSet": { ...ofObjects, isReported: ofChange, isSeenObserved: ofSight },
  "deployment.deployment": {
    ...ofForeign, isSeenUnobserved: ofSight, isSeenProgressing: ofSight, isSeenComplete: ofSight,
    isSeenStalled: ofSight, isSeenPaused: ofSight, isUnobserved: ofRollOut, progresses: ofRollOut,
    isComplete: ofRollOut, isStalled: ofRollOut, failsAnew: ofRollOut, isPaused: ofRollOut
  },
  "stateful-set.statefulSet": {
    ...ofForeign, isSeenUnobserved: ofSight, isSeenRolling: ofSight, isSeenCurrent: ofSight,
    isUnobserved: ofReport, isRolling: ofReport, isCurrent: ofReport
  },
  "daemon-set.daemonSet": {
    ...ofForeign, isSeenUnobserved: ofSight, isSeenRolling: ofSight, isSeenCurrent: ofSight,
    isUnobserved: ofReport, isRolling: ofReport, isCurrent: ofReport
  },
  "job.job": {
    ...ofForeign, isSeenWaiting: ofSight, isSeenSuspended: ofSight, isSeenActive: ofSight,
    isSeenSucceeding: ofSight, isSeenFailing: ofSight, isSeenComplete: ofSight, isSeenFailed: ofSight,
    isWaiting: ofJob, isSuspended: ofJob, isActive: ofJob, succeeds: ofJob, fails: ofJob, isComplete: ofJob,
    hasFailed: ofJob
  },
  "disruption.podDisruptionBudget": {
    ...ofForeign, isSeenUnobserved: ofSight, isSeenAllowing: ofSight, isSeenExhausted: ofSight,
    isUnobserved: ofReport, isAllowing: ofBudget, isExhausted: ofBudget
  },
  "endpoint-slice.endpointSlice": {
    isSeenTerminating: ofSight, isCreatedEmpty: ofCreation, isCreatedServing: ofCreation, isCreatedIdle: ofCreation,
    isSeenEmpty: ofSight, isSeenServing: ofSight, isSeenIdle: ofSight, isEmpty: ofSlice, isServing: ofSlice,
    isIdle: ofSlice, beginsToTerminate: ofSlice, staysTerminating: ofSlice, isRemovedAtOnce: ofRemovalAtOnce,
    isRemovedAtLast: ofRemovalAtLast
  },
  "namespace.namespace": {
    isCreated: ofCreation, isSeenTerminating: ofSight, beginsToTerminate: ofChange, staysTerminating: ofChange,
    isSeenActive: ofSight, isSeenFinalized: ofSight, staysActive: ofChange, isFinalized: ofChange,
    isRemoved: [["its content is not gone yet: it has finalizers", (before) => before.finalizers.length > 0],
      ...ofRemovalAtLast]
  }
}
