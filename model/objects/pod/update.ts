/**
 * What a write may change of a pod that is there, and of its status. Source: ValidatePodUpdate, ValidatePodStatusUpdate
 * and those under them in kubernetes apis/core/validation/validation.go, v1.36.
 */
import { type Cause, type Causes, each, forbidden, immutable, invalidValue } from "#model/objects/causes.ts"
import { equal } from "#model/objects/equality.ts"
import { validateMeta, validateMetaUpdate } from "#model/objects/metadata-rules.ts"
import { dnsSubdomain, qualifiedName } from "#model/objects/names.ts"
import type { ContainerStatus, NodeSelectorTerm, Pod, PodSpec, Toleration } from "#model/objects/pod.ts"
import { validateTolerations } from "#model/objects/pod/placement.ts"
import { validatePodSpec } from "#model/objects/pod/spec.ts"

const updatable = ["`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)", "`spec.terminationGracePeriodSeconds` (allow it to be "
  + "set to 1 if it was previously negative)"]

const validateDeadline = (after: number | undefined, before: number | undefined): Causes => {
  const field = "spec.activeDeadlineSeconds"
  if (after === undefined) {
    return before === undefined ? []
      : [invalidValue(field, undefined, "must not update from a positive integer to nil value")]
  }
  return before !== undefined && before < after
    ? [invalidValue(field, after, "must be less than or equal to previous value")] : []
}

const validateTolerationsUpdate = (after: ReadonlyArray<Toleration>, before: ReadonlyArray<Toleration>): Causes => {
  const without = ({ tolerationSeconds: _seconds, ...rest }: Toleration): object => rest
  const isKept = (old: Toleration): boolean => after.some((one) => equal(without(one), without(old)))
  return before.every(isKept) ? validateTolerations(after, "spec.tolerations")
    : [forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")]
}

type Gates = NonNullable<PodSpec["schedulingGates"]>
const validateGatesUpdate = (after: Gates, before: Gates): Causes => after.flatMap(({ name }, i): Causes =>
  before.some((old) => old.name === name) ? [] : [forbidden(`spec.schedulingGates[${i}].name`,
    `only deletion is allowed, but found new scheduling gate '${name}'`)])

/** While gated, a pod's node selector may grow. */
const validateSelectorGrowth = (after: PodSpec["nodeSelector"] = {}, before: PodSpec["nodeSelector"] = {}): Causes =>
  Object.entries(before).every(([key, value]) => after[key] === value) ? []
    : [invalidValue("spec.nodeSelector", after,
      "only additions to spec.nodeSelector are allowed (no mutations or deletions)")]

type NodeAffinity = NonNullable<PodSpec["affinity"]>["nodeAffinity"]
const needs = (affinity: NodeAffinity): ReadonlyArray<NodeSelectorTerm> | undefined =>
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
/** And its required node affinity may get stricter: more expressions in each term. */
const validateAffinityGrowth = (after: NodeAffinity, before: NodeAffinity): Causes => {
  const field = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
  const [now, old] = [needs(after), needs(before)]
  if (old === undefined) return []
  const grew = (wanted: ReadonlyArray<unknown> = [], given: ReadonlyArray<unknown> = []): boolean =>
    wanted.every((one, i) => equal(one, given[i]))
  if (now === undefined || now.length !== old.length) {
    return [invalidValue(field, now, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")]
  }
  return old.flatMap((term, i): Causes => {
    const isEmpty = (term.matchExpressions ?? []).length + (term.matchFields ?? []).length === 0
    const isStricter = isEmpty ? equal(term, now[i])
      : grew(term.matchExpressions, now[i]!.matchExpressions) && grew(term.matchFields, now[i]!.matchFields)
    return isStricter ? []
      : [invalidValue(`${field}.nodeSelectorTerms[${i}]`, now[i],
        "only additions are allowed (no mutations or deletions)")]
  })
}

/** With what may change put back as it was. */
const putBack = (after: PodSpec, before: PodSpec): { readonly spec: PodSpec; readonly causes: Causes } => {
  const images = <C extends { readonly image: string }>(
    now: ReadonlyArray<C>, old: ReadonlyArray<C>
  ): ReadonlyArray<C> =>
    now.map((container, i) => ({ ...container, image: old[i]!.image }))
  const mayGrace = (before.terminationGracePeriodSeconds ?? 0) < 0 && after.terminationGracePeriodSeconds === 1
  let spec: PodSpec = {
    ...after, containers: images(after.containers, before.containers),
    ...(after.initContainers === undefined ? {}
      : { initContainers: images(after.initContainers, before.initContainers ?? []) })
  }
  const restore = (field: keyof PodSpec): void => {
    const { [field]: _now, ...rest } = spec
    spec = (before[field] === undefined ? rest : { ...rest, [field]: before[field] }) as PodSpec
  }
  restore("activeDeadlineSeconds")
  restore("schedulingGates")
  restore("tolerations")
  if (mayGrace) restore("terminationGracePeriodSeconds")
  if ((before.schedulingGates ?? []).length === 0) return { spec, causes: [] }
  const causes: Array<Cause> = [...validateSelectorGrowth(after.nodeSelector, before.nodeSelector)]
  restore("nodeSelector")
  const { nodeAffinity: now, ...others } = after.affinity ?? {}
  const { nodeAffinity: old, ...oldOthers } = before.affinity ?? {}
  causes.push(...validateAffinityGrowth(now, old))
  if (equal(others, oldOthers)) restore("affinity")
  return { spec, causes }
}

/** What of the spec may change. `after` has passed for itself. */
const validateSpecUpdate = (after: PodSpec, before: PodSpec): Causes => {
  const lists = ["containers", "initContainers"] as const
  const causes: Array<Cause> = []
  for (const list of lists) {
    if ((after[list] ?? []).length !== (before[list] ?? []).length) {
      return [forbidden(`spec.${list}`, "pod updates may not add or remove containers")]
    }
  }
  causes.push(...validateDeadline(after.activeDeadlineSeconds, before.activeDeadlineSeconds),
    ...validateTolerationsUpdate(after.tolerations ?? [], before.tolerations ?? []),
    ...validateGatesUpdate(after.schedulingGates ?? [], before.schedulingGates ?? []))
  const { spec, causes: ofGated } = putBack(after, before)
  causes.push(...ofGated)
  return equal(spec, before) ? causes
    : [...causes, forbidden("spec", `pod updates may not change fields other than ${updatable.join(",")}`)]
}

export const validatePodUpdate = (pod: Pod, existing: Pod): Causes => [
  ...validateMetaUpdate(pod.metadata, existing.metadata),
  ...(pod.spec === existing.spec && pod.metadata === existing.metadata ? []
    : validateMeta(pod.metadata, true, dnsSubdomain, true)),
  ...(pod.spec === existing.spec ? []
    : [...validatePodSpec(pod.spec, "spec"), ...validateSpecUpdate(pod.spec, existing.spec)])
]

/** What has ended for good does not come back. */
const validateEnded = (
  after: ReadonlyArray<ContainerStatus> = [], before: ReadonlyArray<ContainerStatus> = [], spec: PodSpec
): Causes => {
  if (spec.restartPolicy === "Always") return []
  return before.flatMap((old): Causes => {
    const i = after.findIndex(({ name }) => name === old.name)
    const ended = old.state.terminated
    if (i < 0 || ended === undefined || after[i]!.state.terminated !== undefined) return []
    if (ended.exitCode !== 0 && spec.restartPolicy === "OnFailure") return []
    return [forbidden(`status.containerStatuses[${i}].state`, "may not be transitioned to non-terminated state")]
  })
}
const systemConditions = ["PodScheduled", "Ready", "Initialized"]

/** Of a write to the status: metadata of a pod is fair, its status is the new one. */
export const validatePodStatusUpdate = (pod: Pod, existing: Pod): Causes => {
  const { conditions = [], containerStatuses, nominatedNodeName = "", qosClass } = pod.status
  const before = existing.status
  const isRenominated = nominatedNodeName !== "" && nominatedNodeName !== before.nominatedNodeName
  return [
    ...validateMetaUpdate(pod.metadata, existing.metadata),
    ...conditions.flatMap(({ type }, i) => systemConditions.includes(type) ? []
      : each(`status.conditions[${i}].Type`, type, qualifiedName(type))),
    ...(isRenominated ? each("status.nominatedNodeName", nominatedNodeName, dnsSubdomain(nominatedNodeName)) : []),
    ...(isRenominated && (existing.spec.nodeName ?? "") !== ""
      ? [forbidden("status.nominatedNodeName", "may not be set on pods that are already bound to a node")] : []),
    ...(qosClass === before.qosClass ? [] : [invalidValue("status.qosClass", qosClass, immutable)]),
    ...validateEnded(containerStatuses, before.containerStatuses, existing.spec)
  ]
}
