/**
 * job/laws: what an update may change of a Job, and what its status may say. Since Jobs may be managed by anybody, the
 * API server itself refuses what breaks these.
 *
 * Source: kubernetes apis/batch/validation ValidateJobSpecUpdate, validateJobStatus, ValidateJobStatusUpdate;
 * registry/batch/job/strategy.go getStatusValidationOptions, v1.36; invariants 88, 89, 90.
 */
import {
  areNatural, areNotRefreshed, areSingle, conditionOf, isTrue, keeps, keepsAllBut
} from "#model/api-server/status-laws.ts"
import { equal } from "#model/objects/equality.ts"
import { millisOf } from "#model/objects/time.ts"
import type { ObservedObjects } from "#model/observed.ts"

export type Job = ObservedObjects["jobs"]
type Template = Job["spec"]["template"]
type PodSpec = NonNullable<Template["spec"]>

const has = ({ status }: Job, type: string): boolean => isTrue(status.conditions, type)
const isFinished = (job: Job): boolean => has(job, "Complete") || has(job, "Failed")
const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed"

const kept = ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy",
  "successPolicy"] as const

const unplaced = ({ affinity, containers, initContainers, ...rest }: PodSpec): object => {
  const { nodeAffinity: _, ...others } = affinity ?? {}
  const lean = (all: PodSpec["containers"] = []): ReadonlyArray<object> =>
    all.map(({ resources: _resources, ...container }) => container)
  return { ...rest, affinity: others, containers: lean(containers), initContainers: lean(initContainers) }
}
/** Where pods may be placed and what they may use is open as long as none has been made, or all are gone. */
const templateIsKept = (before: Job, job: Job): boolean => {
  const [was, is] = [before.spec.template, job.spec.template]
  if (equal(was, is)) return true
  const { active = 0, startTime } = before.status
  return before.spec.suspend === true && active === 0 && (startTime === undefined || has(before, "Suspended"))
    && keepsAllBut(unplaced(was.spec!) as PodSpec, unplaced(is.spec!) as PodSpec,
      ["nodeSelector", "tolerations", "schedulingGates"])
}
export const specIsLawful = (before: Job, job: Job): boolean => {
  const { completions, parallelism } = job.spec
  return keeps(before.spec, job.spec, kept) && templateIsKept(before, job)
    && (completions === before.spec.completions || (isIndexed(job) && completions === parallelism))
}

const indexesOf = (text: string): ReadonlyArray<readonly [from: number, to: number]> => text === "" ? []
  : text.split(",").map((interval) => {
    const [from, to = from] = interval.split("-").map(Number)
    return [from!, to!] as const
  })
/** "1,3-5,7": each later than the one before. */
const areIndexes = (text: string): boolean => {
  let last = -1
  return indexesOf(text).every(([from, to]) => {
    const isNext = Number.isInteger(from) && Number.isInteger(to) && from > last && to >= from
    last = to
    return isNext
  })
}
const overlap = (some: string, others: string): boolean => indexesOf(some).some(([from, to]) =>
  indexesOf(others).some(([otherFrom, otherTo]) => from <= otherTo && otherFrom <= to))

/** No pod is counted twice, and of an index it is known whether it came out well. */
export const countsPods = ({ status }: Job): boolean => {
  const { active = 0, completedIndexes = "", failed, failedIndexes = "", ready, succeeded, terminating } = status
  const { failed: uncountedFailed = [], succeeded: uncountedSucceeded = [] } = status.uncountedTerminatedPods ?? {}
  const uncounted = [...uncountedFailed, ...uncountedSucceeded]
  return areNatural(active, failed, ready, succeeded, terminating) && (ready ?? 0) <= active
    && new Set(uncounted).size === uncounted.length
    && areIndexes(completedIndexes) && areIndexes(failedIndexes) && !overlap(completedIndexes, failedIndexes)
}
/** One outcome, of which the reason is known before, and nothing left to do. */
const endsWell = (job: Job): boolean => {
  const { active = 0, completionTime, conditions, startTime, terminating = 0, uncountedTerminatedPods } = job.status
  const uncounted = (uncountedTerminatedPods?.failed ?? []).length + (uncountedTerminatedPods?.succeeded ?? []).length
  const isEmpty = job.spec.suspend === true && job.spec.completions === 0
  return areSingle(conditions) && (has(job, "Complete") ? has(job, "SuccessCriteriaMet") : completionTime === undefined)
    && !(has(job, "Failed") && !has(job, "FailureTarget"))
    && !(has(job, "SuccessCriteriaMet") && (has(job, "FailureTarget") || has(job, "Failed")))
    && (!has(job, "Complete") || completionTime !== undefined)
    && !(completionTime !== undefined && startTime !== undefined && millisOf(completionTime) < millisOf(startTime))
    && !(isFinished(job)
      && (active > 0 || terminating > 0 || uncounted > 0 || (startTime === undefined && !isEmpty)))
}
export const isSound = (job: Job): boolean => countsPods(job) && endsWell(job)

const final = ["Complete", "Failed", "FailureTarget", "SuccessCriteriaMet"] as const

/** What is decided stays, and what was counted stays counted. */
export const statusIsLawful = (before: Job, job: Job): boolean => {
  const [was, is] = [before.status, job.status]
  const mayShrink = isIndexed(job) && job.spec.completions === job.spec.parallelism
  const resumes = has(before, "Suspended") && conditionOf(is.conditions, "Suspended")?.status === "False"
  const isOurs = (job.spec.managedBy ?? "kubernetes.io/job-controller") === "kubernetes.io/job-controller"
  return (!isOurs || areNotRefreshed(was.conditions, is.conditions))
    && final.every((type) => !has(before, type) || has(job, type))
    && (is.failed ?? 0) >= (was.failed ?? 0)
    && (mayShrink || (is.succeeded ?? 0) >= (was.succeeded ?? 0))
    && (was.completionTime === undefined || is.completionTime === undefined || is.completionTime === was.completionTime)
    && (was.startTime === undefined || is.startTime === was.startTime || job.spec.suspend === true || resumes)
}
/** Unless its user says otherwise it selects its own pods by its uid, and they are told by its name. */
const selectsItsOwn = ({ metadata: { name, uid }, spec: { manualSelector, selector, template } }: Job): boolean => {
  const labels = template.metadata?.labels ?? {}
  return manualSelector === true || (selector?.matchLabels?.["batch.kubernetes.io/controller-uid"] === uid
    && labels["batch.kubernetes.io/controller-uid"] === uid && labels["batch.kubernetes.io/job-name"] === name)
}
/** Source: registry/batch/job/strategy.go PrepareForCreate, generateSelector. */
export const isFresh = (job: Job): boolean => Object.keys(job.status).length === 0 && selectsItsOwn(job)
