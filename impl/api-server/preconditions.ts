/** api-server/preconditions: what a client demands of the object that it writes. Spec: model/api-server.ts. */
import type { Preconditions } from "#impl/ports/api.ts"
import { conflict, modified } from "#impl/api-server/status.ts"
import type { ApiObject, Resource } from "#model/kinds.ts"
import type { Status } from "#model/objects/status.ts"

const isDemanded = (demand: string | undefined): demand is string => demand !== undefined && demand !== ""

/** What storage says when another object stands under the key; "" when none does. */
export const otherUid = (resource: Resource, key: string, name: string, demanded: string, found: string): Status =>
  conflict(resource, name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: `
    + `Precondition failed: UID in precondition: ${demanded}, UID in object meta: ${found}`)

/** Empty and absent demands are none. Source: apiserver storage.Preconditions.Check, rest/update.go. */
export const checkPreconditions = (
  resource: Resource, existing: ApiObject, demanded: Preconditions, key = ""
): Status | undefined => {
  const { name, resourceVersion, uid } = existing.metadata
  if (isDemanded(demanded.uid) && demanded.uid !== uid) return otherUid(resource, key, name, demanded.uid, uid)
  return isDemanded(demanded.resourceVersion) && demanded.resourceVersion !== resourceVersion
    ? modified(resource, name) : undefined
}
