/**
 * api-server/patch: an object with a client's patch applied. Spec: model/api-server.ts.
 *
 * Source: apiserver endpoints/handlers/patch.go applyJSPatch, strategicPatchObject, v1.36.
 */
import { applyPatch, type Operation } from "rfc6902"
import { decodeBody } from "#impl/api-server/decode.ts"
import { mergePatch } from "#impl/api-server/merge-patch.ts"
import { badRequest, invalidKind, unprocessable } from "#impl/api-server/status.ts"
import { BadPatch, strategicMerge } from "#impl/api-server/strategic-merge.ts"
import type { FieldValidation, PatchType } from "#impl/ports/api.ts"
import { apiVersionOf, type ApiObject, kinds, type Resource } from "#model/kinds.ts"
import { invalidValue } from "#model/objects/causes.ts"
import type { Status } from "#model/objects/status.ts"

export type Patched =
  | { readonly type: "patched"; readonly object: ApiObject; readonly warnings: ReadonlyArray<string> }
  | { readonly type: "refused"; readonly status: Status }

const refused = (status: Status): Patched => ({ type: "refused", status })
const rejected = "the server rejected our request due to an error in our request"

/** The library changes what it is given: it gets a copy. */
const applyJson = (target: object, operations: ReadonlyArray<Operation>): object | undefined => {
  const copy = structuredClone(target)
  return applyPatch(copy, structuredClone([...operations])).every((error) => error === null) ? copy : undefined
}

const apply = (schema: string, existing: ApiObject, patch: object, type: PatchType): unknown => {
  switch (type) {
    case "merge": return mergePatch(existing, patch)
    case "strategic": return strategicMerge(schema, existing as never, patch as never)
    case "json": return applyJson(existing, patch as ReadonlyArray<Operation>)
  }
}

export const patched = (
  resource: Resource, existing: ApiObject, patch: object, type: PatchType = "merge",
  validation: FieldValidation = "Warn"
): Patched => {
  const { kind, schema } = kinds[resource]
  if (Array.isArray(patch) !== (type === "json")) {
    const given = Array.isArray(patch) ? "array" : "object"
    return refused(badRequest(`error decoding patch: json: cannot unmarshal ${given}`))
  }
  let made: unknown
  try {
    made = apply(schema, existing, patch, type)
  } catch (error) {
    if (error instanceof BadPatch) return refused(badRequest(error.message))
    throw error
  }
  if (made === undefined) return refused(unprocessable(rejected))
  const { object, unknown, wrong } = decodeBody(schema, made)
  const said = unknown.map((path) => `unknown field "${path}"`)
  const invalid = (why: string): Patched =>
    refused(invalidKind("", "", "", [invalidValue("patch", JSON.stringify(made), why)]))
  if (wrong !== undefined) return invalid(wrong)
  if (said.length > 0 && validation === "Strict") return invalid(`strict decoding error: ${said.join(", ")}`)
  const { apiVersion, kind: own } = object as ApiObject
  if (own !== kind || apiVersion !== apiVersionOf(kinds[resource])) {
    return invalid(`no kind "${own}" is registered for version "${apiVersion}"`)
  }
  return { type: "patched", object: object as ApiObject, warnings: validation === "Warn" ? said : [] }
}
