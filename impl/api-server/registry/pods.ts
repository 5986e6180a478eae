/**
 * api-server/registry/pods: defaults, admission and validation of pods. Spec: model/pod.ts.
 *
 * Source: kubernetes apis/core/v1/defaults.go; registry/core/pod/strategy.go; apis/core/validation ValidatePodUpdate;
 * plugin/pkg/admission/defaulttolerationseconds.
 */
import {
  duplicate, forbidden, invalidValue, kept, required, type Strategy
} from "#impl/api-server/registry/strategy.ts"
import type { Cause } from "#impl/api-server/status.ts"
import { defaultTolerationSeconds_s } from "#model/limits.ts"
import { type Container, defaultPod, type Pod, type PodSpec, qosClassOf, type Toleration } from "#model/objects/pod.ts"
import { equal } from "#model/objects/equality.ts"
import { quantity } from "#model/objects/quantity.ts"

const evictionTaints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]

const toleratesNoExecute = (toleration: Toleration, key: string): boolean =>
  (toleration.key === key || (toleration.key === undefined && toleration.operator === "Exists"))
  && (toleration.effect === undefined || toleration.effect === "NoExecute")

/** A pod that says nothing of a sick node stays on it for five minutes. */
export const withDefaultTolerations = (tolerations: ReadonlyArray<Toleration>): ReadonlyArray<Toleration> => {
  const missing = evictionTaints.filter((key) => !tolerations.some((toleration) => toleratesNoExecute(toleration, key)))
  return [...tolerations, ...missing.map((key): Toleration => ({
    key, operator: "Exists", effect: "NoExecute", tolerationSeconds: defaultTolerationSeconds_s
  }))]
}

const isQuantity = (text: string): boolean => {
  try {
    return quantity(text) >= 0
  } catch {
    return false
  }
}

const validateContainer = (container: Container, field: string): ReadonlyArray<Cause> => {
  const causes: Array<Cause> = []
  if (container.name === "") causes.push(required(`${field}.name`))
  if (container.image === "") causes.push(required(`${field}.image`))
  const { limits = {}, requests = {} } = container.resources ?? {}
  for (const [resource, text] of [...Object.entries(requests), ...Object.entries(limits)]) {
    if (!isQuantity(text)) causes.push(invalidValue(`${field}.resources[${resource}]`, `"${text}" is not a quantity`))
  }
  for (const [resource, text] of Object.entries(requests)) {
    const limit = limits[resource]
    if (limit !== undefined && isQuantity(text) && isQuantity(limit) && quantity(text) > quantity(limit)) {
      causes.push(invalidValue(`${field}.resources.requests`, `must be less than or equal to ${resource} limit`))
    }
  }
  return causes
}

export const validatePodSpec = (spec: PodSpec, field: string): ReadonlyArray<Cause> => {
  const causes: Array<Cause> = []
  if (spec.containers.length === 0) causes.push(required(`${field}.containers`))
  const names = new Set<string>()
  spec.containers.forEach((container, index) => {
    if (names.has(container.name)) causes.push(duplicate(`${field}.containers[${index}].name`, container.name))
    names.add(container.name)
    causes.push(...validateContainer(container, `${field}.containers[${index}]`))
  })
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    causes.push(invalidValue(`${field}.terminationGracePeriodSeconds`, "must be greater than or equal to 0"))
  }
  for (const toleration of spec.tolerations ?? []) {
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== "NoExecute") {
      causes.push(invalidValue(`${field}.tolerations`, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    }
    if (toleration.key === undefined && toleration.operator !== "Exists") {
      causes.push(invalidValue(`${field}.tolerations`, "operator must be Exists when `key` is empty"))
    }
  }
  return causes
}

const includesAll = (list: ReadonlyArray<unknown>, wanted: ReadonlyArray<unknown>): boolean =>
  wanted.every((one) => list.some((other) => equal(one, other)))

/** Only images, more tolerations, and fewer gates. */
const validateSpecUpdate = (spec: PodSpec, existing: PodSpec): ReadonlyArray<Cause> => {
  if (spec === existing) return []
  if (spec.containers.length !== existing.containers.length) {
    return [forbidden("spec.containers", "pod updates may not add or remove containers")]
  }
  const causes: Array<Cause> = []
  if (!includesAll(spec.tolerations ?? [], existing.tolerations ?? [])) {
    causes.push(forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"))
  }
  if (!includesAll(existing.schedulingGates ?? [], spec.schedulingGates ?? [])) {
    causes.push(forbidden("spec.schedulingGates", "only deletion is allowed"))
  }
  const { schedulingGates: _before, tolerations: _tolerationsBefore, ...before } = existing
  const { schedulingGates: _after, tolerations: _tolerationsAfter, ...after } = spec
  const containers = after.containers.map((container, index) =>
    ({ ...container, image: existing.containers[index]!.image }))
  if (!equal({ ...after, containers }, before)) {
    causes.push(forbidden("spec", "pod updates may not change fields other than `spec.containers[*].image`, "
      + "`spec.tolerations` (only additions to existing tolerations), `spec.schedulingGates` (only deletions)"))
  }
  return causes
}

const gatedCondition = {
  type: "PodScheduled", status: "False", reason: "SchedulingGated",
  message: "Scheduling is blocked due to non-empty scheduling gates"
} as const

export const pods: Strategy<Pod> = {
  hasStatus: true,
  allowsCreateOnUpdate: false,
  allowsUnconditionalUpdate: true,
  defaulted: defaultPod,
  prepareForCreate: (pod) => {
    const { spec } = pod
    const gated = (spec.schedulingGates?.length ?? 0) > 0
    return {
      ...pod,
      spec: { ...spec, tolerations: withDefaultTolerations(spec.tolerations ?? []) },
      status: { phase: "Pending", qosClass: qosClassOf(spec), ...(gated ? { conditions: [gatedCondition] } : {}) }
    }
  },
  validate: (pod) => {
    const causes = [...validatePodSpec(pod.spec, "spec")]
    if ((pod.spec.schedulingGates?.length ?? 0) > 0 && (pod.spec.nodeName ?? "") !== "") {
      causes.push(forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"))
    }
    return causes
  },
  validateUpdate: (pod, existing) => [
    ...validateSpecUpdate(kept(existing.spec, pod.spec), existing.spec),
    ...(pod.spec === existing.spec ? [] : validatePodSpec(pod.spec, "spec"))
  ]
}
