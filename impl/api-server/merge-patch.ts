/** api-server/merge-patch: JSON merge patch, RFC 7386, on immutable values. Spec: model/api-server.ts. */

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The target with the patch applied. Shares what the patch does not touch; neither argument is changed. */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isRecord(patch)) return patch
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {}
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}
