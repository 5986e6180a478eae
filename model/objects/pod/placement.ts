/**
 * What of a pod's spec says where it may run: tolerations, affinities, spread constraints, gates.
 * Source: ValidateTolerations, validateAffinity, validateTopologySpreadConstraints, validateSchedulingGates in
 * kubernetes apis/core/validation/validation.go, v1.36.
 */
import {
  type Causes, duplicate, each, forbidden, invalidValue, notSupported, oneOf, required
} from "#model/objects/causes.ts"
import { validateLabelSelector } from "#model/objects/label-selector.ts"
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from "#model/objects/names.ts"
import type { NodeSelectorTerm, PodSpec, Toleration } from "#model/objects/pod.ts"

type Affinity = NonNullable<PodSpec["affinity"]>
type PodAffinity = NonNullable<Affinity["podAffinity"]>
type PodTerm = NonNullable<PodAffinity["requiredDuringSchedulingIgnoredDuringExecution"]>[number]
type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number]
type Spread = NonNullable<PodSpec["topologySpreadConstraints"]>[number]

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

const validateOperator = ({ operator = "Equal", value = "" }: Toleration, field: string): Causes => {
  switch (operator) {
    case "Equal": {
      const complaints = labelValue(value)
      return complaints.length === 0 ? [] : [invalidValue(field, value, complaints.join(";"))]
    }
    case "Exists": return value === "" ? []
      : [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")]
    case "Lt": case "Gt": return [notSupported(field, operator, ["Equal", "Exists", "Lt", "Gt"])]
    default: return [notSupported(field, operator, ["Equal", "Exists"])]
  }
}

export const validateTolerations = (tolerations: ReadonlyArray<Toleration>, field: string): Causes =>
  tolerations.flatMap((toleration, i) => {
    const { effect = "", key = "", operator, tolerationSeconds } = toleration
    const at = `${field}[${i}]`
    return [
      ...(key !== "" ? each(`${at}.key`, key, qualifiedName(key)) : operator === "Exists" ? []
        : [invalidValue(`${at}.operator`, operator ?? "",
          "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")]),
      ...(tolerationSeconds === undefined || effect === "NoExecute" ? []
        : [invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")]),
      ...validateOperator(toleration, `${at}.operator`),
      ...(effect === "" ? [] : oneOf(`${at}.effect`, effect, taintEffects))
    ]
  })

const validateRequirement = ({ key, operator, values = [] }: Requirement, field: string): Causes => {
  const ofValues = (): Causes => {
    switch (operator) {
      case "In": case "NotIn": return values.length > 0 ? []
        : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
      case "Exists": case "DoesNotExist": return values.length === 0 ? []
        : [forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
      case "Gt": case "Lt": return values.length === 1 ? []
        : [required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
      default: return [invalidValue(`${field}.operator`, operator, "not a valid selector operator")]
    }
  }
  return [
    ...ofValues(), ...each(`${field}.key`, key, qualifiedName(key)),
    ...values.flatMap((one, i) => each(`${field}.values[${i}]`, one, labelValue(one)))
  ]
}
/** Of its fields only the name can be asked for, as one of one. */
const validateFieldRequirement = ({ key, operator, values = [] }: Requirement, field: string): Causes => [
  ...(operator !== "In" && operator !== "NotIn"
    ? [invalidValue(`${field}.operator`, operator, "not a valid selector operator")]
    : values.length === 1 ? []
    : [required(`${field}.values`,
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")]),
  ...(key !== "metadata.name" ? [invalidValue(`${field}.key`, key, "not a valid field selector key")]
    : values.flatMap((one, i) => each(`${field}.values[${i}]`, one, dnsSubdomain(one))))
]
const validateNodeTerm = ({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, field: string): Causes => [
  ...matchExpressions.flatMap((one, i) => validateRequirement(one, `${field}.matchExpressions[${i}]`)),
  ...matchFields.flatMap((one, i) => validateFieldRequirement(one, `${field}.matchFields[${i}]`))
]

const validateWeight = (weight: number, field: string): Causes =>
  weight >= 1 && weight <= 100 ? [] : [invalidValue(`${field}.weight`, weight, "must be in the range 1-100")]

const validatePodTerm = ({ labelSelector, namespaces = [], topologyKey }: PodTerm, field: string): Causes => [
  ...validateLabelSelector(labelSelector, `${field}.labelSelector`),
  ...namespaces.flatMap((one) => each(`${field}.namespace`, one, dnsLabel(one))),
  ...(topologyKey === "" ? [required(`${field}.topologyKey`, "can not be empty")] : []),
  ...each(`${field}.topologyKey`, topologyKey, qualifiedName(topologyKey))
]
const need = "requiredDuringSchedulingIgnoredDuringExecution"
const wish = "preferredDuringSchedulingIgnoredDuringExecution"
const validatePodAffinity = (
  affinity: Affinity["podAffinity"] | Affinity["podAntiAffinity"], field: string
): Causes => [
  ...(affinity?.[need] ?? []).flatMap((term, i) => validatePodTerm(term, `${field}.${need}[${i}]`)),
  ...(affinity?.[wish] ?? []).flatMap(({ podAffinityTerm, weight }, i) => [
    ...validateWeight(weight, `${field}.${wish}[${i}]`),
    ...validatePodTerm(podAffinityTerm, `${field}.${wish}[${i}].podAffinityTerm`)])
]

export const validateAffinity = ({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, field: string): Causes => {
  const terms = nodeAffinity?.[need]?.nodeSelectorTerms
  const at = `${field}.nodeAffinity.${need}.nodeSelectorTerms`
  return [
    ...(terms === undefined ? [] : terms.length > 0 ? terms.flatMap((one, i) => validateNodeTerm(one, `${at}[${i}]`))
      : [required(at, "must have at least one node selector term")]),
    ...(nodeAffinity?.[wish] ?? []).flatMap(({ preference, weight }, i) => [
      ...(weight >= 1 && weight <= 100 ? [] : [invalidValue(`${field}.nodeAffinity.${wish}[${i}].weight`, weight,
        "must be in the range 1-100")]),
      ...validateNodeTerm(preference, `${field}.nodeAffinity.${wish}[${i}].preference`)]),
    ...validatePodAffinity(podAffinity, `${field}.podAffinity`),
    ...validatePodAffinity(podAntiAffinity, `${field}.podAntiAffinity`)
  ]
}

export const validateSpread = (constraints: ReadonlyArray<Spread>, field: string): Causes =>
  constraints.flatMap((constraint, i) => {
    const { labelSelector, maxSkew, minDomains, topologyKey, whenUnsatisfiable } = constraint
    const at = `${field}[${i}]`
    return [
      ...(maxSkew <= 0 ? [invalidValue(`${at}.maxSkew`, maxSkew, "must be greater than zero")] : []),
      ...(topologyKey === "" ? [required(`${at}.topologyKey`, "can not be empty")] : []),
      ...oneOf(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ["DoNotSchedule", "ScheduleAnyway"]),
      ...(constraints.slice(i + 1).some((other) => other.topologyKey === topologyKey
        && other.whenUnsatisfiable === whenUnsatisfiable)
        ? [duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)] : []),
      ...(minDomains !== undefined && minDomains <= 0
        ? [invalidValue(`${at}.minDomains`, minDomains, "must be greater than zero")] : []),
      ...validateLabelSelector(labelSelector, `${at}.labelSelector`)
    ]
  })

export const validateGates = (gates: NonNullable<PodSpec["schedulingGates"]>, field: string): Causes =>
  gates.flatMap(({ name }, i) => [
    ...each(`${field}[${i}]`, name, qualifiedName(name)),
    ...(gates.slice(0, i).some((other) => other.name === name) ? [duplicate(`${field}[${i}]`, name)] : [])
  ])
