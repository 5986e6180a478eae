/**
 * controller/references: whose an object is, by owner references and selectors.
 * Source: apimachinery meta/v1 controller_ref.go, labels selector.go; pkg/controller/controller_ref_manager.go, v1.36.
 */
import { apiVersionOf, type ApiObject, kinds, type Resource } from "#model/kinds.ts"
import type { LabelSelector, OwnerReference } from "#model/objects/metadata.ts"

export const controllerOf = (object: ApiObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(({ controller }) => controller === true)

export const ownerReference = (resource: Resource, { metadata: { name, uid } }: ApiObject): OwnerReference => ({
  apiVersion: apiVersionOf(kinds[resource]), kind: kinds[resource].kind, name, uid,
  controller: true, blockOwnerDeletion: true
})

/** No selector, and an empty one, match nothing here; the API server takes neither. */
export const isSelected = (selector: LabelSelector | undefined, object: ApiObject): boolean => {
  const { matchExpressions = [], matchLabels = {} } = selector ?? {}
  const labels = object.metadata.labels ?? {}
  const wanted = Object.entries(matchLabels)
  return wanted.length + matchExpressions.length > 0 && wanted.every(([key, value]) => labels[key] === value)
    && matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case "In": return value !== undefined && values.includes(value)
        case "NotIn": return value === undefined || !values.includes(value)
        case "Exists": return value !== undefined
        default: return value === undefined
      }
    })
}

/** Conditional on the version that was looked at: a merge patch replaces the list of owners. */
export const withOwners = ({ metadata }: ApiObject, ownerReferences: ReadonlyArray<OwnerReference>): object =>
  ({ metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, ownerReferences } })
