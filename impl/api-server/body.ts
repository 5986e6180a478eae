/**
 * api-server/body: takes a body for an object of the kind that is asked for, or says why it is none.
 * Spec: model/api-server.ts.
 *
 * Source: apiserver endpoints/handlers/{create,update}.go (transformDecodeError), runtime/serializer/json, v1.36.
 */
import { decodeBody } from "#impl/api-server/decode.ts"
import { badRequest } from "#impl/api-server/status.ts"
import type { FieldValidation } from "#impl/ports/api.ts"
import { apiVersionOf, type ApiObject, kinds, type Resource, resourceOfKind } from "#model/kinds.ts"
import type { Status } from "#model/objects/status.ts"

export type Body =
  | { readonly type: "body"; readonly object: ApiObject; readonly warnings: ReadonlyArray<string> }
  | { readonly type: "refused"; readonly status: Status }

const refused = (status: Status): Body => ({ type: "refused", status })

/** Why the decoder cannot even choose a type; undefined when it can. */
const wrongType = (resource: Resource, given: object): string | undefined => {
  const { kind } = kinds[resource]
  const apiVersion = apiVersionOf(kinds[resource])
  const { apiVersion: ownVersion = apiVersion, kind: own = kind } =
    given as { readonly apiVersion?: string; readonly kind?: string }
  if (own === kind && ownVersion === apiVersion) return undefined
  const version = ownVersion.split("/").at(-1)!
  const known = resourceOfKind(own)
  const isOther = known !== undefined && apiVersionOf(kinds[known]) === ownVersion
  return `${own} in version "${version}" cannot be handled as a ${kind}: ` + (isOther
    ? `converting (${version}.${own}) to (${kinds[resource].group || "core"}.${kind}): unknown conversion`
    : `no kind "${own}" is registered for version "${ownVersion}" in scheme "pkg/runtime/scheme.go:111"`)
}

const unknownField = (path: string): string => `unknown field "${path}"`

/** As the kind's type holds it; what a client did not know to be unknown it is told, or refused for. */
export const bodyOf = (resource: Resource, given: unknown, validation: FieldValidation = "Warn"): Body => {
  const { kind, schema, version } = kinds[resource]
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return refused(badRequest(`the object provided is unrecognized (must be of type ${kind}): couldn't get `
      + "version/kind; json parse error"))
  }
  const strange = wrongType(resource, given)
  if (strange !== undefined) return refused(badRequest(strange))
  const { object, unknown, wrong } = decodeBody(schema, given)
  const handled = `${kind} in version "${version}" cannot be handled as a ${kind}`
  if (wrong !== undefined) return refused(badRequest(`${handled}: ${wrong}`))
  if (unknown.length > 0 && validation === "Strict") {
    return refused(badRequest(`${handled}: strict decoding error: ${unknown.map(unknownField).join(", ")}`))
  }
  const named = { kind, apiVersion: apiVersionOf(kinds[resource]), ...(object as object) } as ApiObject
  return { type: "body", object: named, warnings: validation === "Warn" ? unknown.map(unknownField) : [] }
}
