/**
 * Label selectors: whether they are lawful, and what they match.
 * Source: apimachinery apis/meta/v1/validation ValidateLabelSelector, meta/v1/helpers.go LabelSelectorAsSelector,
 * v1.36.
 */
import { type Causes, each, forbidden, invalidValue, required } from "#model/objects/causes.ts"
import type { LabelSelector } from "#model/objects/metadata.ts"
import { validateLabels } from "#model/objects/metadata-rules.ts"
import { labelValue, qualifiedName } from "#model/objects/names.ts"

type Requirement = NonNullable<LabelSelector["matchExpressions"]>[number]

const validateRequirement = ({ key, operator, values = [] }: Requirement, field: string): Causes => {
  const ofValues = operator === "In" || operator === "NotIn"
    ? values.length === 0 ? [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")] : []
    : operator === "Exists" || operator === "DoesNotExist"
      ? values.length === 0 ? []
        : [forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
      : [invalidValue(`${field}.operator`, operator, "not a valid selector operator")]
  return [
    ...ofValues, ...each(`${field}.key`, key, qualifiedName(key)),
    ...values.flatMap((one, i) => each(`${field}.values[${i}]`, one, labelValue(one)))
  ]
}

export const validateLabelSelector = (selector: LabelSelector | undefined, field: string): Causes => [
  ...validateLabels(selector?.matchLabels ?? {}, `${field}.matchLabels`),
  ...(selector?.matchExpressions ?? []).flatMap((one, i) => validateRequirement(one, `${field}.matchExpressions[${i}]`))
]

export const isEmptySelector = ({ matchExpressions = [], matchLabels = {} }: LabelSelector): boolean =>
  matchExpressions.length === 0 && Object.keys(matchLabels).length === 0

export const selects = (
  { matchExpressions = [], matchLabels = {} }: LabelSelector, labels: Readonly<Record<string, string>>
): boolean => Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  && matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key]
    switch (operator) {
      case "In": return value !== undefined && values.includes(value)
      case "NotIn": return value === undefined || !values.includes(value)
      case "Exists": return value !== undefined
      default: return value === undefined
    }
  })
