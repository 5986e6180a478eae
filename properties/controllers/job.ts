/**
 * What the Job controller promises, on committed objects alone: a recorded cluster has Jobs. That its program runs once
 * is not promised (91).
 *
 * It acts on copies that are a little old. Legal exceptions: who else makes, deletes or lets go of its pods, a Job that
 * was changed meanwhile, a change of the leader, and policies that leave failed pods out of the count.
 * Source: pkg/controller/job/job_controller.go (manageJob, trackJobStatusAndRemoveFinalizers, enactJobFinished,
 * deleteJobPods), v1.36; invariants 88, 89, 90.
 */
import { isTrue } from "#model/api-server/status-laws.ts"
import { isReady } from "#model/controllers/replica-set/ranking.ts"
import type { Line } from "#model/events.ts"
import type { Pod } from "#model/objects/pod.ts"
import type { ObservedObjects } from "#model/observed.ts"
import { controllerIn, madeForTheLiving } from "#properties/controller/dependents.ts"
import { Eyes, lag_ms, lately, revisionsLately } from "#properties/controller/recent.ts"
import { committed, type History, isChange } from "#properties/history.ts"
import {
  always, eventually, kept, leadsTo, needing, type Obligation, type Property, type Said, sometimes
} from "#properties/property.ts"

type Job = ObservedObjects["jobs"]
const tracking = "batch.kubernetes.io/job-tracking"

const isOver = ({ status: { phase } }: Pod): boolean => phase === "Succeeded" || phase === "Failed"
const isActive = (pod: Pod): boolean => !isOver(pod) && pod.metadata.deletionTimestamp === undefined
const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(tracking) === true
const isFinished = ({ status }: Job): boolean =>
  isTrue(status.conditions, "Complete") || isTrue(status.conditions, "Failed")
const isFailing = ({ status }: Job): boolean => isTrue(status.conditions, "FailureTarget")
const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed"
/** Failed pods may be left out, or wait for who comes after them. */
const hasPolicy = ({ spec }: Job): boolean =>
  spec.podFailurePolicy !== undefined || spec.backoffLimitPerIndex !== undefined
const isForeign = ({ spec }: Job): boolean =>
  spec.managedBy !== undefined && spec.managedBy !== "kubernetes.io/job-controller"

const uncountedOf = ({ status }: Job, as: "failed" | "succeeded"): ReadonlyArray<string> =>
  status.uncountedTerminatedPods?.[as] ?? []

const indexesIn = (text: string | undefined): ReadonlyArray<number> => (text ?? "") === "" ? []
  : text!.split(",").flatMap((interval) => {
    const [from, to = from] = interval.split("-").map(Number)
    return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i)
  })

const jobOf = ({ now }: History, pod: Pod): Job | undefined => {
  const reference = controllerIn(pod)
  const job = reference?.kind === "Job" ? now.jobs.get(reference.uid) : undefined
  return job === undefined || isForeign(job) ? undefined : job
}

/** 88, 89: "what leaves the list is counted, once". */
const countsWhatLeaves = (): (line: Line) => Said => (line) => {
  const change = committed(line, "jobs")
  if (change?.type !== "object.updated" || isForeign(change.object)) return undefined
  const { object, previous } = change
  let left = 0
  for (const as of ["failed", "succeeded"] as const) {
    if (as === "succeeded" && isIndexed(object)) continue
    const gone = uncountedOf(previous, as).filter((uid) => !uncountedOf(object, as).includes(uid)).length
    const more = (object.status[as] ?? 0) - (previous.status[as] ?? 0)
    if (gone !== more) return `${object.metadata.name} counts ${more} more as ${as}; ${gone} left its list of uncounted`
    left += gone
  }
  const { completedIndexes, succeeded = 0 } = object.status
  if (isIndexed(object) && succeeded !== indexesIn(completedIndexes).length) {
    return `${object.metadata.name} counts ${succeeded} indexes as completed; it names ${completedIndexes}`
  }
  return left > 0 ? kept : undefined
}

/** 88: "comes to the list when it has ended". */
const listsWhoEnded = ({ now }: History) => (line: Line): Said => {
  const change = committed(line, "jobs")
  if (change?.type !== "object.updated" || isForeign(change.object)) return undefined
  const { object, previous } = change
  let held = 0
  for (const as of ["failed", "succeeded"] as const) {
    for (const uid of uncountedOf(object, as)) {
      const pod = uncountedOf(previous, as).includes(uid) ? undefined : now.pods.known(uid)
      if (pod === undefined) continue
      const { metadata: { deletionTimestamp, name }, status: { phase } } = pod
      const hasEnded = as === "succeeded" ? phase === "Succeeded"
        : phase === "Failed" || (deletionTimestamp !== undefined && phase !== "Succeeded") || isFailing(object)
      if (!hasEnded || controllerIn(pod)?.uid !== object.metadata.uid) {
        return `${object.metadata.name} is about to count ${name} as ${as}; it is ${phase}`
      }
      held++
    }
  }
  return held > 0 ? held : undefined
}

/** 88: "is let go of when it was counted". The last finalizer may go with the pod. */
const countsBeforeItLetsGo = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "pods")
    const before = change?.type === "object.updated" ? change.previous
      : change?.type === "object.deleted" ? change.object : undefined
    if (before === undefined || !isTracked(before) || !isOver(before)
      || (change!.type === "object.updated" && isTracked(change!.object))) return undefined
    const job = jobOf(history, before)
    if (job === undefined || isFinished(job) || hasPolicy(job) || job.metadata.deletionTimestamp !== undefined
      || !eyes.areClear(line.at_ms, job.metadata.uid)) return undefined
    const versions = [...lately(history.now.jobs, job.metadata.uid, line.at_ms)].filter((one) => one !== undefined)
    // Whoever is one too many goes uncounted.
    const isSteady = versions.every(({ spec }) => spec.parallelism === job.spec.parallelism
      && spec.suspend === job.spec.suspend && spec.completions === job.spec.completions)
    if (!isSteady || job.spec.suspend === true) return undefined
    const { annotations = {}, name, uid } = before.metadata
    const index = annotations["batch.kubernetes.io/job-completion-index"]
    const isCounted = versions.some((one) => uncountedOf(one, "failed").includes(uid)
      || uncountedOf(one, "succeeded").includes(uid)
      || (index !== undefined && indexesIn(one.status.completedIndexes).includes(Number(index))))
    return isCounted ? kept : `${name} (${before.status.phase}) was let go; ${job.metadata.name} never listed it`
  }
}

const mostOf = ({ spec, status }: Job): number => {
  const { completions, parallelism = 1 } = spec
  return completions === undefined ? parallelism
    : Math.min(parallelism, Math.max(0, completions - (status.succeeded ?? 0)))
}
/** As far as committed objects tell: no more than any version that may have been before its eyes asks for. */
const makesNoneTooMany = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "pods")
    const job = change?.type === "object.created" ? jobOf(history, change.object) : undefined
    if (job === undefined || !eyes.areClear(line.at_ms, job.metadata.uid)) return undefined
    const active = history.now.pods.by("owner", job.metadata.uid).filter(isActive).length
    const most = Math.max(...[...lately(history.now.jobs, job.metadata.uid, line.at_ms)]
      .map((one) => one === undefined || one.spec.suspend === true || isFinished(one) ? 0 : mostOf(one)))
    return active <= most ? kept
      : `${change!.object.metadata.name} is pod ${active} that is active; ${job.metadata.name} asks for ${most}`
  }
}

/** Those that it has just made too; while it waits after a failure it says that there are none. */
const isActiveSaid = (said: number, there: number, most: number): boolean =>
  said === 0 || (said >= there && said <= Math.max(there, most))

/** As long as it deletes nobody it says who was active, ready and ending at one revision. */
const saysWhatWas = (history: History) => {
  const eyes = history.part(Eyes)
  return (line: Line): Said => {
    const change = committed(line, "jobs")
    if (change?.type !== "object.updated" || isForeign(change.object) || !eyes.areClear(line.at_ms, line.entity)) {
      return undefined
    }
    const { object: { metadata: { name }, spec, status }, previous } = change
    const isDeleting = [...lately(history.now.jobs, line.entity, line.at_ms)].some((one) => one !== undefined
      && (one.spec.suspend === true || one.spec.parallelism !== spec.parallelism || isFailing(one) || isFinished(one)
        || isTrue(one.status.conditions, "SuccessCriteriaMet")))
    const isNew = (["active", "ready", "terminating"] as const)
      .some((field) => status[field] !== previous.status[field])
    if (isDeleting || !isNew) return undefined
    for (const revision of revisionsLately(history, "jobs", "pods", line)) {
      const pods = history.at(revision).pods.by("owner", line.entity)
      const active = pods.filter(isActive)
      const ending = pods.filter((pod) => !isActive(pod) && !isOver(pod))
      if (isActiveSaid(status.active ?? 0, active.length, mostOf(previous))
        && (status.ready ?? 0) === active.filter(isReady).length && (status.terminating ?? 0) === ending.length) {
        return kept
      }
    }
    return `${name} says that ${status.active} are active, ${status.ready} ready and ${status.terminating} ending, as `
      + "they have not been lately"
  }
}

/** 90. */
const endsWhenAllEnded = ({ now }: History) => (line: Line): Said => {
  const change = committed(line, "jobs")
  if (change?.type !== "object.updated" || !isFinished(change.object) || isFinished(change.previous)
    || isForeign(change.object)) return undefined
  const left = now.pods.by("owner", line.entity).find((pod) =>
    !isOver(pod) && line.at_ms - (now.pods.first(pod.metadata.uid)?.at_ms ?? line.at_ms) > lag_ms)
  return left === undefined ? kept : `${change.object.metadata.name} is over while ${left.metadata.name} is not`
}

/** A new leader, its informers; a status and a patch. */
const counts_ms = 60_000 // ASSUMED

/** "… is counted and let go". Of a Job that is gone its pods are let go by and by. */
const isLetGo = (history: History) => {
  const open = new Map<string, Obligation & { readonly job: string }>()
  return {
    line: ({ at_ms, entity, event }: Line): number | void => {
      if (event.type !== "object.seen" && !isChange(event)) return
      if (event.resource === "jobs" && event.type === "object.deleted") {
        for (const [uid, { job }] of open) if (job === entity) open.delete(uid)
      }
      if (event.resource !== "pods") return
      const pod = event.object as Pod
      const job = event.type === "object.deleted" || !isTracked(pod) || !isOver(pod) ? undefined : jobOf(history, pod)
      if (job === undefined || job.spec.backoffLimitPerIndex !== undefined) return void open.delete(entity)
      if (open.has(entity)) return
      open.set(entity, { entity: `pod ${pod.metadata.name}`, job: job.metadata.uid, since_ms: at_ms,
        within_ms: counts_ms })
      return 1
    },
    open: () => open.values()
  }
}

const wrongPod = (owner: unknown, object: unknown): string | undefined => {
  const [job, pod] = [owner as Job, object as Pod]
  const { labels = {}, name } = pod.metadata
  if (!name.startsWith(`${job.metadata.name}-`)) return `${name} is not named after its Job`
  if (!isTracked(pod)) return `${name} could go before it is counted`
  return labels["batch.kubernetes.io/controller-uid"] === job.metadata.uid
    && labels["batch.kubernetes.io/job-name"] === job.metadata.name ? undefined : `${name} is labelled as another Job's`
}

/** While it waits after a failure it says nothing of who is active. */
const wrongAtRest = ({ now }: History, job: Job): string | undefined => {
  const { spec, status } = job
  const pods = now.pods.by("owner", job.metadata.uid)
  const active = pods.filter(isActive)
  const { active: said = 0, failed = 0, ready = 0, succeeded = 0 } = status
  if (isFinished(job)) {
    if (active.length > 0) return `is over, and has ${active[0]!.metadata.name}`
    return isTrue(status.conditions, "Complete") && spec.successPolicy === undefined && spec.completions !== undefined
      && succeeded < spec.completions ? `is complete with ${succeeded} of ${spec.completions}` : undefined
  }
  if (spec.suspend === true) return active.length > 0 ? `is suspended, and has ${active[0]!.metadata.name}` : undefined
  if (status.startTime === undefined) return "was never started"
  if (failed > 0 || uncountedOf(job, "failed").length > 0) return undefined
  if (said !== active.length) return `says that ${said} are active; there are ${active.length}`
  const up = active.filter(isReady).length
  if (ready !== up) return `says that ${ready} are ready; there are ${up}`
  const wants = spec.completions === undefined && succeeded > 0 ? active.length : mostOf(job)
  return active.length < wants ? `has ${active.length} active pods and wants ${wants}` : undefined
}
const isTrueAtRest = (history: History) => ({
  holds: (): Said => {
    let held = 0
    for (const job of history.now.jobs.all()) {
      if (job.metadata.deletionTimestamp !== undefined || isForeign(job)) continue
      const wrong = wrongAtRest(history, job)
      if (wrong !== undefined) return `${job.metadata.namespace}/${job.metadata.name} ${wrong}`
      held++
    }
    return held
  }
})

const ofPods = ["jobs", "pods", "leases", "times"] as const
export const properties: ReadonlyArray<Property> = [
  needing(["jobs", "pods", "times"], always("a Job's pod is made for one that exists, and cannot go before it is "
    + "counted", [81, 88], madeForTheLiving("jobs", "pods", wrongPod), ["pods.created"])),
  needing(ofPods, always("a Job has no more active pods made than it asks for", [], makesNoneTooMany,
    ["pods.created"])),
  needing(["jobs", "pods"], always("a Job is about to count a pod only when it has ended", [88], listsWhoEnded,
    ["jobs.updated"])),
  needing(ofPods, always("a pod that has ended is let go of by its Job only after it was listed", [88],
    countsBeforeItLetsGo, ["pods.updated", "pods.deleted"])),
  needing(ofPods, always("a Job's status says how many of its pods were there at some revision not long ago", [],
    saysWhatWas, ["jobs.updated"])),
  always("what leaves a Job's list of uncounted pods is counted, once", [88, 89], countsWhatLeaves, ["jobs.updated"]),
  needing(["jobs", "pods", "times"], always("a Job is over only when none of its pods is left", [90],
    endsWhenAllEnded, ["jobs.updated"])),
  needing(["jobs", "pods", "times"], leadsTo("a pod of a Job that has ended is soon counted and let go", [88], isLetGo,
    ["pods.", "jobs.deleted", "object.seen"])),
  needing(["jobs", "pods"], eventually("at rest a Job's status is true, and it has the pods that it asks for", [90],
    isTrueAtRest, ["jobs."]))
]

export const situations: ReadonlyArray<Property> = [
  sometimes("a Job comes to a good end", () => (line) => {
    const change = committed(line, "jobs")
    return change?.type === "object.updated" && isTrue(change.object.status.conditions, "Complete")
  }, ["jobs.updated"]),
  sometimes("a Job comes to a bad end", () => (line) => {
    const change = committed(line, "jobs")
    return change?.type === "object.updated" && isTrue(change.object.status.conditions, "Failed")
  }, ["jobs.updated"]),
  sometimes("pods of a Job wait to be counted", () => (line) => {
    const change = committed(line, "jobs")
    return change !== undefined && uncountedOf(change.object, "succeeded").length > 1
  }, ["jobs.updated"])
]
