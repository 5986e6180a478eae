/**
 * namespace/conditions: what a terminating namespace says of its content.
 * Source: pkg/controller/namespace/deletion/status_condition_utils.go, v1.36.
 */
import { reasonOf } from "#impl/client/errors.ts"
import type { Left } from "#impl/controllers/namespace/content.ts"
import { kinds } from "#model/kinds.ts"
import type { NamespaceCondition } from "#model/objects/namespace.ts"
import { timeOf } from "#model/objects/time.ts"

type Said = Pick<NamespaceCondition, "type" | "status" | "reason" | "message">

/** Without particulars all is well. */
const condition = (
  type: string, well: string, wellMessage: string, reason = "", message = "", particulars: ReadonlyArray<string> = []
): Said => particulars.length === 0 ? { type, status: "False", reason: well, message: wellMessage }
  : { type, status: "True", reason, message: `${message}: ${[...particulars].sort().join(", ")}` }

const said = ({ failures, finalizers, remaining }: Left): ReadonlyArray<Said> => {
  const isCounted = !remaining.has("pods")
  const counts = <K>(of: ReadonlyMap<K, number>, words: (key: K, count: number) => string): ReadonlyArray<string> =>
    isCounted ? [...of].map(([key, count]) => `${words(key, count)} resource instances`) : []
  return [
    condition("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    condition("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
      "All legacy kube types successfully parsed"),
    condition("NamespaceDeletionContentFailure", "ContentDeleted",
      "All content successfully deleted, may be waiting on finalization", "ContentDeletionFailed",
      `Failed to delete all resource types, ${failures.length} remaining`, failures.map((failure) =>
        failure._tag === "StillThere" ? `unexpected items still remain: ${failure.what}` : reasonOf(failure))),
    condition("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed",
      "SomeResourcesRemain", "Some resources are remaining",
      counts(remaining, (resource, count) => `${resource}.${kinds[resource].group} has ${count}`)),
    condition("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished",
      "SomeFinalizersRemain", "Some content in the namespace has finalizers remaining",
      counts(finalizers, (finalizer, count) => `${finalizer} in ${count}`))
  ]
}

/** Undefined: they are as they should be. Others' conditions stay. */
export const conditionsAfter = (
  before: ReadonlyArray<NamespaceCondition>, left: Left, now_ms: number
): ReadonlyArray<NamespaceCondition> | undefined => {
  const news = said(left).flatMap((one) => {
    const old = before.find(({ type }) => type === one.type)
    if (old?.status === one.status && old.reason === one.reason && old.message === one.message) return []
    return [{ ...old, ...one, ...(old?.status === one.status ? {} : { lastTransitionTime: timeOf(now_ms) }) }]
  })
  const isNew = ({ type }: NamespaceCondition): boolean => before.every((one) => one.type !== type)
  return news.length === 0 ? undefined
    : [...before.map((one) => news.find(({ type }) => type === one.type) ?? one), ...news.filter(isNew)]
}
