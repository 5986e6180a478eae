/**
 * A refusal in words: the reason (model/refusals.ts), or the names of the guards that did not hold; then those fields
 * of memory and line that are small and differ. Whole objects stand in the trace, not in a sentence.
 */
import { refusals, type Reasons } from "#model/refusals.ts"

/** "isNextEntry" as "is next entry". */
export const wordsOf = (guard: string): string => guard.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

type Fields = Readonly<Record<string, unknown>>

/** Of these guards none held: why. */
export const reasonOf = (chart: string, guards: ReadonlyArray<string>, context: unknown, event: Fields): string => {
  const known = [...new Set(guards.flatMap((guard): Reasons => refusals[chart]?.[guard] ?? []))]
  // A line of the right type may still be damaged, and it is that which is to be told.
  const reason = known.find(([, when]) => {
    try { return when(context, event) } catch { return false }
  })
  const names = [...new Set(guards)].map((guard) => `[${wordsOf(guard)}]`).join(", ")
  return reason === undefined ? `not ${names}` : reason[0]
}

const longest = 60
const isSmall = (value: unknown): boolean => value === null || typeof value === "number" ||
  typeof value === "boolean" || (typeof value === "string" && value.length <= longest) ||
  (Array.isArray(value) && value.length <= 5 && value.every((one) => typeof one !== "object" && isSmall(one)))
const text = (value: unknown): string => typeof value === "string" && /^[\w./:-]+$/.test(value) ? value
  : JSON.stringify(value) ?? "nothing"

const childOf = (value: unknown, key: string): Fields =>
  typeof value === "object" && value !== null ? ((value as Fields)[key] ?? {}) as Fields : {}

/** What a committed object has of the fields that charts remember of it, under the names by which they do. */
const ofObject = (object: unknown): Fields => {
  const metadata = childOf(object, "metadata")
  const { creationTimestamp, deletionGracePeriodSeconds: grace_s, deletionTimestamp, finalizers, generation,
    resourceVersion, uid } = metadata
  return { uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, grace_s, finalizers,
    nodeName: childOf(object, "spec")["nodeName"], phase: childOf(object, "status")["phase"] }
}

/** Where two objects differ: "spec.replicas 3 → 5". */
export const changesOf = (before: unknown, now: unknown, path = ""): ReadonlyArray<string> => {
  if (JSON.stringify(before) === JSON.stringify(now)) return []
  const isInner = (value: unknown) => typeof value === "object" && value !== null
  if (!isInner(before) || !isInner(now) || Array.isArray(before) || Array.isArray(now)) {
    return [isSmall(before ?? null) && isSmall(now ?? null) ? `${path} ${text(before)} → ${text(now)}` : path]
  }
  const keys = [...new Set([...Object.keys(before as object), ...Object.keys(now as object)])]
  return keys.flatMap((key) =>
    changesOf((before as Fields)[key], (now as Fields)[key], path === "" ? key : `${path}.${key}`))
}

const list = (fields: Fields, other: Fields): string => Object.entries(fields)
  .filter(([key, value]) => isSmall(value) && value !== "" && JSON.stringify(value) !== JSON.stringify(other[key]))
  .map(([key, value]) => `${key} ${text(value)}`).join(", ") || "nothing else"

/** What the two sides say where they do not say the same. */
export const sidesOf = (context: unknown, event: Fields, clock_ms: number): string => {
  const { limits, ...memory } = (context ?? {}) as Fields
  const { object, previous, type: _, ...said } = event
  const isTimed = Object.keys(memory).some((key) => key.endsWith("_ms"))
  const line = { ...said, ...(object === undefined ? {} : ofObject(object)), ...(isTimed ? { clock_ms } : {}) }
  const remembered = { ...memory, ...(isTimed ? limits as Fields | undefined : undefined) }
  const changes = previous === undefined ? [] : changesOf(previous, object)
    .filter((one) => !one.startsWith("metadata.resourceVersion"))
  const more = changes.length > 6 ? `, and ${changes.length - 6} more` : ""
  return `; it remembers ${list(remembered, line)}; the line says ${list(line, remembered)}` +
    (changes.length === 0 ? "" : `; it changes ${changes.slice(0, 6).join(", ")}${more}`)
}
