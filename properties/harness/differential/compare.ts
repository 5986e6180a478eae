/** Two answers to one request: code, reason, causes (field and reason), and the object. */
import type { ServerFrame } from "#impl/ports/api.ts"
import type { Json } from "#properties/harness/differential/recorded.ts"
import type { Names } from "#properties/harness/differential/names.ts"

/** Server-made: not compared, or only as far as they can agree. */
const ignored: ReadonlySet<string> = new Set(["managedFields", "resourceVersion", "selfLink"])
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
/** Both clocks show the same instant; an answer may fall into the next second. */
const stampTolerance_ms = 1_000

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)
const short = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 160)

const sameText = (theirs: string, ours: string, names: Names): boolean => {
  if (names.match(theirs, ours)) return true
  if (stamp.test(theirs) && stamp.test(ours)) {
    return Math.abs(Date.parse(theirs) - Date.parse(ours)) <= stampTolerance_ms
  }
  return names.text(theirs) === ours
}

/** Where they part: "spec.x: theirs … ours …". */
export const differences = (theirs: unknown, ours: unknown, names: Names, path = ""): ReadonlyArray<string> => {
  if (typeof theirs === "string" && typeof ours === "string") {
    return sameText(theirs, ours, names) ? [] : [`${path}: theirs ${short(theirs)}, ours ${short(ours)}`]
  }
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    return theirs.flatMap((one, i) => differences(one, ours[i], names, `${path}[${i}]`))
  }
  if (isRecord(theirs) && isRecord(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)])
    return [...keys].filter((key) => !ignored.has(key)).flatMap((key) =>
      differences(theirs[key], ours[key], names, path === "" ? key : `${path}.${key}`))
  }
  return theirs === ours ? [] : [`${path}: theirs ${short(theirs)}, ours ${short(ours)}`]
}

interface Answered {
  readonly code: number
  readonly reason: string
  readonly causes: ReadonlyArray<string>
  readonly object: unknown
  readonly message: string
}

const ofStatus = (status: Json, code: number): Answered => {
  const { causes = [] } = (status["details"] ?? {}) as { readonly causes?: ReadonlyArray<Json> }
  return {
    code, reason: String(status["reason"] ?? ""), object: undefined, message: String(status["message"] ?? ""),
    causes: causes.map(({ field = "", reason = "" }) => `${String(field)} ${String(reason)}`).toSorted()
  }
}
/** The same items in the order of theirs: drawn names sort differently. */
const aligned = (theirs: unknown, ours: unknown, names: Names): unknown => {
  if (!Array.isArray(theirs) || !Array.isArray(ours)) return ours
  const nameOf = (item: unknown): string => String((item as { readonly metadata?: Json }).metadata?.["name"])
  const place = (item: unknown): number => theirs.findIndex((one) => names.text(nameOf(one)) === nameOf(item))
  return ours.toSorted((a, b) => place(a) - place(b))
}

/** Items of a list carry neither kind nor apiVersion; nobody promises their order beyond that of the keys. */
const ofList = (items: ReadonlyArray<Json>): unknown =>
  items.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest)

/** Who asked for metadata alone gets it in another form, which is not ours yet: the metadata are compared. */
const metadataOnly = "PartialObjectMetadata"

export const theirAnswer = (code: number, answer: unknown): Answered => {
  const json = (isRecord(answer) ? answer : {}) as Json
  if (json["kind"] === "Status") return ofStatus(json, code)
  const object = Array.isArray(json["items"]) ? ofList(json["items"] as ReadonlyArray<Json>)
    : json["kind"] === metadataOnly ? { metadata: json["metadata"] } : answer
  return { code, reason: "", causes: [], object, message: "" }
}

type Answer = Extract<ServerFrame, { readonly type: "object" | "list" | "status" }>
export const ourAnswer = (answer: Answer): Answered => {
  if (answer.type === "status") return ofStatus(answer.status as unknown as Json, answer.status.code)
  const object = answer.type === "list" ? ofList(answer.items as unknown as ReadonlyArray<Json>) : answer.object
  return { code: answer.type === "list" ? 200 : answer.code, reason: "", causes: [], object, message: "" }
}

const asTheirs = (theirs: unknown, ours: unknown, names: Names): unknown => {
  const isBare = isRecord(theirs) && Object.keys(theirs).join() === "metadata" && isRecord(ours)
  return isBare ? { metadata: ours["metadata"] } : aligned(theirs, ours, names)
}

/** What is not as the real server had it. */
export const compare = (theirs: Answered, ours: Answered, names: Names): ReadonlyArray<string> => [
  ...(theirs.code === ours.code ? []
    : [`code: theirs ${theirs.code} ${short(theirs.message)}, ours ${ours.code} ${short(ours.message)}`]),
  ...(theirs.reason === ours.reason ? [] : [`reason: theirs ${theirs.reason}, ours ${ours.reason}`]),
  ...(theirs.causes.join() === ours.causes.join() ? []
    : [`causes: theirs ${theirs.causes.join(", ")}; ours ${ours.causes.join(", ")}`]),
  ...(theirs.code !== ours.code ? [] : differences(theirs.object, asTheirs(theirs.object, ours.object, names), names))
]
