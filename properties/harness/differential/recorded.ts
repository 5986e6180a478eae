/**
 * What a real kube-apiserver was asked and what it said, in the order of its answers: the file of answers, and the
 * writes in audit logs. Format: the README beside the recordings.
 */
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"

export type Json = Readonly<Record<string, unknown>>

export interface Recorded {
  readonly at_ms: number
  readonly why: string
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly type: string
  readonly accept: string
  /** A text when it was no JSON, or had to be sent as it stands. */
  readonly body: unknown
  readonly code: number
  readonly warning: string
  readonly answer: unknown
  readonly by: string
}

/** Not committed: recordings of a real cluster. */
export const recordings = fileURLToPath(new URL("../../../../shared/data/real/", import.meta.url))

const linesOf = (file: string): ReadonlyArray<Json> => gunzipSync(readFileSync(recordings + file)).toString("utf8")
  .split("\n").filter((text) => text !== "").map((text) => JSON.parse(text) as Json)

interface AnswerLine {
  readonly at: string
  readonly why: string
  readonly method: string
  readonly path: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly code: number
  readonly warning?: string
  readonly answer: unknown
}
export const answers = (): ReadonlyArray<Recorded> => linesOf("answers.ndjson.gz").map((json) => {
  const { answer, at, body, code, headers = {}, method, path, type = "", warning = "", why } =
    json as unknown as AnswerLine
  return { at_ms: Date.parse(at), why, method, path, type, accept: headers["Accept"] ?? "", body, code, warning, answer,
    by: "" }
})

interface AuditLine {
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username: string }
  readonly objectRef: { readonly resource: string; readonly subresource?: string }
  readonly responseStatus: { readonly code: number }
  readonly requestObject?: unknown
  readonly responseObject?: unknown
  readonly requestReceivedTimestamp: string
}
const methods: Readonly<Record<string, string>> = {
  create: "POST", update: "PUT", patch: "PATCH", delete: "DELETE", deletecollection: "DELETE"
}
/** The log does not say which patch it was: a JSON patch is a list, and kube's own clients send strategic ones. */
const patchType = (body: unknown): string => Array.isArray(body) ? "application/json-patch+json"
  : "application/strategic-merge-patch+json"

export const auditFiles = (): ReadonlyArray<string> => globSync("*.full.audit.log.gz", { cwd: recordings }).toSorted()
export const audited = (file: string): ReadonlyArray<Recorded> => linesOf(file).map((json) => {
  const line = json as unknown as AuditLine
  const body = line.requestObject as Json | undefined
  return {
    at_ms: Date.parse(line.requestReceivedTimestamp), why: `${file}: ${line.verb} by ${line.user.username}`,
    method: methods[line.verb]!, path: line.requestURI, type: line.verb === "patch" ? patchType(body) : "", accept: "",
    body, code: line.responseStatus.code, warning: "", answer: line.responseObject, by: line.user.username
  }
})
