/**
 * namespace/conditions: what a terminating namespace says of its content.
 * Source: pkg/controller/namespace/deletion/status_condition_utils.go, v1.36.
 */
import { type Left, wordsOf } from "#impl/controllers/namespace/content.ts"
import { kinds } from "#model/kinds.ts"
import type { NamespaceCondition } from "#model/objects/namespace.ts"
import { timeOf } from "#model/objects/time.ts"

type Said = Pick<NamespaceCondition, "type" | "status" | "reason" | "message">

const fine = (type: string, reason: string, message: string): Said => ({ type, status: "False", reason, message })
const wrong = (type: string, reason: string, message: string): Said => ({ type, status: "True", reason, message })

const said = ({ failures, finalizers, hasPods, remaining }: Left): ReadonlyArray<Said> => {
  const content = [...remaining].map(([resource, count]) =>
    `${resource}.${kinds[resource].group} has ${count} resource instances`).sort()
  const held = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort()
  const errors = failures.map(wordsOf).sort()
  return [
    fine("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    fine("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
      "All legacy kube types successfully parsed"),
    errors.length === 0 ? fine("NamespaceDeletionContentFailure", "ContentDeleted",
      "All content successfully deleted, may be waiting on finalization")
      : wrong("NamespaceDeletionContentFailure", "ContentDeletionFailed",
        `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(", ")}`),
    // As long as pods remain nobody has counted the rest, and nothing is said of it.
    content.length === 0 || hasPods
      ? fine("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed")
      : wrong("NamespaceContentRemaining", "SomeResourcesRemain",
        `Some resources are remaining: ${content.join(", ")}`),
    held.length === 0 || hasPods
      ? fine("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished")
      : wrong("NamespaceFinalizersRemaining", "SomeFinalizersRemain",
        `Some content in the namespace has finalizers remaining: ${held.join(", ")}`)
  ]
}

/** Undefined: they are as they should be. Others' conditions stay. */
export const conditionsAfter = (
  before: ReadonlyArray<NamespaceCondition>, left: Left, now_ms: number
): ReadonlyArray<NamespaceCondition> | undefined => {
  let hasChanged = false
  const after = [...before]
  for (const condition of said(left)) {
    const at = after.findIndex(({ type }) => type === condition.type)
    const old = after[at]
    if (old !== undefined && old.status === condition.status && old.reason === condition.reason
      && old.message === condition.message) continue
    hasChanged = true
    const isTurned = old?.status !== condition.status
    const own = { ...old, ...condition, ...(isTurned ? { lastTransitionTime: timeOf(now_ms) } : {}) }
    if (at < 0) after.push(own)
    else after[at] = own
  }
  return hasChanged ? after : undefined
}
