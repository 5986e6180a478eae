/**
 * What holds for the spec and the status of objects that a controller reports on, as parts of the guards of their
 * charts: what an update may not change, conditions, and which generation a status speaks of.
 *
 * Source: apis/core/validation ValidateImmutableField; apimachinery api/meta/conditions.go SetStatusCondition;
 * kubernetes pkg/controller/deployment/util SetDeploymentCondition, v1.36.
 */
import { equal } from "#model/objects/equality.ts"

type Fields = Readonly<Record<string, unknown>>

/** The fields are as they were. */
export const keeps = <T extends object>(before: T, after: T, fields: ReadonlyArray<keyof T & string>): boolean =>
  fields.every((field) => equal(before[field], after[field]))

/** Everything is as it was, but for these fields. */
export const keepsAllBut = <T extends object>(before: T, after: T, fields: ReadonlyArray<keyof T & string>): boolean =>
  keeps(before as Fields, after as Fields, [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => !(fields as ReadonlyArray<string>).includes(field)))

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly lastTransitionTime?: string | null
}
type Conditions = ReadonlyArray<Condition> | undefined

export const conditionOf = (conditions: Conditions, type: string): Condition | undefined =>
  conditions?.find((one) => one.type === type)
export const isTrue = (conditions: Conditions, type: string): boolean =>
  conditionOf(conditions, type)?.status === "True"

/** A condition that keeps its status keeps the time since when it has it. */
export const keepTheirTimes = (before: Conditions, after: Conditions): boolean => (after ?? []).every((condition) => {
  const was = conditionOf(before, condition.type)
  return was === undefined || was.status !== condition.status || was.lastTransitionTime === condition.lastTransitionTime
})

/** What says the same as before is not written anew; `isRefreshed`: but for these. */
export const areNotRefreshed = (
  before: Conditions, after: Conditions, isRefreshed: (condition: Condition) => boolean = () => false
): boolean => (after ?? []).every((condition) => {
  const was = conditionOf(before, condition.type)
  return was === undefined || was.status !== condition.status || was.reason !== condition.reason
    || isRefreshed(condition) || equal(was, condition)
})

/** No condition of a type stands there twice. */
export const areSingle = (conditions: Conditions): boolean =>
  new Set((conditions ?? []).map(({ type }) => type)).size === (conditions ?? []).length

export const areNatural = (...counts: ReadonlyArray<number | undefined>): boolean =>
  counts.every((count = 0) => Number.isInteger(count) && count >= 0)

interface Observing {
  readonly observedGeneration?: number
}

/** Written on the version that was read: it speaks of no generation that is to come, and of none before the last. */
export const observesInOrder = (before: Observing | undefined, after: Observing, generation: number): boolean =>
  (after.observedGeneration ?? 0) <= generation
  && (after.observedGeneration ?? 0) >= (before?.observedGeneration ?? 0)

/**
 * Written again by name when the version was too old: what was counted for an object that is gone may be written on a
 * new one of its name, which nobody has reported on yet; and one who has led may write an older report once more.
 * Source: kubernetes pkg/controller/statefulset/stateful_set_status_updater.go, daemon/daemon_controller.go
 * storeDaemonSetStatus, v1.36.
 */
export const observesByName = (before: Observing | undefined, after: Observing, generation: number): boolean =>
  (after.observedGeneration ?? 0) <= generation || (before?.observedGeneration ?? 0) === 0
  || before!.observedGeneration === after.observedGeneration
